"""A sweep as a sheet: a row a variant, the axes first, then the metrics."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from costcalc.metrics import metric_named, plain_number
from costcalc.rendering.report.report import View
from costcalc.rendering.results import Result
from costcalc.rendering.sheet import Sheet
from costcalc.rendering.text.cells import NONE
from costcalc.search.sweep.answer import Sweep

#: So many rows at most are printed for people.
SHOWN = 1000


def sweep_sheet(sweep: Sweep, format: str, view: View) -> Sheet:
    """What a format needs of a sweep."""
    sentences = [*sentences_of(sweep)]
    if format == "csv":
        return Sheet((), {}, sweep.header, [*_rows(sweep, exact=None)])
    if format == "json":
        return Sheet((), _data(sweep), (), ())
    rows = [*islice(_rows(sweep, view.exact), SHOWN)]
    more = (0 if sweep.rows is None else len(sweep.rows)) - len(rows)
    if more > 0 or (sweep.rows is not None and len(rows) == SHOWN < sweep.kept):
        sentences.append(
            f"the first {len(rows):,} rows; -f csv, -f json and -o parquet=PATH have all of them"
        )
    left = {axis.name for axis in sweep.space.axes} | {"error"}
    title = f"{sweep.name}: {sweep.variants:,} variant{'' if sweep.variants == 1 else 's'}"
    return Sheet([Result(title, sweep.header, rows, left)], {}, (), (), sentences)


def _rows(sweep: Sweep, exact: bool | None) -> Iterator[tuple[str, ...]]:
    """The rows as text: numbers for people, or (``exact`` is None) for machines."""
    metrics = [metric_named(name) for name in sweep.metrics]
    for labels, values, error in sweep.cells():
        if exact is None:
            cells = ["" if value is None else str(plain_number(value)) for value in values]
        else:
            pairs = zip(metrics, values, strict=True)
            cells = [NONE if value is None else metric.text(value, exact) for metric, value in pairs]
        yield (*labels, *cells, *([error] if sweep.invalid else []))


def _data(sweep: Sweep) -> dict[str, Any]:
    axes = {axis.name: dict(zip(axis.labels, axis.values, strict=True)) for axis in sweep.space.axes}
    rows = [
        {
            **{name: _plain(axes[name][label], label) for name, label in zip(axes, labels, strict=True)},
            **dict(zip(sweep.metrics, map(plain_number, values), strict=True)),
            **({"error": error or None} if sweep.invalid else {}),
        }
        for labels, values, error in sweep.cells()
    ]
    counts = {"variants": sweep.variants, "within": sweep.within, "invalid": sweep.invalid}
    return {"network": {"name": sweep.name}, **counts, "rows": rows}


def _plain(value: object, label: str) -> object:
    """A value of an axis for machines: an int, true or false as such, anything else as it is asked for."""
    return value if isinstance(value, int) else label


def sentences_of(sweep: Sweep) -> Iterator[str]:
    """What there is to say of a sweep beside its rows."""
    if sweep.has_limits:
        yield f"{sweep.within:,} of {sweep.variants:,} are within the budget"
    yield from sweep.sentences
