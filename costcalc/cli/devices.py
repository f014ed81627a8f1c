"""``costcalc devices``: what is known of devices, and how that follows what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from costcalc.cli.options import Color, ColorChoice, Debug, DtypeName, SheetFormat
from costcalc.cli.output import emit
from costcalc.cli.parser import UsageError
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import parse_dtype_name

if TYPE_CHECKING:
    from costcalc.rendering.sheet import Sheet


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME|FILE.yaml", help="Print this device, with its sources.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.csv",
            help="Hold it against measurements: columns network, resolution, batch, images_per_second.",
        ),
    ] = None,
    dtype: DtypeName = None,
    format: Annotated[SheetFormat, typer.Option("--format", "-f", help="How to print it.")] = "table",
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """List the devices that come with costcalc; print one with its sources, or hold it against measurements.

    A device of your own is a YAML file: name, source, multiplies_per_second by dtype, bytes_per_second (one number, or
    maps and weights), on_chip and streaming; or clock and multiplies_per_cycle as measured.
    """
    from costcalc.rendering.formats import render
    from costcalc.rendering.report.report import View

    view = View(terminal_width(), wants_color(color))
    if against is not None and name is None:
        raise UsageError(
            "which device is to be held against measurements? costcalc devices NAME --against FILE.csv"
        )
    if dtype is not None and against is None:
        raise UsageError("--dtype is for --against")
    emit(render("sheet", format, _sheet(name, against, dtype), view))
    return 0


def _sheet(name: str | None, against: str | None, dtype: str | None) -> Sheet:
    from costcalc.devices import DEVICES
    from costcalc.rendering.devices import against_sheet, device_sheet, devices_sheet
    from costcalc.spec.named import find_device

    if name is None:
        return devices_sheet([*map(find_device, DEVICES)])
    device = find_device(name)
    if against is None:
        return device_sheet(device)
    from costcalc.analysis.time.against import fits
    from costcalc.application.against import measurements

    measured = measurements(against, device, parse_dtype_name(dtype))
    return against_sheet(device, measured, fits(measured))
