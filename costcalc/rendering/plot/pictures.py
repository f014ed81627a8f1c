"""The pictures by their names."""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.errors import CostcalcError
from costcalc.rendering.plot.drawing import Chart, draw
from costcalc.rendering.report.report import Report


def picture(what: str, reports: Sequence[Report], format: str, width: int) -> bytes:
    """A picture of networks as a file of a format; raises CostcalcError where it cannot be drawn."""
    return draw(chart_of(what, reports, width), format)


def chart_of(what: str, reports: Sequence[Report], width: int) -> Chart:
    """The description of a picture; raises CostcalcError where a network has none of that kind."""
    report = reports[0]
    if what == "cost":
        from costcalc.rendering.plot.cost import cost_chart

        return cost_chart(report.analysis, width)
    if what == "memory":
        from costcalc.rendering.html.network import plan_of
        from costcalc.rendering.plot.memory import memory_chart

        return memory_chart(plan_of(report.analysis), width)
    if what == "architecture":
        from costcalc.rendering.plot.architecture import architecture_chart

        return architecture_chart(report.analysis.network, width)
    if what == "front":
        from costcalc.rendering.plot.front import front_chart

        return front_chart([(each.title, each.analysis.written) for each in reports], width)
    if "device" not in report.analysis.arguments:
        raise CostcalcError("of which device? say --device NAME; costcalc devices lists them")
    from costcalc.rendering.html.network import times_of
    from costcalc.rendering.plot.roofline import roofline_chart

    return roofline_chart(times_of(report), width)
