"""A layer explained: a row of the table, or any part of one, down to its primitives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import NamedTuple, TypeAlias

from costcalc.analysis.costs import VERSIONS, Analysis, Cost, VersionName, add_up
from costcalc.analysis.explanation.needs import Need, explain_needs
from costcalc.analysis.explanation.pair import Choice, Pair, explain_pairs
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
    nodes: _Nodes = {
        version: [node for layer in analysis.layers for node in layer.nodes[version]] for version in VERSIONS
    }
    row, version, chosen = _find(analysis, nodes, path)
    layer = analysis.layers[row]
    here = {name: list(filter(chosen, nodes[name])) for name in VERSIONS}
    own_kind = next((node.layer.type for node in here[version] if node.path == path), "")
    replacements = (replacement for layer in analysis.layers for replacement in layer.replacements)
    return Explanation(
        path,
        layer.type if layer.name == path else own_kind,
        layer.name,
        version,
        tuple(_units(path, here[version], nodes[version])),
        tuple(explain_pairs(replacements, nodes["standard"], nodes["separable"], chosen)),
        {name: _contribution(analysis, name, here[name], chosen) for name in VERSIONS},
        layer.notes,
        tuple(_needs(analysis, chosen)) if version == "written" else (),
    )


def _needs(analysis: Analysis, chosen: Choice) -> list[Need]:
    nodes = [index for index, node in enumerate(analysis.network.nodes) if chosen(node)]
    return explain_needs(analysis, nodes)


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
