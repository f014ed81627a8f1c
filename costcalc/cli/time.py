"""``costcalc time``: how long a network takes on a device."""

from __future__ import annotations

from typing import Annotated

import typer

from costcalc.cli.options import (
    Color,
    ColorChoice,
    Debug,
    DeviceName,
    DtypeName,
    Inputs,
    Resolution,
    Setting,
    SheetFormat,
    WidthMultiplier,
)
from costcalc.cli.output import emit, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import parse_dtype_name, parse_what_if
from costcalc.quantity import MAX_SIZE


def command(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A spec file, zoo:NAME, a model, or -.")],
    device: DeviceName = None,
    dtype: DtypeName = None,
    batch: Annotated[int, typer.Option(metavar="N", help="So many examples at a time.")] = 1,
    exact: Annotated[bool, typer.Option("--exact", help="Print numbers in full.")] = False,
    format: Annotated[SheetFormat, typer.Option("--format", "-f", help="How to print it.")] = "table",
    width_multiplier: WidthMultiplier = None,
    resolution: Resolution = None,
    set: Setting = None,
    input: Inputs = None,
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """Say how long a network takes on a device, layer by layer: at least, and operation by operation.

    Neither is a prediction: the first is a bound that direct algorithms cannot beat, the second an estimate. Without a
    dtype it takes the only one that the device has a rate for.
    """
    from costcalc.application.time import find_time
    from costcalc.rendering.formats import render
    from costcalc.rendering.report.report import View
    from costcalc.rendering.time import time_sheet

    if not 1 <= batch <= MAX_SIZE:
        raise UsageError(f"--batch must be between 1 and {MAX_SIZE}, not {batch}")
    what_if = parse_what_if(width_multiplier, resolution, set)
    times = find_time(
        spec,
        device=device,
        dtype=parse_dtype_name(dtype),
        batch=batch,
        width_multiplier=what_if.width_multiplier,
        resolution=what_if.resolution,
        settings=what_if.settings,
        inputs=input or (),
    )
    say_problems(times.analysis.warnings)
    view = View(terminal_width(), wants_color(color), exact)
    emit(render("sheet", format, time_sheet(times, view), view))
    return 0
