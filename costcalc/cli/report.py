"""``costcalc report``: one HTML page about networks."""

from __future__ import annotations

from typing import Annotated

import typer

from costcalc.cli.options import (
    Debug,
    DeviceName,
    DtypeName,
    Inputs,
    PlannerName,
    Resolution,
    Setting,
    Specs,
    WidthMultiplier,
)
from costcalc.cli.output import say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import refuse_replacing, write
from costcalc.cli.what_if import parse_dtype_name, parse_what_if


def command(
    specs: Specs,
    output: Annotated[str, typer.Option("--output", "-o", metavar="PATH", help="The file to write, or -.")],
    device: DeviceName = None,
    dtype: DtypeName = None,
    planner: PlannerName = "live",
    width_multiplier: WidthMultiplier = None,
    resolution: Resolution = None,
    set: Setting = None,
    input: Inputs = None,
    debug: Debug = False,
) -> int:
    """Write one HTML page about networks: pictures, tables and formulas; it works offline and by mail.

    With a device it has the roofline, too; several specs are compared side by side.
    """
    from costcalc.application.arguments import metric_arguments
    from costcalc.application.report import find_report
    from costcalc.rendering.formats import render
    from costcalc.rendering.report.report import View

    if specs.count("-") > 1:
        raise UsageError("standard input can be read once: - stands twice")
    refuse_replacing([output], specs)
    what_if = parse_what_if(width_multiplier, resolution, set)
    arguments = metric_arguments(device, planner, parse_dtype_name(dtype))
    reports = [
        find_report(
            spec,
            arguments,
            width_multiplier=what_if.width_multiplier,
            resolution=what_if.resolution,
            inputs=input or (),
            settings=what_if.settings,
        )
        for spec in specs
    ]
    for report in reports:
        say_problems(report.analysis.warnings)
    write(output, render("report", "html", reports, View()))
    return 0
