"""Cost: the metrics of a network, a layer or a primitive, each worked out when it is asked for."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from costcalc.metrics import BY_CONVENTION, METRICS, Number, available, metric_named
from costcalc.network import Node
from costcalc.shape import Shape
from costcalc.tally import Tally


class Cost:
    """The exact value of each metric, by name: ``cost["params"]``, or in short ``cost.params``.

    ``nodes`` are the primitives that it is the cost of. Costs are equal where the facts of these are, one by one.
    """

    __slots__ = ("_find", "nodes")

    def __init__(self, find: Callable[[str], Number], nodes: Sequence[Node]) -> None:
        self._find = find
        self.nodes = nodes

    def __getitem__(self, metric: str) -> Any:
        """The value of a metric. Raises KeyError for an unknown one, CostcalcError where an argument is missing."""
        return self._find(metric)

    def __getattr__(self, name: str) -> Any:
        if name in METRICS or name in BY_CONVENTION:
            return self._find(name)
        raise AttributeError(f"a cost has no {name!r}")

    def __repr__(self) -> str:
        return f"Cost(multiplies={self.multiplies:,}, params={self.params:,})"

    def __getstate__(self) -> tuple[Any, ...]:
        return self._find, self.nodes

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._find, self.nodes = state

    def to_dict(self) -> dict[str, Number]:
        """The metrics that need nothing further, by name, exactly."""
        return {name: self[name] for name in available({})}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cost) and self._tallies() == other._tallies()

    def __hash__(self) -> int:
        return hash(self._tallies())

    def _tallies(self) -> tuple[Tally, ...]:
        return tuple(node.tally for node in self.nodes)

    @property
    def tally(self) -> Tally:
        """All facts together."""
        return Tally.total(node.tally for node in self.nodes)


class NodeCost(NamedTuple):
    """One primitive of one version of a row."""

    path: str
    type: str
    output: Shape
    cost: Cost


def add_up(costs: Sequence[Cost]) -> Cost:
    """What several parts of one version cost together: each metric aggregated as its row of the table says."""
    return Cost(partial(_together, costs), [node for cost in costs for node in cost.nodes])


def _together(costs: Sequence[Cost], name: str) -> Number:
    return metric_named(name).aggregate([cost[name] for cost in costs])


def reduction(standard_cost: Number, other: Number) -> Fraction | None:
    """standard ÷ other, exactly; None where that means nothing."""
    return Fraction(standard_cost, other) if standard_cost and other else None
