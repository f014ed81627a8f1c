"""The columns of a sweep: metrics that rows have, and what rows are compared by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from costcalc.application.limits import refuse_missing
from costcalc.errors import CostcalcError, did_you_mean
from costcalc.metrics import METRICS
from costcalc.quantity import listed, parse_decimal, shown
from costcalc.spec import NetworkSpec

if TYPE_CHECKING:
    from costcalc.search.sweep.selecting import Criterion
    from costcalc.search.sweep.space import SweepAxis


class Columns(NamedTuple):
    """The metrics that rows have: those that are sums of tables, and those that each variant is measured for."""

    tabled: Sequence[str]
    measured: Sequence[str]


def columns_of(asked: Sequence[str], compared: Sequence[str], limited: Collection[str]) -> Columns:
    """The metrics that are asked for, compared by or limited, beside those that each row has.

    Raises CostcalcError where one that is asked for is none.
    """
    from costcalc.search.sweep.compiling import SWEPT

    for name in asked:
        if name not in METRICS:
            guess = did_you_mean(name, METRICS) or f"; metrics: {listed(METRICS)}"
            raise CostcalcError(f"--metrics: no metric {shown(name)}{guess}")
    said = {*SWEPT, *asked, *limited, *(name.removeprefix("-") for name in compared)}
    metrics = [metric for metric in METRICS.values() if metric.name in said]
    return Columns(
        [metric.name for metric in metrics if metric.is_local],
        [metric.name for metric in metrics if not metric.is_local],
    )


def refuse_unmeasurable(columns: Columns, arguments: Mapping[str, Any]) -> None:
    """Raise CostcalcError where a metric needs an argument that nobody gives."""
    for name in columns.measured:
        refuse_missing(name, arguments, name)


class Criteria:
    """What rows can be compared by."""

    def __init__(
        self, spec: NetworkSpec, axes: Sequence[SweepAxis], metrics: Collection[str], scores: str | None
    ) -> None:
        self.spec = spec
        self.axes = axes
        self.metrics = metrics
        self.scores: dict[str, tuple[tuple[int, ...], dict[tuple[int, ...], float]]] = {}
        if scores is not None:
            from costcalc.application.scores import read_scores

            self.scores = read_scores(scores, axes)

    def named(self, said: str, flag: str) -> Criterion:
        """A column of a name, ``-`` before it where more is better. Raises CostcalcError."""
        import numpy as np

        from costcalc.search.sweep.selecting import Criterion

        name = said.removeprefix("-")
        more = name != said
        if name in self.metrics:
            return Criterion(name, more)
        places = {axis.name: place for place, axis in enumerate(self.axes)}
        if name in places:
            axis = self.axes[places[name]]
            values = [self._number(axis, value, flag) for value in axis.values]
            order = sorted(set(values))
            return Criterion(name, more, (places[name],), np.array([order.index(value) for value in values]))
        if name in self.scores:
            axes, known = self.scores[name]
            ranks = {score: rank for rank, score in enumerate(sorted(set(known.values())))}
            table = np.full([len(self.axes[axis].labels) for axis in axes], -1, dtype=np.int64)
            for indices, score in known.items():
                table[indices] = ranks[score]
            return Criterion(name, more, axes, table)
        columns = [*self.metrics, *places, *self.scores]
        guess = did_you_mean(name, columns) or f"; columns: {listed(columns)}"
        raise CostcalcError(f"{flag}: no column {shown(name)}{guess}")

    def _number(self, axis: SweepAxis, value: object, flag: str) -> Fraction:
        from costcalc.rewrite.resolution import Resolution, at_resolution

        if isinstance(value, Resolution):
            shapes = at_resolution(self.spec, value).input_shapes.values()
            return Fraction(sum(shape.positions for shape in shapes))
        if isinstance(value, Fraction):
            return value
        try:
            return parse_decimal(value)
        except ValueError:
            raise CostcalcError(
                f"{flag}: {shown(axis.name)} is not made of numbers: {shown(value)}"
            ) from None
