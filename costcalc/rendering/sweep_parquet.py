"""A sweep as a Parquet file: a row a variant, written a part at a time; the values of axes are a dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costcalc.errors import CostcalcError
from costcalc.metrics import METRICS, Metric
from costcalc.search.sweep.space import Rows, Space


class ParquetFile:
    """A file that rows are written to, part by part. Raises CostcalcError where pyarrow is not installed."""

    def __init__(self, path: str) -> None:
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            raise CostcalcError(
                "Parquet needs pyarrow, which is not installed: pip install 'costcalc[sweep]'"
            ) from None
        self.path = path
        self._writer: Any = None

    def write(self, space: Space, rows: Rows) -> None:
        """Write further rows of one space."""
        import pyarrow as arrow
        from pyarrow import parquet

        columns: dict[str, Any] = {}
        for axis, indices in zip(space.axes, rows.indices, strict=True):
            columns[axis.name] = arrow.DictionaryArray.from_arrays(indices, arrow.array(axis.labels))
        valid = None if rows.errors is None else rows.errors == 0
        for name, values in rows.values.items():
            columns[name] = _numbers(METRICS[name], values, valid, name in space.tables)
        if space.faults:
            indices = arrow.array(rows.errors, mask=valid)
            columns["error"] = arrow.DictionaryArray.from_arrays(indices, arrow.array(space.messages))
        table = arrow.table(columns)
        if self._writer is None:
            names = [axis.name for axis in space.axes]
            self._writer = parquet.ParquetWriter(
                self.path, table.schema, use_dictionary=names, compression="lz4", write_statistics=False
            )
        self._writer.write_table(table, row_group_size=max(1, len(rows)))

    def close(self, space: Space, metrics: Sequence[str]) -> None:
        """End the file, an empty one where no row was written."""
        if self._writer is None:
            import numpy as np

            none = np.zeros(0, dtype=np.int32)
            values = {name: np.zeros(0, dtype=np.int64) for name in metrics}
            self.write(space, Rows([none] * len(space.axes), values, none if space.faults else None))
        self._writer.close()


def _numbers(metric: Metric, values: Any, valid: Any, is_tabled: bool) -> Any:
    """Ints of 64 bits, decimals where sums can be larger, or doubles of seconds; null where a variant is invalid."""
    import pyarrow as arrow

    mask = None if valid is None else ~valid
    if not metric.unit.is_whole:
        return arrow.array(values.astype("float64"), mask=mask)
    if not is_tabled:
        try:
            return arrow.array(values.astype("int64"), mask=mask)
        except OverflowError:
            said = f"{metric.name} of a variant is past 64 bits: -f csv and -f json have it in full"
            raise CostcalcError(said) from None
    if values.dtype == object:
        from decimal import Decimal

        return arrow.array([Decimal(int(value)) for value in values], arrow.decimal256(76), mask=mask)
    return arrow.array(values, mask=mask)
