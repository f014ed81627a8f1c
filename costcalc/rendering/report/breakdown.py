"""The breakdown of a network's cost, by kind or by block, for each format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from costcalc.analysis.breakdown import By, Group, breakdown
from costcalc.analysis.costs import Analysis
from costcalc.metrics import Number, in_columns, leading, plain_number
from costcalc.quantity import format_percent
from costcalc.rendering.escape import csv_cell, terminal
from costcalc.rendering.report.report import Report, View
from costcalc.rendering.report.words import counting, heading, verdict_lines
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Column, Line, Role, lay_out, table_width

#: The metric that weights are a part of.
_OF_WEIGHTS = "params"
MEANING = "weights: params without biases and norms"


def breakdown_report(report: Report, view: View) -> Iterator[Line]:
    """A report that gathers the layers: which network, the table, what is counted, the verdicts."""
    assert view.by is not None
    yield from heading(report)
    yield Line("text", "")
    yield from breakdown_lines(report, view.by, view.exact, view.room)
    yield from counting(report.analysis)
    yield from verdict_lines(report)


def breakdown_lines(report: Report, by: By, exact: bool, width: int | None) -> Iterator[Line]:
    """The table of a breakdown, and what costs nothing in a line."""
    header, rows, free = breakdown_cells(report.analysis, by, exact)
    roles: list[Role] = ["row"] * (len(rows) - 1)
    texts = zip(*rows, strict=True)
    columns = [Column(name, column, name == by) for name, column in zip(header, texts, strict=True)]
    columns = _fitted(columns, width, report.analysis.metrics)
    yield Line("title", f"by {by}")
    yield from lay_out(columns, [*roles, "total"], width=width)
    yield Line("text", "")
    if free:
        yield Line("text", f"without cost: {free}")
    if any(column.header == "weights" for column in columns):
        yield Line("text", MEANING)


def _fitted(columns: list[Column], width: int | None, metrics: Sequence[str]) -> list[Column]:
    """The columns without those metrics, each beside its share, that a terminal has no room for."""
    for metric in ("weights", *(name for name in reversed(metrics) if name != leading())):
        if width is None or table_width(columns) <= width:
            break
        if all(column.header != metric for column in columns):
            continue
        place = [column.header for column in columns].index(metric)
        columns = columns[:place] + columns[place + 2 :]
    return columns


def breakdown_cells(
    analysis: Analysis, by: By, exact: bool
) -> tuple[Sequence[str], list[Sequence[str]], str]:
    """The header, the rows with the total last, and the groups without cost in words; escaped for a terminal."""
    metrics = in_columns(analysis.metrics)
    groups = breakdown(analysis, by)
    shown = [group for group in groups if any(_value(group, metric) for metric in metrics)]
    free = ", ".join(f"{terminal(group.name)} ({group.number})" for group in groups if group not in shown)
    total = Group("total", sum(group.number for group in groups), analysis.written)
    place = metrics.index(_OF_WEIGHTS) + 1
    columns = [*metrics[:place], "weights", *metrics[place:]]
    header = [by, "count", *(name for column in columns for name in (column, "share"))]
    rows = [
        [
            terminal(group.name),
            str(group.number),
            *(text for column in columns for text in _counted(group, total, column, exact)),
        ]
        for group in (*shown, total)
    ]
    return header, [*rows], free


def breakdown_object(analysis: Analysis, by: By) -> dict[str, Any]:
    """The breakdown as plain data, whatever costs nothing included."""
    metrics = (*analysis.metrics, "weights")
    groups = [
        {
            "name": group.name,
            "count": group.number,
            **{metric: plain_number(_value(group, metric)) for metric in metrics},
        }
        for group in breakdown(analysis, by)
    ]
    return {"by": by, "groups": groups}


def breakdown_columns(analysis: Analysis, by: By) -> tuple[str, ...]:
    """The header of the breakdown as CSV, after those of the spec."""
    return by, "count", *analysis.metrics, "weights"


def breakdown_records(analysis: Analysis, by: By) -> Iterator[tuple[object, ...]]:
    """The rows of the breakdown as CSV, exact."""
    for group in breakdown(analysis, by):
        values = [plain_number(_value(group, metric)) for metric in (*analysis.metrics, "weights")]
        yield csv_cell(group.name), group.number, *values


def _counted(group: Group, total: Group, metric: str, exact: bool) -> tuple[str, str]:
    value, whole = _value(group, metric), _value(total, metric)
    number = cells.printer(_OF_WEIGHTS if metric == "weights" else metric, exact)
    return number(value), format_percent(Fraction(value) / whole, 2) if whole else cells.NONE


def _value(group: Group, metric: str) -> Number:
    value: Number = group.weights if metric == "weights" else group.cost[metric]
    return value
