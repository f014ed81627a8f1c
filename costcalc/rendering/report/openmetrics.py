"""A report as OpenMetrics: that of a check which found what the report says."""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.budget import Outcome, SpecOutcome
from costcalc.rendering.check.openmetrics import render_check_openmetrics
from costcalc.rendering.report.report import Report, View


def render_openmetrics(reports: Sequence[Report], view: View) -> str:
    """The reports as OpenMetrics."""
    specs = (SpecOutcome(report.path, report.analysis, verdicts=report.verdicts) for report in reports)
    return render_check_openmetrics(Outcome(tuple(specs)), view)
