"""``costcalc memory``: what a network needs of memory, step by step."""

from __future__ import annotations

from typing import Annotated

import typer

from costcalc.cli.options import (
    Color,
    ColorChoice,
    Debug,
    DtypeName,
    Inputs,
    PlannerName,
    Resolution,
    Setting,
    SheetFormat,
    WidthMultiplier,
)
from costcalc.cli.output import emit, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import parse_dtype_name, parse_what_if
from costcalc.quantity import shown

_ORDERS = ("written", "best")


def command(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A spec file, zoo:NAME, a model, or -.")],
    dtype: DtypeName = None,
    planner: PlannerName = "live",
    order: Annotated[
        str,
        typer.Option(metavar="written|best", help="In the order written, or in that with the least peak."),
    ] = "written",
    patches: Annotated[
        str | None, typer.Option(metavar="4x4", help="Compute the first part in patches; with --until.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="LAYER", help="The layer, or the path, that ends the part in patches."),
    ] = None,
    unfolded: Annotated[
        bool, typer.Option("--unfolded", help="Count weights as trained, running statistics included.")
    ] = False,
    exact: Annotated[bool, typer.Option("--exact", help="Print every integer in full.")] = False,
    format: Annotated[SheetFormat, typer.Option("--format", "-f", help="How to print it.")] = "table",
    width_multiplier: WidthMultiplier = None,
    resolution: Resolution = None,
    set: Setting = None,
    input: Inputs = None,
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """Say what is alive in memory at each step of a network, the peak, the weights, and what would need less.

    A planner says which operation has which buffer: live (the default), tflm (TensorFlow Lite Micro), in_place
    (TinyEngine), or a YAML file of your own.
    """
    from costcalc.application.memory import find_memory
    from costcalc.rendering.formats import render
    from costcalc.rendering.memory import memory_sheet
    from costcalc.rendering.report.report import View

    if order not in _ORDERS:
        raise UsageError(f"--order must be written or best, not {shown(order)}")
    what_if = parse_what_if(width_multiplier, resolution, set)
    memory = find_memory(
        spec,
        dtype=parse_dtype_name(dtype),
        planner=planner,
        best=order == "best",
        patches=_grid(patches, until, order),
        until=until,
        unfolded=unfolded,
        width_multiplier=what_if.width_multiplier,
        resolution=what_if.resolution,
        settings=what_if.settings,
        inputs=input or (),
    )
    say_problems(memory.network.warnings)
    view = View(terminal_width(), wants_color(color), exact)
    emit(render("sheet", format, memory_sheet(memory, view), view))
    return 0


def _grid(patches: str | None, until: str | None, order: str) -> tuple[int, ...] | None:
    """The grid of patches, None where there are none; raises UsageError."""
    from costcalc.quantity import parse_grid

    if (patches is None) != (until is None):
        raise UsageError("--patches and --until go together: --patches 4x4 --until LAYER")
    if patches is None:
        return None
    if order == "best":
        raise UsageError("--order best and --patches do not go together: patches keep the order written")
    try:
        return parse_grid(patches)
    except ValueError as error:
        raise UsageError(f"--patches {error}") from None
