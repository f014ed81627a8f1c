"""``costcalc diff``: what changed from one network to another, layer by layer, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from costcalc.cli.codes import ANSWERED_NO, BAD_USAGE
from costcalc.cli.options import (
    Color,
    ColorChoice,
    Debug,
    DeviceName,
    DiffFormat,
    DtypeName,
    Inputs,
    LimitsPlanner,
    Outputs,
)
from costcalc.cli.output import say_error
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import STDOUT, Target, deliver, targets
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import parse_arguments, parse_settings
from costcalc.errors import CostcalcError
from costcalc.rendering.diff.difference import NetworkDiff
from costcalc.rendering.formats import render

if TYPE_CHECKING:
    from costcalc.analysis.costs import Analysis


def command(
    specs: Annotated[
        list[str], typer.Argument(metavar="A [B]", help="Two specs, or with --against a single one.")
    ],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="git:REF|PATH", help="Compare with the spec at a commit, or with a baseline file."
        ),
    ] = None,
    format: Annotated[
        DiffFormat | None,
        typer.Option("--format", "-f", help="What goes to standard output.  [default: table]"),
    ] = None,
    output: Outputs = None,
    set: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Take another value of a choice of B; repeatable."),
    ] = None,
    device: DeviceName = None,
    dtype: DtypeName = None,
    planner: LimitsPlanner = None,
    report: Annotated[
        str | None, typer.Option("--report", metavar="PATH", help="Write an HTML page, too: -o html=PATH.")
    ] = None,
    input: Inputs = None,
    exact: Annotated[bool, typer.Option("--exact", help="Print every integer in full.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 where they differ.")] = False,
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """Compare two networks layer by layer: what came, went and changed, and what that costs.

    Layers are matched by the names that they were given, the others by what they say, their place and shape.
    """
    from costcalc.rendering.report.report import View

    if len(specs) != (2 if against is None else 1):
        raise UsageError("two specs are compared, or one --against git:REF or a baseline file")
    pages = [f"html={path}" for path in [report] if path]
    wanted = targets(format, [*(output or []), *pages], specs, "diff")
    asked = _DiffAsked(input or (), parse_settings(set), parse_arguments(device, dtype, planner))
    difference = (
        _between(specs[0], specs[1], asked) if against is None else _against(specs[0], against, asked)
    )
    if difference is None:
        return BAD_USAGE
    view = View(terminal_width(), wants_color(color), exact)

    def rendered(target: Target) -> str:
        seen = view if target.path == STDOUT else View(exact=exact)
        return render("diff", target.format, difference, seen)

    whole = deliver(wanted, rendered, verbose=False)
    differs = difference.comparison is None or not difference.comparison.is_empty
    return BAD_USAGE if not whole else ANSWERED_NO if exit_code and differs else 0


class _DiffAsked(NamedTuple):
    """The sizes that models leave open, the values of choices, and what metrics are given."""

    inputs: Sequence[str]
    settings: Mapping[str, str]
    arguments: Mapping[str, Any]


def _between(old: str, new: str, asked: _DiffAsked) -> NetworkDiff | None:
    """The difference between two specs; None where one is broken, which is told."""
    from costcalc.analysis.comparison import compare

    before, after = _told(old, asked._replace(settings={})), _told(new, asked)
    if before is None or after is None:
        return None
    return NetworkDiff(old, new, compare(before, after))


def _told(path: str, asked: _DiffAsked) -> Analysis | None:
    """The analysis of a spec; None where it is broken, which is told."""
    try:
        return _analysis(path, asked)[0]
    except CostcalcError as error:
        say_error(error)
        return None


def _analysis(path: str, asked: _DiffAsked) -> tuple[Analysis, str]:
    """The analysis of a spec, and its text."""
    from costcalc.analysis.costs import analyze
    from costcalc.application.arguments import with_device
    from costcalc.application.load import load_document

    loaded = load_document(path, inputs=asked.inputs, settings=asked.settings)
    analysis = with_device(analyze(loaded.network).given(**asked.arguments), path, loaded)
    return analysis, loaded.document.text


def _against(path: str, name: str, asked: _DiffAsked) -> NetworkDiff:
    from costcalc.analysis.comparison import compare
    from costcalc.application.baseline import open_baseline
    from costcalc.reading.discovery import is_yaml

    if is_yaml(name) and not name.startswith("git:"):
        raise UsageError(
            "--against takes git:REF or a baseline file", f"costcalc diff {name} {path} compares two specs"
        )
    analysis, text = _analysis(path, asked)
    baseline = open_baseline(name, asked.inputs, asked.arguments)
    before = baseline.find(path, text, analysis)
    if before is None:
        return NetworkDiff(baseline.name, path, None)
    figures = before.figures if baseline.counts_anew else before.figures.without(asked.arguments)
    old = f"{baseline.name}:{before.was}" if before.was else baseline.name
    return NetworkDiff(old, path, compare(figures, analysis))
