"""The primitives of a row in its three versions side by side: what ``--expand`` lists."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from costcalc.analysis.costs import Cost, LayerCost, VersionName, add_up
from costcalc.errors import CostcalcError
from costcalc.network import Network
from costcalc.shape import Shape

#: Of a network with more primitives they are not listed: a list for nobody to read, in hundreds of megabytes.
MAX_EXPANDED = 20_000

#: A path, and how often it has been there before: names are free to look alike.
_Key: TypeAlias = tuple[str, int]
_START: _Key = ("", 0)


class ReportPart(NamedTuple):
    """One primitive, with its cost in each version in which it stands."""

    path: str
    type: str
    output: Shape
    costs: dict[VersionName, Cost]


def check_expandable(network: Network, path: str | None = None) -> None:
    """Raise CostcalcError where a network has more primitives than are listed; ``path`` is its spec's."""
    count = len(network.nodes)
    if count > MAX_EXPANDED:
        said = f"--expand lists at most {MAX_EXPANDED:,} primitives (limit), and there are {count:,}"
        raise CostcalcError(said if path is None else f"{path}: {said}")


def parts(layer: LayerCost) -> list[ReportPart]:
    """The primitives of a row, in order; what a rewrite puts in stands before what it replaces.

    Raises CostcalcError where its network has too many.
    """
    check_expandable(layer.analysis.network)
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


def inner_parts(layer: LayerCost, depth: int | None = None) -> list[ReportPart]:
    """The primitives of a row, or none where the row is the only one.

    With a ``depth`` those of one block, at so many steps of their paths, stand together as one; depth 1 is the row.
    """
    found = parts(layer) if depth is None else _to_depth(parts(layer), depth)
    return [] if [part.path for part in found] == [layer.name] else found


def inner_name(part: ReportPart, layer: LayerCost) -> str:
    """What a part is called under its row."""
    return part.path.removeprefix(layer.name).lstrip("./") or part.path


def _to_depth(found: list[ReportPart], depth: int) -> list[ReportPart]:
    """The parts gathered by the first steps of their paths; one that is alone stays what it is."""
    groups: dict[str, list[ReportPart]] = {}
    for part in found:
        groups.setdefault("/".join(part.path.split("/")[:depth]), []).append(part)
    return [_gathered(path, inner) for path, inner in groups.items()]


def _gathered(path: str, inner: list[ReportPart]) -> ReportPart:
    if len(inner) == 1:
        return inner[0]._replace(path=path)
    versions = {version: None for part in inner for version in part.costs}
    costs = {
        version: add_up([part.costs[version] for part in inner if version in part.costs])
        for version in versions
    }
    return ReportPart(path, "", inner[-1].output, costs)


def _in_order(followers: Mapping[_Key, list[_Key]]) -> list[_Key]:
    """Each key after the one that it follows; of several, the one that came last first."""
    order = []
    stack = [*followers.get(_START, ())]
    while stack:
        key = stack.pop()
        order.append(key)
        stack += followers.get(key, ())
    return order
