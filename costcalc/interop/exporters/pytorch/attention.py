"""Attention in PyTorch: its two products, the softmax between them and all views around them as one module."""

from __future__ import annotations

import math

from costcalc.interop.exporters.pytorch.wholes import Wholes
from costcalc.interop.exporters.source.modules import Argument, ModuleCall
from costcalc.layers.attention import Attention, AttentionWeights
from costcalc.layers.fields import per_axis
from costcalc.network import Network, Node

#: What an attention calls its parts between the projections.
_PARTS = frozenset(
    (
        "keys_of_all_heads",
        "values_of_all_heads",
        "queries_by_window",
        "keys_by_window",
        "values_by_window",
        "scores",
        "scores_by_head",
        "score_bias",
        "biased",
        "weights_by_head",
        "weights",
        "mixed",
        "values",
    )
)


def attentions(network: Network) -> Wholes:
    """Every attention whose keys are in as many windows along each axis as the queries.

    What stands for it takes queries, keys and values, and what is added to the scores; its layer is the softmax's.
    """
    found = [_whole(network, index) for index, node in enumerate(network.nodes) if _is_softmax(node)]
    return {start: (stop, node) for start, stop, node in found if windows_of(node) is not None}


def _is_softmax(node: Node) -> bool:
    return isinstance(node.layer, AttentionWeights)


def _whole(network: Network, softmax: int) -> tuple[int, int, Node]:
    """The nodes around a softmax that are of its attention, but for projections, and what stands for them."""
    nodes = network.nodes
    path = nodes[softmax].path.rpartition("/")[0]

    def is_part(index: int) -> bool:
        within, _, name = nodes[index].path.rpartition("/")
        return within == path and name in _PARTS

    start, stop = softmax, softmax + 1
    while start > 0 and is_part(start - 1):
        start -= 1
    while stop < len(nodes) and is_part(stop):
        stop += 1
    inside = {node.path.rpartition("/")[2]: node for node in nodes[start:stop]}
    scores, last = inside["scores"], inside["mixed" if "mixed" in inside else "values"]
    taken = [*scores.inputs, last.inputs[1], *(inside["biased"].inputs[1:] if "biased" in inside else ())]

    def origin(index: int) -> int:
        while start <= index < stop:
            index = nodes[index].inputs[0]
        return index

    inputs = tuple(map(origin, taken))
    shapes = tuple(map(network.shape, inputs))
    output = nodes[stop - 1].output
    whole = nodes[softmax]._replace(
        path=f"{path}/attention", inputs=inputs, input_shapes=shapes, output=output
    )
    return start, stop, whole


def windows_of(node: Node) -> tuple[int, ...] | None:
    """How many windows there are along each axis; empty for one in all, None where the keys' axes do not have them."""
    size = node.layer.attention.window_size  # type: ignore[attr-defined]
    query, keys, values = (shape.spatial for shape in node.input_shapes[:3])
    if size is None:
        return ()
    windows = tuple(
        length // each for length, each in zip(query, per_axis(size, len(query), ""), strict=True)
    )
    if math.prod(windows) == 1:
        return ()
    for spatial in (keys, values):
        if len(spatial) != len(query) or any(
            length % count for length, count in zip(spatial, windows, strict=True)
        ):
            return None
    return windows


def attention(node: Node, layer: Attention) -> ModuleCall:
    """``HeadAttention``, of such a node."""
    query, keys, *_ = node.input_shapes
    windows = windows_of(node) or ()
    many = math.prod(windows)
    pairs = query.positions * keys.positions // many**2
    added = node.input_shapes[3].elements // pairs if len(node.input_shapes) > 3 else 1
    return ModuleCall(
        "HeadAttention",
        (
            Argument("heads", layer.heads),
            Argument("kv_heads", layer.kv_heads or layer.heads, layer.heads),
            Argument("windows", windows, ()),
            Argument("bias_heads", layer.heads if added in (layer.heads, many * layer.heads) else 1, 1),
            Argument("causal", layer.causal, False),
        ),
    )
