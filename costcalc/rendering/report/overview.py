"""Several networks side by side, a row each: the end of a report on more than one spec."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costcalc.analysis.costs import METRICS, VERSIONS
from costcalc.metrics import BY_CONVENTION, in_columns, leading
from costcalc.rendering.escape import terminal
from costcalc.rendering.report.report import Report, View
from costcalc.rendering.report.totals import status_of
from costcalc.rendering.report.words import inputs
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Column, Line, lay_out, table_width

#: What a narrow terminal does without, in this order.
_DROPPED = ("separable", "standard", "input", "of first", "saves", "budget")


def overview(reports: Sequence[Report], view: View) -> Iterator[Line]:
    """The lines of the comparison."""
    header, rows = overview_cells(reports, view.exact)
    texts = zip(*([terminal(cell) for cell in row] for row in rows), strict=True)
    columns = [Column(name, column, name == "spec") for name, column in zip(header, texts, strict=True)]
    columns = _fitted(columns, view.room)
    rewritten = ", ".join(column.header for column in columns if column.header in VERSIONS)
    rewritten = f"{rewritten}, reduction" if rewritten else "reduction"
    saves = any(column.header == "saves" for column in columns)
    of_first = f"{rewritten} and saves" if saves else rewritten.replace(", reduction", " and reduction")
    ours = " and ".join(_ours(reports))
    yield Line("title", "comparison")
    yield from lay_out(columns, width=view.room)
    yield Line("text", f"{ours}: as written; {of_first}: of {leading()}")


def _fitted(columns: list[Column], width: int | None) -> list[Column]:
    """The columns without those that a terminal has no room for."""
    for header in _DROPPED:
        if width is None or table_width(columns) <= width:
            break
        columns = [column for column in columns if column.header != header]
    return columns


def overview_cells(reports: Sequence[Report], exact: bool) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The comparison's header and its rows, not escaped yet."""
    ours, first = _ours(reports), reports[0].analysis
    foreign = [metric for metric in first.metrics if metric in BY_CONVENTION]
    number = cells.printer(leading(), exact)
    has_budget = any(report.verdicts for report in reports)
    rows: list[Sequence[str]] = []
    for report in reports:
        analysis = report.analysis
        standard, separable = analysis.standard[leading()], analysis.separable[leading()]
        written: list[str] = []
        for metric in ours:
            value = analysis.written[metric]
            written += [cells.printer(metric, exact)(value), cells.percent(value, first.written[metric])]
        theirs = [cells.printer(metric, exact)(analysis.written[metric]) for metric in foreign]
        reduced = number(standard), number(separable), cells.reduction(standard, separable)
        saved = cells.saved(analysis.written[leading()], separable)
        judged = [status_of(report) or cells.NONE] if has_budget else []
        rows.append((report.path, inputs(analysis), *written, *reduced, saved, *theirs, *judged))
    of_ours = [name for metric in ours for name in (metric, "of first")]
    column = ("budget",) if has_budget else ()
    header = ("spec", "input", *of_ours, "standard", "separable", "reduction", "saves", *foreign, *column)
    return header, rows


def _ours(reports: Sequence[Report]) -> list[str]:
    return [metric for metric in in_columns(reports[0].analysis.metrics) if metric in METRICS]
