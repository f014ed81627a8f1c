"""The totals: what each metric comes to in each version, what is to be gained, and what the budget says to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from costcalc.analysis.costs import METRICS, VERSIONS
from costcalc.rendering.report.report import Report, View, worst
from costcalc.rendering.report.summary import TOLD
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Column, Line, Role, lay_out, table_width

if TYPE_CHECKING:
    from costcalc.budget import Verdict

#: What the columns mean.
MEANING = "reduction: standard ÷ separable; saves: 1 − separable ÷ written"

_LEFT = frozenset(("",))
#: What only budgets fill.
_OF_BUDGET = 6
#: What a narrow terminal does without, in this order.
_DROPPED = ("standard", "separable", "used", "saves", "reduction")
_WORDS = {"pass": "ok", "warning": "near", "fail": "OVER"}


def totals_lines(report: Report, view: View) -> Iterator[Line]:
    """The table of totals, a row for each metric; what the device needs has one where it is limited."""
    analysis = report.analysis
    limits = limits_of(report)
    roles: list[Role] = []
    rows: list[list[str]] = []
    names = dict.fromkeys((*analysis.metrics, *limits))
    for metric in (name for name in names if name not in TOLD or name in limits):
        number = cells.printer(metric, view.exact)
        verdict = limits.get(metric)
        there = analysis.given(**verdict.rule.given) if verdict is not None else analysis
        written, standard, separable = (there.total(version)[metric] for version in VERSIONS)
        ours = metric in METRICS
        row = [metric, number(written), number(standard), number(separable)]
        row += [cells.reduction(standard, separable) if ours else cells.NONE]
        row += [cells.saved(written, separable) if ours else cells.NONE]
        rows.append([*row, *_against(verdict, view.exact)])
        roles.append("row" if verdict is None or verdict.status == "pass" else verdict.status)
    header = ("", *VERSIONS, "reduction", "saves", "budget", "used", "")
    texts = [[*column] for column in zip(*rows, strict=True)]
    columns = [Column(name, column, name in _LEFT) for name, column in zip(header, texts, strict=True)]
    has_limits = any(columns[_OF_BUDGET].cells)
    shown = columns if has_limits else columns[:_OF_BUDGET]
    yield from lay_out(_fitted(shown, view.room), roles, ruled=False)


def limits_of(report: Report) -> dict[str, Verdict]:
    """The verdict on the limit of each metric's total, by the metric."""
    return {verdict.rule.metric: verdict for verdict in report.verdicts if verdict.rule.kind == "total"}


def status_of(report: Report) -> str:
    """The worst verdict in a word; nothing where there is none."""
    return _WORDS.get(worst(verdict.status for verdict in report.verdicts), "")


def _against(verdict: Verdict | None, exact: bool) -> list[str]:
    """The limit, what of it is used, and the verdict in a word."""
    if verdict is None or verdict.limit is None or verdict.value is None:
        return ["", "", ""]
    limit = cells.printer(verdict.rule.metric, exact)(verdict.limit)
    return [limit, cells.percent(verdict.value, verdict.limit), _WORDS[verdict.status]]


def _fitted(columns: list[Column], width: int | None) -> list[Column]:
    """The columns that a terminal has room for."""
    for header in _DROPPED:
        if width is None or table_width(columns) <= width:
            break
        columns = [column for column in columns if column.header != header]
    return columns
