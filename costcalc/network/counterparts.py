"""Which node of a network stands for which of another that computes the same in another order.

Two nodes are counterparts where they are of one kind, cost the same, and take what counterparts make, in any order. A
concatenation takes the list of all that is joined: [[a, b], c] is [a, b, c]. Of several that are alike the first is the
first's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from costcalc.network.graph import Network, Node
from costcalc.tally import Tally

#: Lists are hashed as polynomials, so that the hash of two joined ones comes of theirs.
_PRIME = (1 << 61) - 1
_BASE = 1_000_003


class _List(NamedTuple):
    """What a concatenation joins: its axis, the hash of the list, and the base to the power of its length."""

    axis: object
    hash: int
    power: int


def counterparts(network: Network, other: Network) -> list[int] | None:
    """For each node the index of its counterpart in the other network; None where they do not compute the same."""
    if len(network.nodes) != len(other.nodes) or len(network.inputs) != len(other.inputs):
        return None
    places: defaultdict[int, list[int]] = defaultdict(list)
    for index, mark in reversed(list(enumerate(_marks(other)))):
        places[mark].append(index)
    found = []
    for mark in _marks(network):
        if not places[mark]:
            return None
        found.append(places[mark].pop())
    return found


def _marks(network: Network) -> list[int]:
    """A hash of each node, and of all that it is computed from."""
    marks: list[int] = []
    lists: dict[int, _List] = {}
    facts: dict[int, tuple[Tally, int]] = {}

    def mark(index: int) -> int:
        return marks[index] if index >= 0 else index

    for index, node in enumerate(network.nodes):
        if node.kind == "concat":
            joined = lists[index] = _joined(node, lists, mark)
            marks.append(hash((joined, node.output)))
            continue
        if id(node.tally) not in facts:
            costs = tuple(node.tally.without_tensors().facts.items())
            facts[id(node.tally)] = node.tally, hash((node.kind, costs))
        marks.append(hash((facts[id(node.tally)][1], node.output, *sorted(map(mark, node.inputs)))))
    return marks


def _joined(node: Node, lists: dict[int, _List], mark: Callable[[int], int]) -> _List:
    """The list that a concatenation makes, lists along the same axis joined with its own."""
    axis = getattr(node.layer, "axis")  # noqa: B009
    total, power = 0, 1
    for source in node.inputs:
        part = lists.get(source)
        if part is None or part.axis != axis:
            part = _List(axis, mark(source), _BASE)
        total = (total * part.power + part.hash) % _PRIME
        power = power * part.power % _PRIME
    return _List(axis, total, power)
