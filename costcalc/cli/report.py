"""``costcalc report``: one HTML page about networks."""

from __future__ import annotations

from enum import StrEnum
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
from costcalc.cli.reports import STDOUT, Target, refuse_file, refuse_replacing, write, write_folder
from costcalc.cli.what_if import parse_dtype_name, parse_what_if


class Pages(StrEnum):
    """What to write."""

    html = "html"
    nodes = "model-explorer"


def command(
    specs: Specs,
    output: Annotated[str, typer.Option("--output", "-o", metavar="PATH", help="The file to write, or -.")],
    format: Annotated[
        Pages,
        typer.Option("--format", "-f", help="model-explorer: node data, a file a metric, into a folder."),
    ] = Pages.html,
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

    With a device it has the roofline, too; several specs are compared side by side. As model-explorer it is instead
    what each node costs, to lay over the graph of a model in Google's Model Explorer.
    """
    from costcalc.application.arguments import metric_arguments
    from costcalc.application.report import find_report, of_nodes
    from costcalc.rendering.formats import render, render_files
    from costcalc.rendering.report.report import View

    if specs.count("-") > 1:
        raise UsageError("standard input can be read once: - stands twice")
    refuse_replacing([output], specs)
    target = Target(format.value, output)
    refuse_file(target, "report")
    what_if = parse_what_if(width_multiplier, resolution, set)
    arguments = metric_arguments(device, planner, parse_dtype_name(dtype))
    loading = {
        "width_multiplier": what_if.width_multiplier,
        "resolution": what_if.resolution,
        "inputs": input or (),
        "settings": what_if.settings,
    }
    reports = [find_report(spec, arguments, **loading) for spec in specs]
    for report in reports:
        say_problems(report.analysis.warnings)
    if format is Pages.nodes:
        reports = [of_nodes(report, **loading) for report in reports]
    if format is Pages.html or output == STDOUT:
        write(output, render("report", format.value, reports, View()))
    else:
        write_folder(output, render_files("report", format.value, reports, View()))
    return 0
