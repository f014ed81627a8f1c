"""The report for people: of each network the first screen, or all there is; several are compared at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costcalc.rendering.report.report import Report, View
from costcalc.rendering.text.layout import Line
from costcalc.rendering.text.plain import finish


def render_table(reports: Sequence[Report], view: View) -> str:
    """The reports one after the other; several are compared at the end. Of several a summary is the comparison."""
    lines: list[Line] = []
    is_alone = len(reports) == 1
    if is_alone or not view.summary:
        for report in reports:
            lines += [*_report(report, view), Line("text", "")]
    if is_alone:
        lines.pop()
    else:
        from costcalc.rendering.report.overview import overview

        lines += overview(reports, view)
        if view.summary:
            from costcalc.rendering.report.words import verdict_lines

            lines += [line for report in reports for line in verdict_lines(report, passed=False)]
    return finish(lines, view)


def _report(report: Report, view: View) -> Iterator[Line]:
    if view.by is not None:
        from costcalc.rendering.report.breakdown import breakdown_report

        return breakdown_report(report, view)
    if view.full:
        from costcalc.rendering.report.full import full_lines

        return full_lines(report, view)
    from costcalc.rendering.report.screen import screen_lines

    return screen_lines(report, view)
