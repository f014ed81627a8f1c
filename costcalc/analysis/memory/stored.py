"""The stored tensors of a network, in bytes: for inference, with batch norms folded where they can be, or as trained.

    weight_memory = Σ ⌈numbers · bits / 8⌉ over all tensors, shared ones once

A batch norm behind a convolution or linear layer becomes part of its weights and of a bias for each output channel
(w' = w·γ/σ, b' = β + (b − μ)·γ/σ); one that stands elsewhere keeps a scale and a shift a channel. Vectors that are
kept have the biases' dtype.

Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
arXiv:1712.05877, section 3.2 (folding), section 2.4 (32-bit biases).
"""

from collections.abc import Iterator
from typing import NamedTuple

from costcalc.dtype import Dtype, resolver, tensor_bytes
from costcalc.network import Network, Node

#: Whose outputs a batch norm scales and shifts as a change of its weights and biases would.
_FOLDS_INTO = frozenset({"conv", "depthwise_conv", "conv_transpose", "linear"})
#: Vectors that are learned and kept, by their facts; a batch norm's are told apart.
_VECTORS = ("affine", "slopes")


class TensorBytes(NamedTuple):
    """One stored tensor: ``numbers`` of them, in ``bytes`` of a dtype."""

    name: str
    numbers: int
    dtype: str
    bytes: int


class Stored(NamedTuple):
    """Of each node the tensors that it stores (none where it uses another's), and the batch norms that are folded.

    ``read`` are the bytes that each node reads, those of another that it uses again too.
    """

    tensors: tuple[tuple[TensorBytes, ...], ...]
    folded: frozenset[int]
    bytes: tuple[int, ...]
    read: tuple[int, ...]


def stored_tensors(network: Network, dtype: Dtype, *, unfolded: bool = False) -> Stored:
    """The stored tensors; ``unfolded`` as trained, running statistics included."""
    dtypes = resolver(dtype)
    into = {} if unfolded else folded_norms(network)
    biased = {_root(network.nodes, index) for index in into.values()}
    tensors: list[tuple[TensorBytes, ...]] = []
    for index, node in enumerate(network.nodes):
        if node.shares is not None or index in into:
            tensors.append(())
            continue
        own = dtypes(node.dtype)
        counts = _counts(node, needs_bias=index in biased, unfolded=unfolded)
        tensors.append(tuple(_tensor(name, count, own) for name, count in counts if count))
    sizes = [sum([tensor.bytes for tensor in own]) if own else 0 for own in tensors]
    read = [
        size if node.shares is None else sizes[node.shares]
        for size, node in zip(sizes, network.nodes, strict=True)
    ]
    return Stored(tuple(tensors), frozenset(into), tuple(sizes), tuple(read))


def folded_norms(network: Network) -> dict[int, int]:
    """Each batch norm that can be folded: the node whose weights take it in.

    It alone takes that node's output; and where these weights are used again, the same norm is behind each use.
    """
    nodes = network.nodes
    norms = [
        index
        for index, node in enumerate(nodes)
        if node.kind == "batch_norm" and node.inputs[0] >= 0 and nodes[node.inputs[0]].kind in _FOLDS_INTO
    ]
    if not norms:
        return {}
    alone = network.only_consumers()
    found = {index: nodes[index].inputs[0] for index in norms if alone.get(nodes[index].inputs[0]) == index}
    shared = {node.shares for node in nodes if node.shares is not None}
    if not shared:
        return found
    behind: dict[int, set[int | None]] = {}
    norm_of = {source: index for index, source in found.items()}
    for index, node in enumerate(nodes):
        if node.kind in _FOLDS_INTO:
            norm = norm_of.get(index)
            behind.setdefault(_root(nodes, index), set()).add(None if norm is None else _root(nodes, norm))
    return {norm: source for norm, source in found.items() if len(behind[_root(nodes, source)]) == 1}


def _root(nodes: tuple[Node, ...], index: int) -> int:
    shares = nodes[index].shares
    return index if shares is None else shares


def _counts(node: Node, *, needs_bias: bool, unfolded: bool) -> Iterator[tuple[str, int]]:
    facts = node.tally.facts
    kind = node.kind
    yield "weights", _fixed(node) or facts.get((kind, "weights"), 0)
    yield "biases", node.output.channels if needs_bias else facts.get((kind, "biases"), 0)
    if kind == "batch_norm" and not unfolded:
        channels = facts.get((kind, "norm_channels"), 0)
        yield "scale", channels
        yield "shift", channels
        return
    for name in _VECTORS:
        yield name, facts.get((kind, name), 0)
    yield "statistics", facts.get((kind, "statistics"), 0)


def _fixed(node: Node) -> int:
    """The numbers of a tensor that is stored whether it is trained or not."""
    if node.kind == "parameter":
        return node.output.elements
    if node.kind == "embedding":
        rows: int = getattr(node.layer, "num_embeddings")  # noqa: B009
        return rows * node.output.channels
    return 0


def _tensor(name: str, count: int, dtype: Dtype) -> TensorBytes:
    word = dtype.weights if name == "weights" else dtype.biases
    return TensorBytes(name, count, word, tensor_bytes(count, word))
