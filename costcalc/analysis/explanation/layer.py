"""A layer explained: a row of the table, or any part of one, down to its primitives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, islice
from typing import NamedTuple, TypeAlias

from costcalc.analysis.costs import VERSIONS, Analysis, Cost, VersionName, add_up
from costcalc.analysis.explanation.needs import Need, Resources, explain_needs
from costcalc.analysis.explanation.pair import Choice, Pair, Replaced, explain_pairs, replaced_nodes
from costcalc.analysis.explanation.primitive import Explained, explain_primitive
from costcalc.errors import CostcalcError, did_you_mean
from costcalc.network import Node
from costcalc.quantity import shown

#: So many paths at most are compared with one that is not there.
_MOST_GUESSES = 5000


_Nodes: TypeAlias = Mapping[VersionName, Sequence[Node]]


@dataclass(frozen=True, slots=True)
class ExplainedGroup:
    """Primitives that are explained together: a layer, or one of ``count`` equal copies from ``first`` to ``last``."""

    first: str
    last: str
    count: int
    primitives: tuple[Explained, ...]


class Contribution(NamedTuple):
    """What one version costs here, and what it costs in all."""

    here: Cost
    whole: Cost


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one layer, or about one part of a layer.

    ``type`` is empty for a part that is no primitive; ``row`` is the layer it belongs to; ``version`` is
    ``separable`` for a part that only that version has.
    """

    path: str
    type: str
    row: str
    version: VersionName
    units: tuple[ExplainedGroup, ...]
    pairs: tuple[Pair, ...]
    contributions: Mapping[VersionName, Contribution]
    notes: tuple[str, ...]
    needs: tuple[Need, ...] = ()


def explain(analysis: Analysis, path: str) -> Explanation:
    """The layer named ``path``, or the part of one that a path such as ``block3.2/conv_1`` leads to.

    Raises CostcalcError where there is none.
    """
    return Explainer(analysis).part(path)


class Explainer:
    """Explains the layers of an analysis one after the other; what they have in common is worked out once."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis

    def part(self, path: str) -> Explanation:
        """The layer of a name, or the part of one; raises CostcalcError where there is none."""
        row, version, chosen = _find(self.analysis, self._nodes, path)
        if self.analysis.layers[row].name == path:
            return self.layer(row)
        here = {name: list(filter(chosen, self._nodes[name])) for name in VERSIONS}
        return self._explained(path, row, version, here, chosen)

    def layer(self, row: int) -> Explanation:
        """The layer of a row of the table."""
        layer = self.analysis.layers[row]
        return self._explained(layer.name, row, "written", layer.nodes, lambda node: node.row == row)

    def _explained(
        self, path: str, row: int, version: VersionName, here: _Nodes, chosen: Choice
    ) -> Explanation:
        layer = self.analysis.layers[row]
        own_kind = next((node.layer.type for node in here[version] if node.path == path), "")
        rows = dict.fromkeys(node.row for nodes in here.values() for node in nodes)
        replaced = {id(each): each for row in rows for each in self._replaced.get(row, ())}
        return Explanation(
            path,
            layer.type if layer.name == path else own_kind,
            layer.name,
            version,
            tuple(_units(path, here[version], self._nodes[version])),
            tuple(explain_pairs(replaced.values(), chosen)),
            {name: _contribution(self.analysis, name, here[name], chosen) for name in VERSIONS},
            layer.notes,
            tuple(self._needs(rows, chosen)) if version == "written" else (),
        )

    def _needs(self, rows: Iterable[int], chosen: Choice) -> list[Need]:
        nodes = self.analysis.network.nodes
        return explain_needs(
            self._resources,
            [index for row in rows for index in self._places.get(row, ()) if chosen(nodes[index])],
        )

    @cached_property
    def _nodes(self) -> _Nodes:
        layers = self.analysis.layers
        return {version: [node for layer in layers for node in layer.nodes[version]] for version in VERSIONS}

    @cached_property
    def _places(self) -> Mapping[int, Sequence[int]]:
        """The nodes of each row, by their places."""
        found: dict[int, list[int]] = {}
        for index, node in enumerate(self.analysis.network.nodes):
            found.setdefault(node.row, []).append(index)
        return found

    @cached_property
    def _replaced(self) -> Mapping[int, Sequence[Replaced]]:
        """The replaced convolutions that each row has a part in."""
        found: dict[int, list[Replaced]] = {}
        replacements = (each for layer in self.analysis.layers for each in layer.replacements)
        for replaced in replaced_nodes(replacements, self._nodes["standard"], self._nodes["separable"]):
            for row in replaced.rows:
                found.setdefault(row, []).append(replaced)
        return found

    @cached_property
    def _resources(self) -> Resources:
        return Resources(self.analysis)


def _find(analysis: Analysis, nodes: _Nodes, path: str) -> tuple[int, VersionName, Choice]:
    """The row that a path leads to or into, the version that has it, and what belongs to it."""
    row = next((index for index, layer in enumerate(analysis.layers) if layer.name == path), None)
    if row is not None:
        return row, "written", lambda node: node.row == row
    chosen = inside(path)
    for version in VERSIONS:
        first = next(filter(chosen, nodes[version]), None)
        if first is not None:
            return first.row, version, chosen
    raise CostcalcError(f"no layer {shown(path)}{did_you_mean(path, _paths(analysis))}")


def inside(path: str) -> Choice:
    """Whether a node is what the path leads to, or inside it; all copies of it, if it repeats."""
    match = re.compile(re.escape(path) + r"(?:\.\d+)?(?:/|\Z)").match
    return lambda node: match(node.path) is not None


def _paths(analysis: Analysis) -> Iterator[str]:
    """What a path could have been: the layers, then what is inside them, as far as that is not too much."""
    yield from islice((layer.name for layer in analysis.layers), _MOST_GUESSES)
    yield from islice(dict.fromkeys(_inner_paths(analysis)), _MOST_GUESSES)


def _inner_paths(analysis: Analysis) -> Iterator[str]:
    inside = (node.path for layer in analysis.layers for node in layer.nodes["separable"])
    for path in islice(inside, _MOST_GUESSES):
        steps = path.split("/")
        yield from ("/".join(steps[: count + 1]) for count in range(len(steps)))


def _units(path: str, chosen: Sequence[Node], nodes: Sequence[Node]) -> Iterator[ExplainedGroup]:
    """The chosen nodes copy by copy; copies in a row that are equal are one unit."""
    copy = re.compile(re.escape(path) + r"\.\d+(?=/|\Z)").match
    unit: ExplainedGroup | None = None
    shown_nodes: list[Node] = []
    for name, group in groupby(chosen, lambda node: found[0] if (found := copy(node.path)) else path):
        own = list(group)
        if unit is not None and _equal(unit.first, shown_nodes, name, own):
            unit = replace(unit, last=name, count=unit.count + 1)
            continue
        if unit is not None:
            yield unit
        shown_nodes = own
        unit = ExplainedGroup(name, name, 1, tuple(_explained(node, nodes) for node in own))
    if unit is not None:
        yield unit


def _equal(name: str, nodes: Sequence[Node], other_name: str, others: Sequence[Node]) -> bool:
    return len(nodes) == len(others) and all(
        node.path[len(name) :] == other.path[len(other_name) :]
        and node.input_shapes == other.input_shapes
        and node.layer == other.layer
        and node.tally == other.tally
        for node, other in zip(nodes, others, strict=True)
    )


def _explained(node: Node, nodes: Sequence[Node]) -> Explained:
    shares = node.shares
    if shares is None or not any(node.layer.tally(node.input_shapes).tensors().facts.values()):
        return explain_primitive(node)
    return explain_primitive(node, nodes[shares].path)


def _contribution(
    analysis: Analysis, version: VersionName, nodes: Sequence[Node], chosen: Choice
) -> Contribution:
    layers = [analysis.layers[row] for row in dict.fromkeys(node.row for node in nodes)]
    parts = [
        part.cost
        for layer in layers
        for node, part in zip(layer.nodes[version], layer.expanded(version), strict=True)
        if chosen(node)
    ]
    return Contribution(add_up(parts), analysis.total(version))
