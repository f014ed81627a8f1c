"""The primitives of a row in its three versions side by side: what ``--expand`` lists."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from costcalc.analysis.costs import Cost, LayerCost, VersionName
from costcalc.shape import Shape

#: Of a network with more primitives they are not listed: a list for nobody to read, in hundreds of megabytes.
MAX_EXPANDED = 40_000

#: A path, and how often it has been there before: names are free to look alike.
_Key: TypeAlias = tuple[str, int]
_START: _Key = ("", 0)


class ReportPart(NamedTuple):
    """One primitive, with its cost in each version in which it stands."""

    path: str
    type: str
    output: Shape
    costs: dict[VersionName, Cost]


def parts(layer: LayerCost) -> list[ReportPart]:
    """The primitives of a row, in order; what a rewrite puts in stands before what it replaces."""
    found: dict[_Key, ReportPart] = {}
    followers: defaultdict[_Key, list[_Key]] = defaultdict(list)
    for version in layer.versions:
        before, seen = _START, Counter[str]()
        for node in layer.expanded(version):
            key = (node.path, seen[node.path])
            seen[node.path] += 1
            if key not in found:
                found[key] = ReportPart(node.path, node.type, node.output, {})
                followers[before].append(key)
            found[key].costs[version] = node.cost
            before = key
    return [found[key] for key in _in_order(followers)]


def inner_parts(layer: LayerCost) -> list[ReportPart]:
    """The primitives of a row, or none where the row is the only one."""
    found = parts(layer)
    return [] if [part.path for part in found] == [layer.name] else found


def _in_order(followers: Mapping[_Key, list[_Key]]) -> list[_Key]:
    """Each key after the one that it follows; of several, the one that came last first."""
    order = []
    stack = [*followers.get(_START, ())]
    while stack:
        key = stack.pop()
        order.append(key)
        stack += followers.get(key, ())
    return order
