"""``costcalc plot``: one picture of a network."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from costcalc.cli.options import (
    Debug,
    DeviceName,
    DtypeName,
    Inputs,
    PlannerName,
    Resolution,
    Setting,
    WidthMultiplier,
)
from costcalc.cli.output import say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import STDOUT, refuse_replacing, write, write_bytes
from costcalc.cli.what_if import parse_dtype_name, parse_what_if
from costcalc.quantity import listed, shown
from costcalc.rendering.formats import PICTURE_NAMES

_WIDTHS = (200, 4000)


if TYPE_CHECKING:
    What: TypeAlias = str
else:
    What = StrEnum("What", {name: name for name in PICTURE_NAMES})


def command(
    specs: Annotated[
        list[str],
        typer.Argument(metavar="SPEC", help="A spec file, zoo:NAME, a model, or -; of front, several."),
    ],
    what: Annotated[What, typer.Option("--what", help="What to draw.")],
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="PATH", help="The file: .svg, .png or .pdf; or - for SVG."),
    ],
    width: Annotated[
        int | None,
        typer.Option(metavar="PIXELS", help="How wide, at 96 an inch.  [default: a paper's column]"),
    ] = None,
    device: DeviceName = None,
    dtype: DtypeName = None,
    planner: PlannerName = "live",
    width_multiplier: WidthMultiplier = None,
    resolution: Resolution = None,
    set: Setting = None,
    input: Inputs = None,
    debug: Debug = False,
) -> int:
    """Draw one picture of a network for a paper or a README: its cost, memory, roofline or architecture.

    front draws several networks, and those that no other beats. Black on white, readable in grey.
    """
    from costcalc.application.arguments import metric_arguments
    from costcalc.application.report import find_report
    from costcalc.rendering.plot.look import COLUMN
    from costcalc.rendering.plot.pictures import picture

    if what != "front" and len(specs) > 1:
        raise UsageError(f"--what {what} draws one network: name one spec")
    if width is not None and not _WIDTHS[0] <= width <= _WIDTHS[1]:
        raise UsageError(f"--width must be between {_WIDTHS[0]} and {_WIDTHS[1]}, not {width}")
    format = _format(output)
    refuse_replacing([output], specs)
    what_if = parse_what_if(width_multiplier, resolution, set)
    arguments = metric_arguments(device, planner, parse_dtype_name(dtype))
    loading = {**what_if._asdict(), "inputs": input or ()}
    reports = [find_report(spec, arguments, **loading) for spec in specs]
    for report in reports:
        say_problems(report.analysis.warnings)
    drawn = picture(str(what), reports, format, width or COLUMN)
    if output == STDOUT:
        write(output, drawn.decode())
    else:
        write_bytes(output, drawn)
    return 0


def _format(path: str) -> str:
    """What a file is to be, by its name; raises UsageError."""
    from costcalc.rendering.plot.drawing import PICTURES

    if path == STDOUT:
        return PICTURES[0]
    suffix = path.rpartition(".")[2].lower()
    if suffix not in PICTURES:
        raise UsageError(
            f"-o {shown(path)}: a picture is a file of {listed(f'.{each}' for each in PICTURES)}"
        )
    return suffix
