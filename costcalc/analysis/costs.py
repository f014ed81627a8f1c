"""What a network costs, in each of its versions: as written, as standard convolutions, as depthwise-separable ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

from costcalc.analysis.cost import Cost as Cost
from costcalc.analysis.cost import NodeCost as NodeCost
from costcalc.analysis.cost import add_up as add_up
from costcalc.analysis.cost import reduction as reduction
from costcalc.analysis.measures import Measured
from costcalc.analysis.versions import VERSIONS as VERSIONS
from costcalc.analysis.versions import WRITTEN, Versions
from costcalc.analysis.versions import VersionName as VersionName
from costcalc.conventions.convention import Convention
from costcalc.errors import Problem, Route
from costcalc.metrics import METRICS as METRICS
from costcalc.metrics import Number, available
from costcalc.network import Network, Node, Row
from costcalc.quantity import shown
from costcalc.rewrite.version import Replacement
from costcalc.shape import Shape
from costcalc.spec import NetworkSpec


class LayerCost:
    """One layer as it was written (a row of the table, by its ``index``) in all versions.

    Everything about it is looked up when it is asked for.
    """

    __slots__ = ("analysis", "index")

    def __init__(self, analysis: Analysis, index: int) -> None:
        self.analysis = analysis
        self.index = index

    def __repr__(self) -> str:
        written = self.written
        numbers = f"multiplies={written.multiplies:,}, params={written.params:,}"
        return f"LayerCost({self.name!r}, {self.type}, {self.output}, {numbers})"

    @property
    def row(self) -> Row:
        """Its row of the network's table."""
        return self.analysis.network.rows[self.index]

    @property
    def name(self) -> str:
        """Its name."""
        return self.row.name

    @property
    def type(self) -> str:
        """Its kind, or the block that it is a use of."""
        return self.row.type

    @property
    def output(self) -> Shape:
        """The shape of its output."""
        return self.row.output

    @property
    def repeat(self) -> int:
        """How many equal copies it stands for."""
        return self.row.repeat

    @property
    def route(self) -> Route:
        """The route to its text."""
        return self.row.route

    @property
    def versions(self) -> dict[VersionName, Cost]:
        """What it costs in each version."""
        return {name: self.analysis.row(name, self.index) for name in self.analysis.versions.names}

    @property
    def written(self) -> Cost:
        """What it costs as written."""
        return self.analysis.row("written", self.index)

    @property
    def standard(self) -> Cost:
        """What it costs with standard convolutions."""
        return self.analysis.row("standard", self.index)

    @property
    def separable(self) -> Cost:
        """What it costs with depthwise-separable convolutions."""
        return self.analysis.row("separable", self.index)

    @property
    def nodes(self) -> dict[VersionName, Sequence[Node]]:
        """Its primitives in each version, in order."""
        versions = self.analysis.versions
        return {name: versions.rows(name)[self.index] for name in versions.names}

    @property
    def replacements(self) -> tuple[Replacement, ...]:
        """Its convolutions that another version replaces."""
        return tuple(self.analysis.versions.replacements[self.index])

    @property
    def theory(self) -> Fraction | None:
        """m·(1/C_out + 1/taps), where it holds exactly one replaceable convolution."""
        return _theory(self.replacements, self.repeat)

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to know about it."""
        versions = self.analysis.versions
        shared = _shared_weights(self.analysis.network, versions.rows(WRITTEN)[self.index], self.index)
        return (*shared, *versions.notes(self.index))

    def expanded(self, version: VersionName) -> list[NodeCost]:
        """The primitives of one version, in order."""
        measured = self.analysis.measured[version]
        return [
            NodeCost(node.path, node.layer.type, node.output, Cost(partial(measured.of_node, place), [node]))
            for node, place in zip(
                self.analysis.versions.rows(version)[self.index], measured.places[self.index], strict=True
            )
        ]


class Analysis:
    """A network's cost, layer by layer and in total, in each version; each value is worked out when it is asked for.

    ``arguments`` are those of metrics that need some, by name: a convention, say, that it is weighed by as well.
    """

    def __init__(
        self, network: Network, arguments: Mapping[str, Any] | None = None, versions: Versions | None = None
    ) -> None:
        self.network = network
        self.arguments: Mapping[str, Any] = arguments or {}
        self.versions = versions or Versions(network)

    def __repr__(self) -> str:
        whole = self.written
        return f"Analysis({self.network!r}, multiplies={whole.multiplies:,}, params={whole.params:,})"

    def _repr_html_(self) -> str:
        """The table of layers, for notebooks."""
        from costcalc.analysis.records import html

        return html(self)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data, as JSON of costcalc has it: totals of each version, and the layers."""
        from costcalc.analysis.records import document

        return document(self)

    def records(self) -> list[dict[str, Any]]:
        """A flat record for each layer, which ``pandas.DataFrame`` and ``polars.DataFrame`` take."""
        from costcalc.analysis.records import records

        return records(self)

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

    @property
    def convention(self) -> Convention | None:
        """The other convention that it is weighed by as well, if any."""
        return self.arguments.get("convention")

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics that it has a value of, ours first."""
        return available(self.arguments)

    def given(self, **arguments: Any) -> Analysis:
        """The same analysis with further arguments for the metrics that take them.

        Words are read as the command line reads them: ``dtype="int8"`` (or ``{"weights": "int4"}``),
        ``device="rtx4090"``, ``planner="tflm"``, ``convention="fvcore"``, or YAML files; ``batch=64``. Raises TypeError
        for what no metric takes, ValueError for what is no dtype or batch, CostcalcError for what is not found.
        """
        if not arguments:
            return self
        from costcalc.analysis.arguments import read_arguments

        return Analysis(self.network, {**self.arguments, **read_arguments(arguments)}, self.versions)

    @cached_property
    def layers(self) -> tuple[LayerCost, ...]:
        """The rows of the table."""
        return tuple([LayerCost(self, index) for index in range(len(self.network.rows))])

    @cached_property
    def rows(self) -> tuple[Cost, ...]:
        """What each layer costs as written; the rewritten versions are not worked out for that."""
        return tuple([self.row(WRITTEN, index) for index in range(len(self.network.rows))])

    @property
    def written(self) -> Cost:
        """The total as written."""
        return self.total("written")

    @property
    def standard(self) -> Cost:
        """The total with standard convolutions."""
        return self.total("standard")

    @property
    def separable(self) -> Cost:
        """The total with depthwise-separable convolutions."""
        return self.total("separable")

    def row(self, version: VersionName, index: int) -> Cost:
        """What one layer costs in one version."""
        return Cost(partial(self.measured[version].of_row, index), self.versions.rows(version)[index])

    def row_values(self, version: VersionName, metric: str) -> Sequence[Number]:
        """The value of a metric for each row, in one version."""
        return self.measured[version].rows(metric)

    def node_values(self, version: VersionName, metric: str) -> Sequence[Number]:
        """The value of a metric for each primitive, in one version."""
        return self.measured[version].nodes(metric)

    def theories(self) -> list[Fraction | None]:
        """For each row m·(1/C_out + 1/taps), where it holds exactly one replaceable convolution."""
        replaced = self.versions.replacements
        return [_theory(replaced[index], row.repeat) for index, row in enumerate(self.network.rows)]

    def total(self, version: VersionName) -> Cost:
        """The total of one version."""
        measured = self.measured[version]
        return Cost(measured.whole, measured.network.nodes)

    def not_counted(self) -> dict[str, int]:
        """Kinds of layers that have no multiplies by the convention, and how many there are of each."""
        kinds: Counter[str] = Counter()
        for node in self.network.nodes:
            if not node.tally.sum("multiplies"):
                kinds[node.layer.type] += 1
        return dict(kinds)

    @cached_property
    def measured(self) -> Mapping[VersionName, Measured]:
        """The values of the metrics in each version."""
        return _Lazily(self.versions, self.arguments)


class _Lazily(dict[VersionName, Measured]):
    """The versions of a network, each measured when it is asked for."""

    def __init__(self, versions: Versions, arguments: Mapping[str, Any]) -> None:
        super().__init__()
        self._versions = versions
        self._arguments = arguments

    def __missing__(self, version: VersionName) -> Measured:
        network = self._versions.network(version)
        known = (measured for measured in self.values() if measured.network is network)  # nothing is replaced
        self[version] = next(known, None) or Measured(network, self._arguments)
        return self[version]


def analyze(network: Network) -> Analysis:
    """Cost a network in its versions; rows sum to totals. Raises TypeError for what is no network."""
    if not isinstance(network, Network):
        raise TypeError(f"analyze takes a Network, as costcalc.load returns it, not {type(network).__name__}")
    return Analysis(network)


def under(analysis: Analysis, convention: Convention) -> Analysis:
    """The same analysis, each cost with the operations and parameters of another convention as well."""
    return analysis.given(convention=convention)


def _shared_weights(network: Network, nodes: Sequence[Node], row: int) -> Iterator[str]:
    """A note for each other row whose weights these nodes use again: there the params are counted."""
    sources = {network.nodes[node.shares].row: None for node in nodes if node.shares is not None}
    return (
        f"its params are counted in {shown(network.rows[source].name)}" for source in sources if source != row
    )


def _theory(replacements: Sequence[Replacement], repeat: int) -> Fraction | None:
    """The theory of a row with one replaceable convolution (in each of its copies), else None."""
    theories = {replacement.theory for replacement in replacements}
    return theories.pop() if len(replacements) == repeat and len(theories) == 1 else None
