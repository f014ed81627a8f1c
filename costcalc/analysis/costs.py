"""What a network costs: as written, as standard convolutions, as depthwise-separable ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Literal, TypeAlias

from costcalc.conventions.convention import MULTIPLIES, Convention
from costcalc.errors import Problem, Route
from costcalc.network import Network, Node
from costcalc.quantity import shown
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from costcalc.rewrite.version import Replacement, Version
from costcalc.shape import Shape
from costcalc.spec import NetworkSpec
from costcalc.tally import Tally

VersionName: TypeAlias = Literal["written", "standard", "separable"]
VERSIONS: tuple[VersionName, ...] = ("written", "standard", "separable")

Metric: TypeAlias = Literal["multiplies", "params"]
METRICS: tuple[Metric, ...] = ("multiplies", "params")


@dataclass(frozen=True, slots=True)
class Cost:
    """Exact multiplies and params, and the facts they were weighed from, part by part.

    ``operations`` and ``parameters`` are what another convention makes of the facts, where one is asked for.
    """

    multiplies: int
    params: int
    tallies: tuple[Tally, ...]
    operations: int | None = None
    parameters: int | None = None

    @property
    def tally(self) -> Tally:
        """All facts together."""
        return Tally.total(self.tallies)


@dataclass(frozen=True, slots=True)
class NodeCost:
    """One primitive of one version of a row."""

    path: str
    type: str
    output: Shape
    cost: Cost


@dataclass(frozen=True, slots=True)
class LayerCost:
    """One layer as it was written (a row of the table) in three versions.

    ``theory`` is m·(1/C_out + 1/taps) where the row holds exactly one replaceable convolution.
    """

    name: str
    type: str
    output: Shape
    repeat: int
    route: Route
    written: Cost
    standard: Cost
    separable: Cost
    replacements: tuple[Replacement, ...]
    theory: Fraction | None
    notes: tuple[str, ...]
    nodes: Mapping[VersionName, Sequence[Node]]
    convention: Convention | None = None

    def expanded(self, version: VersionName) -> list[NodeCost]:
        """The primitives of one version, in order."""
        return [
            NodeCost(node.path, node.layer.type, node.output, _under(_cost_of([node]), self.convention))
            for node in self.nodes[version]
        ]


@dataclass(frozen=True)
class Analysis:
    """A network's cost, layer by layer and in total, in three versions; each is worked out when it is asked for.

    ``convention`` is another one that costs are weighed under as well; then ``plain`` is the analysis without.
    """

    network: Network
    convention: Convention | None = None
    plain: Analysis | None = None

    @property
    def spec(self) -> NetworkSpec:
        """What was written."""
        return self.network.spec

    @property
    def name(self) -> str | None:
        """The name that the spec gives the network, if any."""
        return self.spec.name

    @property
    def inputs(self) -> Mapping[str, Shape]:
        """The shapes of the network's inputs, by name."""
        return self.network.inputs

    @property
    def output(self) -> Shape:
        """The shape of the network's output."""
        return self.network.shape(self.network.output)

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to know about the network as a whole."""
        return self.network.notes

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What looks like a mistake and is none."""
        return self.network.warnings

    @cached_property
    def layers(self) -> tuple[LayerCost, ...]:
        """The rows of the table."""
        if self.plain is None:
            return tuple(_layers(self.network))
        return tuple(_layer_under(layer, self.convention) for layer in self.plain.layers)

    @cached_property
    def rows(self) -> tuple[Cost, ...]:
        """What each layer costs as written; the rewritten versions are not worked out for that."""
        return tuple(_under(_cost_of(nodes), self.convention) for nodes in self.network.nodes_by_row())

    @cached_property
    def written(self) -> Cost:
        """The total as written."""
        return _under(_cost_of(self.network.nodes), self.convention)

    @cached_property
    def standard(self) -> Cost:
        """The total with standard convolutions."""
        return add_up([layer.standard for layer in self.layers])

    @cached_property
    def separable(self) -> Cost:
        """The total with depthwise-separable convolutions."""
        return add_up([layer.separable for layer in self.layers])

    def total(self, version: VersionName) -> Cost:
        """The total of one version."""
        cost: Cost = getattr(self, version)
        return cost

    def not_counted(self) -> dict[str, int]:
        """Kinds of layers that have no multiplies by the convention, and how many there are of each."""
        kinds: Counter[str] = Counter()
        for node in self.network.nodes:
            if not node.tally.sum("multiplies"):
                kinds[node.layer.type] += 1
        return dict(kinds)


def analyze(network: Network) -> Analysis:
    """Cost a network in its three versions; rows sum to totals."""
    return Analysis(network)


def under(analysis: Analysis, convention: Convention) -> Analysis:
    """The same analysis, each cost with the operations and parameters of another convention as well."""
    return Analysis(analysis.network, convention, analysis.plain or analysis)


def add_up(costs: Sequence[Cost]) -> Cost:
    """The sum of costs that are all weighed alike."""
    total = _sum(costs)
    if not costs or costs[0].operations is None:
        return total
    return replace(
        total,
        operations=sum(cost.operations or 0 for cost in costs),
        parameters=sum(cost.parameters or 0 for cost in costs),
    )


def reduction(standard_cost: int, other: int) -> Fraction | None:
    """standard ÷ other, exactly; None where that means nothing."""
    return Fraction(standard_cost, other) if standard_cost and other else None


def _cost_of(nodes: Sequence[Node]) -> Cost:
    multiplies = params = 0
    for node in nodes:
        more_multiplies, more_params = node.tally.weighed or _weigh(node.tally)
        multiplies += more_multiplies
        params += more_params
    return Cost(multiplies, params, tuple([node.tally for node in nodes]))


def _weigh(tally: Tally) -> tuple[int, int]:
    """What a tally weighs: worked out once, however many nodes of however many networks have it."""
    tally.weighed = MULTIPLIES.count_operations(tally), MULTIPLIES.count_parameters(tally)
    return tally.weighed


def _layers(network: Network) -> Iterator[LayerCost]:
    versions: dict[VersionName, Version] = {"standard": standard(network), "separable": separable(network)}
    written = network.nodes_by_row()
    nodes = {name: version.network.nodes_by_row() for name, version in versions.items()}
    replaced = _by_row(versions.values(), len(network.rows))
    for index, row in enumerate(network.rows):
        own: dict[VersionName, list[Node]] = {
            "written": written[index],
            **{name: rows[index] for name, rows in nodes.items()},
        }
        yield LayerCost(
            name=row.name,
            type=row.type,
            output=row.output,
            repeat=row.repeat,
            route=row.route,
            written=_cost_of(own["written"]),
            standard=_cost_of(own["standard"]),
            separable=_cost_of(own["separable"]),
            replacements=tuple(replaced[index]),
            theory=_theory(replaced[index], row.repeat),
            notes=(
                *_shared_weights(network, written[index], index),
                *(note for version in versions.values() for note in version.notes.get(index, ())),
            ),
            nodes=own,
        )


def _layer_under(layer: LayerCost, convention: Convention | None) -> LayerCost:
    return replace(
        layer,
        convention=convention,
        written=_under(layer.written, convention),
        standard=_under(layer.standard, convention),
        separable=_under(layer.separable, convention),
    )


def _under(cost: Cost, convention: Convention | None) -> Cost:
    if convention is None:
        return cost
    return replace(
        cost,
        operations=sum(map(convention.count_operations, cost.tallies)),
        parameters=sum(map(convention.count_parameters, cost.tallies)),
    )


def _sum(costs: Sequence[Cost]) -> Cost:
    return Cost(
        sum(cost.multiplies for cost in costs),
        sum(cost.params for cost in costs),
        tuple(tally for cost in costs for tally in cost.tallies),
    )


def _by_row(versions: Iterable[Version], rows: int) -> list[list[Replacement]]:
    found: list[list[Replacement]] = [[] for _ in range(rows)]
    for version in versions:
        for replacement in version.replacements:
            found[replacement.row].append(replacement)
    return found


def _shared_weights(network: Network, nodes: Sequence[Node], row: int) -> list[str]:
    """A note for each other row whose weights these nodes use again: there the params are counted."""
    sources = {network.nodes[node.shares].row: None for node in nodes if node.shares is not None}
    return [
        f"its params are counted in {shown(network.rows[source].name)}" for source in sources if source != row
    ]


def _theory(replacements: Sequence[Replacement], repeat: int) -> Fraction | None:
    """The theory of a row with one replaceable convolution (in each of its copies), else None."""
    theories = {replacement.theory for replacement in replacements}
    return theories.pop() if len(replacements) == repeat and len(theories) == 1 else None
