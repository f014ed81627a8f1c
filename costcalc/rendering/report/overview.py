"""Several networks side by side, a row each: the end of a report on more than one spec."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from costcalc.analysis.costs import METRICS, VERSIONS
from costcalc.rendering.escape import terminal
from costcalc.rendering.report.report import Report, View, metrics_of
from costcalc.rendering.report.words import inputs
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Column, Line, lay_out, table_width

_HEADER = (
    "spec",
    "input",
    "multiplies",
    "of first",
    "params",
    "of first",
    "standard",
    "separable",
    "reduction",
)
#: What a narrow terminal does without, in this order.
_DROPPED = ("separable", "standard", "input", "of first")


def overview(reports: Sequence[Report], view: View) -> Iterator[Line]:
    """The lines of the comparison."""
    header, rows = overview_cells(reports, cells.exact if view.exact else cells.si)
    texts = zip(*([terminal(cell) for cell in row] for row in rows), strict=True)
    columns = [Column(name, column, name == "spec") for name, column in zip(header, texts, strict=True)]
    columns = _fitted(columns, view.room)
    rewritten = ", ".join(column.header for column in columns if column.header in VERSIONS)
    of_multiplies = f"{rewritten} and reduction" if rewritten else "reduction"
    yield Line("title", "comparison")
    yield from lay_out(columns, width=view.room)
    yield Line("text", f"multiplies and params: as written; {of_multiplies}: of multiplies")


def _fitted(columns: list[Column], width: int | None) -> list[Column]:
    """The columns without those that a terminal has no room for."""
    for header in _DROPPED:
        if width is None or table_width(columns) <= width:
            break
        columns = [column for column in columns if column.header != header]
    return columns


def overview_cells(
    reports: Sequence[Report], number: Callable[[int | None], str]
) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The comparison's header and its rows, not escaped yet."""
    first = reports[0].analysis.written
    rows: list[Sequence[str]] = []
    for report in reports:
        analysis = report.analysis
        written, standard, separable = analysis.written, analysis.standard, analysis.separable
        rows.append(
            (
                report.path,
                inputs(analysis),
                number(written.multiplies),
                cells.percent(written.multiplies, first.multiplies),
                number(written.params),
                cells.percent(written.params, first.params),
                number(standard.multiplies),
                number(separable.multiplies),
                cells.reduction(standard.multiplies, separable.multiplies),
                *(number(getattr(written, metric)) for metric in metrics_of(analysis)[len(METRICS) :]),
            )
        )
    return (*_HEADER, *metrics_of(reports[0].analysis)[len(METRICS) :]), rows
