"""``costcalc plan``: which convolutions to replace so that a network fits its limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from costcalc.cli.codes import ANSWERED_NO
from costcalc.cli.options import (
    Color,
    ColorChoice,
    Debug,
    DeviceName,
    DtypeName,
    ExitZero,
    Inputs,
    LimitsPlanner,
    ResultsFormat,
    Setting,
)
from costcalc.cli.output import emit, say, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import STDOUT, refuse_read, refuse_replacing, write
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import parse_dtype_name, parse_settings
from costcalc.errors import CostcalcError
from costcalc.quantity import shown
from costcalc.rendering.escape import log, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from costcalc.metrics import Number
    from costcalc.search.alternatives.costing import Given
    from costcalc.search.plan.answer import Plans

T = TypeVar("T")


def command(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A spec file, zoo:NAME, a model, or -.")],
    multiplies: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="At most so many multiplies: 300M.")
    ] = None,
    params: Annotated[str | None, typer.Option(metavar="NUMBER", help="At most so many params: 3M.")] = None,
    peak_memory: Annotated[
        str | None,
        typer.Option(metavar="BYTES", help="At most so many bytes of activations at once: 256KiB."),
    ] = None,
    weight_memory: Annotated[
        str | None, typer.Option(metavar="BYTES", help="At most so many bytes of weights: 1MiB.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="At most so long on a device: 5ms.")
    ] = None,
    device: DeviceName = None,
    planner: LimitsPlanner = None,
    dtype: DtypeName = None,
    forms: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="FORM,…",
            help="What may be put in the place of a convolution: separable,grouped:4.  [default: separable]",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Layers to leave alone; repeatable.")
    ] = None,
    prefer: Annotated[
        str | None,
        typer.Option(
            metavar="params|multiplies", help="Keep the most of this, of plans with as many changes."
        ),
    ] = None,
    places: Annotated[
        str, typer.Option(metavar="text|uses", help="uses: let the uses of a block differ, by a parameter.")
    ] = "text",
    width_multiplier: Annotated[
        str | None,
        typer.Option(
            metavar="ALPHA,…|FROM:TO:STEP", help="Widths to plan for: 0.5:1:0.05; the widest that fits."
        ),
    ] = None,
    resolution: Annotated[
        str | None,
        typer.Option(metavar="SIZE,…", help="Resolutions to plan for: 160,192,224; the finest that fits."),
    ] = None,
    setting: Setting = None,
    write_back: Annotated[bool, typer.Option("--write", help="Change the spec itself.")] = False,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="PATH", help="Write the changed spec to a file.")
    ] = None,
    report: Annotated[
        str | None,
        typer.Option("--report", metavar="PATH", help="Write an HTML page on what the plan changes."),
    ] = None,
    format: Annotated[ResultsFormat, typer.Option("--format", "-f", help="How to print it.")] = "table",
    exact: Annotated[bool, typer.Option("--exact", help="Print every integer in full.")] = False,
    input: Inputs = None,
    exit_zero: ExitZero = False,
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """Find the fewest places to change so that a network fits: exactly, and written into your own file.

    The goal is the spec's budget, or the limits given. Of plans with as few places the one with the least multiplies
    counts, then the one that changes later places. Exit code 1 says that none fits, and how near one gets.
    """
    from costcalc.application.arguments import metric_arguments
    from costcalc.application.plan import make_plans
    from costcalc.rendering.plan import render_plans
    from costcalc.rendering.report.report import View
    from costcalc.search.plan.planning import Goal

    by_use = _word(places, "--places", ("text", "uses")) == "uses"
    goal = Goal(
        _limits(
            {
                "multiplies": multiplies,
                "params": params,
                "peak_memory": peak_memory,
                "weight_memory": weight_memory,
                "time": time,
            }
        ),
        _forms(forms or ["separable"], by_use),
        tuple(keep or ()),
        None if prefer is None else _word(prefer, "--prefer", ("params", "multiplies")),
        by_use,
        metric_arguments(device, planner, parse_dtype_name(dtype)),
    )
    _check_outputs(spec, write_back, output)
    if report is not None:
        refuse_replacing([report], [spec])
    plans = make_plans(
        spec,
        goal,
        width_multipliers=_widths(width_multiplier),
        resolutions=_resolutions(resolution),
        inputs=input or (),
        settings=parse_settings(setting),
    )
    refuse_read(path for path in (output, report) if path is not None)
    say_problems(plans.warnings)
    emit(render_plans(plans, format, View(terminal_width(), wants_color(color), exact)))
    _write(plans, spec if write_back else None)
    _write(plans, output)
    _report(plans, report)
    return ANSWERED_NO if plans.best.plan.status == "infeasible" and not exit_zero else 0


def _report(plans: Plans, path: str | None) -> None:
    """Write the page on what a plan changes, where it is asked for and there is one."""
    if path is None:
        return
    from costcalc.application.plan import difference_of
    from costcalc.rendering.formats import render as render_document
    from costcalc.rendering.report.report import View

    if (difference := difference_of(plans)) is None:
        say("no page: no plan fits")
        return
    write(path, render_document("diff", "html", difference, View()))


def _limits(given: dict[str, str | None]) -> dict[str, Number]:
    from costcalc.metrics import METRICS

    limits = {}
    for name, text in given.items():
        if text is not None:
            limits[name] = _parsed(f"--{name.replace('_', '-')}", METRICS[name].unit.parse, text)
    return limits


def _forms(texts: list[str], by_use: bool) -> Given:
    from costcalc.search.alternatives.asking import parse_forms

    forms = _parsed("--with", parse_forms, texts)
    if by_use and forms != {"separable": ()}:
        raise UsageError("--places uses goes with --with separable alone: a block's parameter is a kind")
    return forms


def _widths(text: str | None) -> list[Any]:
    from costcalc.rewrite.width import parse_width_multipliers

    return [] if text is None else _parsed("--width-multiplier", parse_width_multipliers, text)


def _resolutions(text: str | None) -> list[Any]:
    from costcalc.rewrite.resolution import parse_resolution

    return (
        [] if text is None else [_parsed("--resolution", parse_resolution, part) for part in text.split(",")]
    )


def _parsed(option: str, parse: Callable[[Any], T], text: Any) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{option} {error}") from None


def _word(text: str, option: str, words: Sequence[str]) -> str:
    if text not in words:
        raise UsageError(f"{option} must be {' or '.join(words)}, not {shown(text)}")
    return text


def _check_outputs(spec: str, write_back: bool, output: str | None) -> None:
    if write_back:
        from costcalc.application.plan import is_spec_file

        if not is_spec_file(spec):
            raise UsageError(
                f"--write changes a spec file, and {shown(spec)} is none", "say -o PATH for a copy"
            )
    if output is not None:
        refuse_replacing([output], [spec])


def _write(plans: Plans, path: str | None) -> None:
    """Write the changed text, unless there is none; the spec itself only if nobody changed it meanwhile."""
    text = plans.best.plan.text
    if path is None or text is None:
        return
    if path == plans.path:
        from costcalc.reading.files import byte_order_mark, read_text

        if read_text(path) != plans.text:
            raise CostcalcError(f"{path} was changed meanwhile: nothing is written")
        text = byte_order_mark(path) + text
    if path == STDOUT and log(text) != text:
        said = "the changed spec holds what a build log would take for a command"
        raise CostcalcError(f"{said}: write it to a file, by -o PATH")
    write(path, text, changes=path == plans.path)
    say(terminal(f"wrote {path}"))
