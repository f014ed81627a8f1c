"""Where a network's cost lies: by the kind of primitive, or by the type of layer as it was written.

By kind, a convolution goes with those of its kernel size: ``conv 1x1``, ``depthwise_conv 3x3``, as in
Howard et al., MobileNets, arXiv:1704.04861, Table 2.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias, get_args

from costcalc.analysis.costs import METRICS, Analysis, Cost, add_up
from costcalc.layers.fields import per_axis
from costcalc.metrics import in_columns
from costcalc.network import Node

By: TypeAlias = Literal["kind", "block"]
WAYS: tuple[By, ...] = get_args(By)


class Group(NamedTuple):
    """What belongs together: how many of them, and what they cost as written.

    ``weights`` are params without biases and norms, as papers give them.
    """

    name: str
    number: int
    cost: Cost

    @property
    def weights(self) -> int:
        """The weights of convolutions and linear layers alone."""
        return self.cost.tally.sum("weights")


def breakdown(analysis: Analysis, by: By) -> list[Group]:
    """The groups of the written version, the most expensive one first; they sum to the total."""
    parts = _by_kind(analysis) if by == "kind" else _by_block(analysis)
    known = analysis.metrics
    groups = [Group(name, count, cost) for name, count, cost in _gathered(parts)]
    return sorted(
        groups, key=lambda group: [-group.cost[metric] for metric in in_columns(METRICS) if metric in known]
    )


def _by_kind(analysis: Analysis) -> Iterator[tuple[str, int, Cost]]:
    for layer in analysis.layers:
        for node, part in zip(layer.nodes["written"], layer.expanded("written"), strict=True):
            yield _kind(node), 1, part.cost


def _by_block(analysis: Analysis) -> Iterator[tuple[str, int, Cost]]:
    for layer in analysis.layers:
        yield layer.type, layer.repeat, layer.written


def _kind(node: Node) -> str:
    """The kind under which a node's facts are counted, and the kernel of a convolution."""
    kind = next(iter(node.tally.facts), (node.layer.type,))[0]
    if not kind.startswith(("conv", "depthwise")):
        return kind
    size: int | tuple[int, ...] = getattr(node.layer, "kernel_size", 1)
    kernel = per_axis(size, len(node.input_shapes[0].spatial), "kernel_size")
    return f"{kind} {'x'.join(map(str, kernel))}"


def _gathered(parts: Iterable[tuple[str, int, Cost]]) -> Iterator[tuple[str, int, Cost]]:
    found: dict[str, list[tuple[int, Cost]]] = {}
    for name, count, cost in parts:
        found.setdefault(name, []).append((count, cost))
    for name, members in found.items():
        yield name, sum(count for count, _ in members), add_up([cost for _, cost in members])
