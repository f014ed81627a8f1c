"""What a sweep found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from costcalc.metrics import METRICS, Number
from costcalc.search.sweep.space import Rows, Space


@dataclass(frozen=True)
class Sweep:
    """The rows that were kept of a space, and how many variants there were, were within limits, and were invalid.

    ``measured`` are the metrics that rows have beside those of the space.
    """

    name: str
    space: Space
    rows: Rows | None
    variants: int
    within: int
    invalid: int
    has_limits: bool = False
    measured: Sequence[str] = ()
    sentences: Sequence[str] = ()

    @property
    def header(self) -> tuple[str, ...]:
        """The columns: axes, metrics, and what is wrong where something is."""
        return (*(axis.name for axis in self.space.axes), *self.metrics, *(["error"] if self.invalid else []))

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that a row has."""
        return tuple(name for name in METRICS if name in self.space.tables or name in self.measured)

    @property
    def kept(self) -> int:
        """How many variants there are to show, where nothing chooses among those within the limits."""
        return self.within if self.has_limits else self.variants

    def cells(self) -> Iterator[tuple[tuple[str, ...], tuple[Number | None, ...], str]]:
        """Of each row the values of the axes, those of the metrics (None of an invalid one), and what is wrong."""
        rows = self.rows
        if rows is None:
            return
        axes = [array.tolist() for array in rows.indices]
        values = [rows.values[name].tolist() for name in self.metrics]
        errors = [0] * len(rows) if rows.errors is None else rows.errors.tolist()
        for place, error in enumerate(errors):
            said = tuple(axis.labels[each[place]] for axis, each in zip(self.space.axes, axes, strict=True))
            numbers = tuple(None if error else each[place] for each in values)
            yield said, numbers, self.space.messages[error]
