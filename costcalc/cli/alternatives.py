"""``costcalc alternatives``: a convolution in every form that the field has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from costcalc.cli.options import (
    Color,
    ColorChoice,
    Debug,
    DeviceName,
    DtypeName,
    Inputs,
    Resolution,
    ResultsFormat,
    Setting,
    WidthMultiplier,
)
from costcalc.cli.output import emit, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import parse_dtype_name, parse_what_if

if TYPE_CHECKING:
    from costcalc.search.alternatives.costing import Given


def command(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A spec file, zoo:NAME, a model, or -.")],
    layer: Annotated[
        str | None,
        typer.Argument(metavar="LAYER", help="A layer, or a path into one; else the whole network."),
    ] = None,
    numbers: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="FORM:N",
            help="Other numbers for a form: bottleneck:64, tucker2:32,48; repeatable.",
        ),
    ] = None,
    device: DeviceName = None,
    dtype: DtypeName = None,
    formulas: Annotated[
        bool, typer.Option("--formulas", help="Print the formulas and sources, too.")
    ] = False,
    exact: Annotated[bool, typer.Option("--exact", help="Print every integer in full.")] = False,
    format: Annotated[ResultsFormat, typer.Option("--format", "-f", help="How to print it.")] = "table",
    width_multiplier: WidthMultiplier = None,
    resolution: Resolution = None,
    set: Setting = None,
    input: Inputs = None,
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """Cost one convolution, or all of a network's, in every form: grouped, separable, low rank, Ghost, Winograd, …

    Of a layer that is separable as written, it is the standard convolution behind it.
    """
    from costcalc.application.alternatives import find_alternatives
    from costcalc.application.arguments import metric_arguments
    from costcalc.rendering.alternatives import render_alternatives
    from costcalc.rendering.report.report import View

    what_if = parse_what_if(width_multiplier, resolution, set)
    answer = find_alternatives(
        spec,
        layer,
        _given(numbers or []),
        width_multiplier=what_if.width_multiplier,
        resolution=what_if.resolution,
        settings=what_if.settings,
        inputs=input or (),
        arguments=metric_arguments(device, None, parse_dtype_name(dtype)),
    )
    say_problems(answer.network.warnings)
    view = View(terminal_width(), wants_color(color), exact)
    emit(render_alternatives(answer, formulas, format, view))
    return 0


def _given(texts: list[str]) -> Given:
    from costcalc.search.alternatives.asking import parse_forms

    try:
        return parse_forms(texts)
    except ValueError as error:
        raise UsageError(f"--with {error}") from None
