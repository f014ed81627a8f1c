"""The metrics that depend on a network as a whole, such as its peak memory: each variant is resolved and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from costcalc.analysis.measures import Measured
from costcalc.errors import CostcalcError
from costcalc.metrics import METRICS, Number
from costcalc.search.sweep.space import Rows, SweepAxis
from costcalc.search.sweep.variants import variant
from costcalc.spec import NetworkSpec

#: So many variants at most are measured one by one.
MAX_MEASURED = 100_000


@dataclass(frozen=True)
class Measuring:
    """Which metrics of a spec's variants are measured, with their arguments."""

    spec: NetworkSpec
    axes: Sequence[SweepAxis]
    metrics: Sequence[str]
    arguments: Mapping[str, Any]

    def added(self, rows: Rows) -> Rows:
        """The rows with the metrics, 0 where a row is invalid. Raises CostcalcError where one cannot be measured."""
        indices = [array.tolist() for array in rows.indices]
        errors = [0] * len(rows) if rows.errors is None else rows.errors.tolist()
        columns: list[Sequence[Number]] = []
        for place, error in enumerate(errors):
            taken = [each[place] for each in indices]
            columns.append([0] * len(self.metrics) if error else self._measured(taken))
        values = dict(rows.values)
        for number, name in enumerate(self.metrics):
            values[name] = np.empty(len(rows), dtype=object)
            values[name][:] = [each[number] for each in columns]
        in_order = {name: values[name] for name in METRICS if name in values}
        return Rows(rows.indices, in_order, rows.errors)

    def _measured(self, taken: Sequence[int]) -> list[Number]:
        settings, what_if = {}, {"width_multiplier": None, "resolution": None}
        for axis, index in zip(self.axes, taken, strict=True):
            if axis.name in what_if:
                what_if[axis.name] = axis.values[index]
            else:
                settings[axis.name] = axis.labels[index]
        try:
            measured = Measured(
                variant(self.spec, settings, what_if["width_multiplier"], what_if["resolution"]),
                self.arguments,
            )
            return [measured.whole(name) for name in self.metrics]
        except CostcalcError as error:
            labels = (
                f"{axis.name}={axis.labels[index]}" for axis, index in zip(self.axes, taken, strict=True)
            )
            raise CostcalcError(f"{', '.join(labels)}: {error}") from None
