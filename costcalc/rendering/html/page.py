"""The page about networks: each by itself, and several compared side by side first."""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.analysis.costs import VERSIONS
from costcalc.metrics import metric_named
from costcalc.rendering.html.network import section
from costcalc.rendering.html.parts import Cell, PageTable, number
from costcalc.rendering.html.template import fill
from costcalc.rendering.report.report import Report, View


def render_html(reports: Sequence[Report], view: View) -> str:
    """The page. Raises CostcalcError where the extra is not installed."""
    title = reports[0].title if len(reports) == 1 else f"{len(reports)} networks"
    sections = [section(report, f"n{place}") for place, report in enumerate(reports)]
    tables = [side_by_side(reports)] if len(reports) > 1 else []
    return fill(title, tables=tables, figures=[], sentences=[], sections=sections)


def side_by_side(reports: Sequence[Report]) -> PageTable:
    """The totals of several networks, a row each."""
    metrics = [
        metric
        for metric in reports[0].analysis.metrics
        if all(metric in report.analysis.metrics for report in reports)
    ]
    columns = [
        (metric, version)
        for metric in metrics
        for version in VERSIONS
        if version == "written" or metric_named(metric).has_columns
    ]
    header = ["network", *(f"{metric}, {version}" for metric, version in columns)]
    rows = [
        [
            Cell(report.title, link=f"#n{place}"),
            *(number(metric, report.analysis.total(version)[metric]) for metric, version in columns),
        ]
        for place, report in enumerate(reports)
    ]
    return PageTable("Side by side", header, rows, ("network",), sortable=True, id="side-by-side")
