"""Which node of a network stands for which of another that computes the same in another order.

Two nodes are counterparts where they are of one kind, cost the same, and take what counterparts make, in any order. A
concatenation takes the list of all that is joined: [[a, b], c] is [a, b, c]. Views are looked through: a map may lie
otherwise in the other network. Of several that are alike the first is the first's.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from costcalc.kinds import VIEWS
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


def counterparts(network: Network, other: Network) -> list[tuple[int, ...]] | None:
    """For each node the indices of its counterparts in the other network; None where they do not compute the same.

    Every node of the other network is there: a view that has none goes with the node whose output it views.
    """
    if len(network.inputs) != len(other.inputs):
        return None
    places: defaultdict[int, list[int]] = defaultdict(list)
    for index, mark in reversed(list(enumerate(_marks(other)))):
        if other.nodes[index].kind not in VIEWS:
            places[mark].append(index)
    found: list[list[int]] = [[] for _ in network.nodes]
    owner: dict[int, int] = {}
    for index, mark in enumerate(_marks(network)):
        if network.nodes[index].kind not in VIEWS:
            if not places[mark]:
                return None
            found[index].append(places[mark].pop())
            owner[found[index][0]] = index
    if any(places.values()):
        return None
    _place_views(network, other, found, owner)
    return [tuple(each) for each in found]


def _place_views(network: Network, other: Network, found: list[list[int]], owner: dict[int, int]) -> None:
    """Views by what they view: one by one where both networks have as many of it."""
    ours, theirs = _views(network), _views(other)
    for root, views in theirs.items():
        home = owner[root] if root >= 0 else root
        same = ours.get(home, [])
        if len(same) == len(views):
            for index, view in zip(same, views, strict=True):
                found[index].append(view)
        else:
            after = (owner[index] for index in range(views[0], len(other.nodes)) if index in owner)
            at = home if home >= 0 else next(after, 0)
            found[at] += views
    for home, views in ours.items():
        for index in views:
            found[index] = found[index] or (list(found[home]) if home >= 0 else [])


def _views(network: Network) -> dict[int, list[int]]:
    """The views of each node or input that is none."""
    roots: dict[int, int] = {}
    found: dict[int, list[int]] = {}
    for index, node in enumerate(network.nodes):
        if node.kind in VIEWS:
            source = node.inputs[0]
            roots[index] = roots.get(source, source)
            found.setdefault(roots[index], []).append(index)
    return found


def _marks(network: Network) -> list[int]:
    """A hash of each node, and of all that it is computed from; of a view that of what it views."""
    marks: list[int] = []
    lists: dict[int, _List] = {}
    facts: dict[int, tuple[Tally, int]] = {}

    def mark(index: int) -> int:
        return marks[index] if index >= 0 else index - 1  # -1 and -2 have one hash

    for index, node in enumerate(network.nodes):
        if node.kind in VIEWS:
            marks.append(mark(node.inputs[0]))
            continue
        if node.kind == "concat":
            joined = lists[index] = _joined(node, lists, mark)
            marks.append(hash((joined, node.output.elements)))
            continue
        if id(node.tally) not in facts:
            facts_of = node.tally.without_tensors().facts.items()
            costs = tuple([(fact, count) for fact, count in facts_of if fact[1] != "positions"])
            facts[id(node.tally)] = node.tally, hash((node.kind, costs))
        marks.append(hash((facts[id(node.tally)][1], node.output.elements, *sorted(map(mark, node.inputs)))))
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
