"""``costcalc sweep``: what every combination of a spec's choices, widths and resolutions costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from costcalc.cli.codes import BAD_USAGE
from costcalc.cli.options import (
    Color,
    ColorChoice,
    Debug,
    DeviceName,
    DtypeName,
    Inputs,
    LimitsPlanner,
    Outputs,
    Setting,
    SheetFormat,
    Verbose,
)
from costcalc.cli.output import say
from costcalc.cli.parser import UsageError
from costcalc.cli.progress import followed
from costcalc.cli.reports import STDOUT, Target, deliver, refuse_replacing, replaced, targets, write
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import parse_dtype_name, parse_settings
from costcalc.rendering.escape import terminal

if TYPE_CHECKING:
    from costcalc.application.sweep import SweepAsked
    from costcalc.search.sweep.answer import Sweep

T = TypeVar("T")
_PARQUET = "parquet="


def command(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A spec file, zoo:NAME, a model, or -.")],
    width_multiplier: Annotated[
        str | None,
        typer.Option(metavar="ALPHA,…|FROM:TO:STEP", help="Widths: 0.25,0.5,0.75,1 or 0.25:1:0.25."),
    ] = None,
    resolution: Annotated[
        str | None,
        typer.Option(metavar="SIZE,…|FROM:TO:STEP", help="Resolutions: 128,160,192 or 128:224:32."),
    ] = None,
    set: Setting = None,
    sample: Annotated[
        int | None,
        typer.Option(min=1, max=10_000_000, metavar="N", help="So many variants, drawn at random."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which sample: the same seed draws the same one.")] = 0,
    within: Annotated[bool, typer.Option("--within", help="Only what is within the spec's budget.")] = False,
    front: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN,…",
            help="Only what nothing dominates: multiplies,params,-resolution (- where more is better).",
        ),
    ] = None,
    sort: Annotated[
        str | None, typer.Option(metavar="COLUMN,…", help="In this order; -COLUMN for the greatest first.")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the first N rows.")] = None,
    scores: Annotated[
        str | None,
        typer.Option(metavar="FILE.csv", help="Columns to compare by, joined on those named like choices."),
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(
            "--report", metavar="PATH", help="Write an HTML page: the variants, their front, a table."
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="METRIC,…",
            help="Further columns: activations,peak_memory,weight_memory,time; the last three one by one.",
        ),
    ] = None,
    device: DeviceName = None,
    planner: LimitsPlanner = None,
    dtype: DtypeName = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://…", help="Compute on the Dask cluster of this scheduler.")
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Print every integer in full.")] = False,
    format: Annotated[
        SheetFormat | None,
        typer.Option("--format", "-f", help="What goes to standard output.  [default: table]"),
    ] = None,
    output: Outputs = None,
    input: Inputs = None,
    color: Color = ColorChoice.auto,
    verbose: Verbose = False,
    debug: Debug = False,
) -> int:
    """Cost every combination of a spec's choices, of widths and of resolutions; keep the best.

    A row is a variant, with exactly the numbers that analyze gives it. -o parquet=PATH streams all rows, however many.
    """
    from costcalc.application.arguments import metric_arguments
    from costcalc.application.sweep import SweepAsked, find_sweep
    from costcalc.rendering.formats import render
    from costcalc.rendering.report.report import View
    from costcalc.rendering.sweep import SHOWN, sweep_sheet

    files = [text[len(_PARQUET) :] for text in output or () if text.startswith(_PARQUET)]
    wanted = targets(
        format, [text for text in output or () if not text.startswith(_PARQUET)], [spec], "sheet"
    )
    refuse_replacing(
        [*files, *([] if report is None else [report])], [spec, *([] if scores is None else [scores])]
    )
    whole_formats = any(target.format in ("csv", "json") for target in wanted)
    asked = SweepAsked(
        widths=_parsed(width_multiplier, "--width-multiplier", _widths),
        resolutions=_parsed(resolution, "--resolution", _resolutions),
        settings=parse_settings(set),
        inputs=input or (),
        sample=sample,
        seed=seed,
        within=within,
        front=_columns(front),
        sort=_columns(sort),
        top=top,
        scores=scores,
        metrics=_columns(metrics),
        arguments=metric_arguments(device, planner, parse_dtype_name(dtype)),
        scheduler=scheduler,
        holds=None if whole_formats else SHOWN,
    )
    sweep = _with_files(spec, asked, files) if files else find_sweep(spec, asked, _follow)
    if sweep.invalid:
        say(f"{sweep.invalid:,} of {sweep.variants:,} variants are invalid: {_why(sweep)}")
    if report is not None:
        from costcalc.rendering.html.sweep import render_sweep_html

        write(report, render_sweep_html(sweep, asked.front))
    view = View(terminal_width(), wants_color(color), exact)

    def rendered(target: Target) -> str:
        seen = view if target.path == STDOUT else View(exact=exact)
        return render("sheet", target.format, sweep_sheet(sweep, target.format, seen), seen)

    return 0 if deliver(wanted, rendered, verbose) else BAD_USAGE


def _follow(parts: Iterator[Any], count: int) -> Iterator[Any]:
    return followed(parts, count, "costing")


def _with_files(spec: str, asked: SweepAsked, paths: Sequence[str]) -> Sweep:
    """Sweep, and write all rows that are kept to Parquet files as they come."""
    from costcalc.application.sweep import find_sweep
    from costcalc.rendering.sweep_parquet import ParquetFile

    with ExitStack() as stack:
        files = [ParquetFile(stack.enter_context(replaced(path))) for path in paths]

        def sink(space: Any, rows: Any) -> None:
            for file in files:
                file.write(space, rows)

        sweep = find_sweep(spec, asked, _follow, sink)
        for file in files:
            file.close(sweep.space, sweep.metrics)
    return sweep


def _why(sweep: Sweep) -> str:
    first, *others = sweep.space.messages[1:]
    return terminal(first) + (
        f"; and {len(others)} more mistake{'s' if len(others) > 1 else ''}" if others else ""
    )


def _columns(text: str | None) -> list[str]:
    return [] if text is None else text.split(",")


def _parsed(text: str | None, flag: str, parse: Callable[[str], list[T]]) -> list[T]:
    """The values of an option, each once; raises UsageError."""
    if text is None:
        return []
    try:
        return list(dict.fromkeys(parse(text)))
    except ValueError as error:
        raise UsageError(f"{flag} {error}") from None


def _widths(text: str) -> list[Any]:
    from costcalc.rewrite.width import parse_width_multipliers

    return parse_width_multipliers(text)


def _resolutions(text: str) -> list[Any]:
    from costcalc.rewrite.resolution import parse_resolutions

    return parse_resolutions(text)
