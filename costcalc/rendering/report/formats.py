"""The formats of a report, each in a module of its own that is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from costcalc.rendering.report.report import Report, View


class Format(StrEnum):
    """What a report can be written as."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    openmetrics = "openmetrics"


def render(format: Format, reports: Sequence[Report], view: View) -> str:
    """The reports in a format."""
    match format:
        case Format.table:
            from costcalc.rendering.report.table import render_table

            return render_table(reports, view)
        case Format.json:
            from costcalc.rendering.report.json import render_json

            return render_json(reports, view)
        case Format.csv:
            from costcalc.rendering.report.csv import render_csv

            return render_csv(reports, view)
        case Format.markdown:
            from costcalc.rendering.report.markdown import render_markdown

            return render_markdown(reports, view)
        case Format.openmetrics:
            from costcalc.budget import Outcome, SpecOutcome
            from costcalc.rendering.report.openmetrics import render_openmetrics

            specs = (
                SpecOutcome(report.path, report.analysis, verdicts=report.verdicts) for report in reports
            )
            return render_openmetrics(Outcome(tuple(specs)))
        case _:
            assert_never(format)
