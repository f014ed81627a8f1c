"""``costcalc analyze``: what networks cost, layer by layer, and whether that is within their budgets."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from costcalc.cli.codes import ANSWERED_NO, BAD_USAGE
from costcalc.cli.options import (
    Color,
    ColorChoice,
    ConventionName,
    Debug,
    DeviceName,
    DtypeName,
    ExitZero,
    FormatOption,
    Inputs,
    LimitsPlanner,
    Outputs,
    Resolution,
    Setting,
    SortOption,
    Specs,
    Verbose,
    Way,
    WidthMultiplier,
)
from costcalc.cli.output import say, say_error, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import STDOUT, Files, Target, deliver, targets
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import WhatIf, parse_arguments, parse_what_if
from costcalc.conventions.convention import MULTIPLIES
from costcalc.errors import CostcalcError, Problem, SpecError
from costcalc.quantity import shown
from costcalc.rendering.escape import terminal
from costcalc.rendering.formats import FOLDERS, OF_NODES, render, render_files

if TYPE_CHECKING:
    from costcalc.analysis.costs import Analysis
    from costcalc.application.load import Loaded
    from costcalc.budget import Rule
    from costcalc.conventions.convention import Convention
    from costcalc.rendering.report.report import Report

_OTHER_NETWORK = (
    "no verdict on the budget: it is for the network as the file says, not at another width or resolution"
)
_NO_BASELINE = "no verdict on regression limits: analyze compares with no baseline"


def command(
    specs: Specs,
    format: FormatOption = None,
    output: Outputs = None,
    width_multiplier: WidthMultiplier = None,
    resolution: Resolution = None,
    set: Setting = None,
    input: Inputs = None,
    device: DeviceName = None,
    dtype: DtypeName = None,
    planner: LimitsPlanner = None,
    convention: ConventionName = None,
    by: Annotated[
        Way | None, typer.Option("--by", help="Gather the layers by kind of operation, or by block.")
    ] = None,
    top: Annotated[
        int | None,
        typer.Option("--top", metavar="N", min=1, help="Show the N layers with the most multiplies."),
    ] = None,
    sort: Annotated[
        SortOption | None, typer.Option("--sort", help="Sort the layers by it, the most first.")
    ] = None,
    depth: Annotated[
        int,
        typer.Option("--depth", metavar="N", min=1, help="Show what stands in blocks, so many steps down."),
    ] = 1,
    summary: Annotated[
        bool, typer.Option("--summary", help="Show totals and verdicts only; of several specs a row each.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Show a table for each metric, all notes and all verdicts.")
    ] = False,
    exact: Annotated[bool, typer.Option("--exact", help="Print every integer in full.")] = False,
    expand: Annotated[bool, typer.Option("--expand", help="List the primitives of each layer.")] = False,
    wide: Annotated[
        bool, typer.Option("--wide", help="Show all columns, however narrow the terminal.")
    ] = False,
    exit_zero: ExitZero = False,
    color: Color = ColorChoice.auto,
    verbose: Verbose = False,
    debug: Debug = False,
) -> int:
    """Count multiplies and params, layer by layer: as written, as standard and as separable convolutions.

    Where a spec has a budget, each limit gets a verdict; exit code 1 says that one is missed.
    """
    from costcalc.rendering.report.report import View

    what_if = parse_what_if(width_multiplier, resolution, set)
    wanted = targets(format, output or [], specs, "report")
    if specs.count("-") > 1:
        raise UsageError("standard input can be read once: - stands twice")
    if depth > 1 and any(target.format != "table" for target in wanted):
        raise UsageError("--depth is for the table; the other formats list the primitives with --expand")
    view = View(
        terminal_width(),
        wants_color(color),
        exact,
        expand,
        wide,
        None if by is None or summary else by.value,
        full=full,
        summary=summary,
        sort=sort,
        top=top,
        depth=depth,
    )
    counting = None if convention is None else _convention(convention)
    asked = _ReportAsked(what_if, input or (), counting, parse_arguments(device, dtype, planner))
    reports, whole = _read(specs, asked, expand or depth > 1, verbose)

    def rendered(target: Target) -> str | Files:
        seen = view if target.path == STDOUT else view._replace(width=None, color=False)
        found = _of_nodes(reports, what_if, input or ()) if target.format in OF_NODES else reports
        if target.path != STDOUT and ("report", target.format) in FOLDERS:
            return render_files("report", target.format, found, seen)
        return render("report", target.format, found, seen)

    if reports:
        whole = deliver(wanted, rendered, verbose) and whole
        _tell_of_missed(wanted, reports)
    failed = any(report.failed for report in reports)
    return BAD_USAGE if not whole else ANSWERED_NO if failed and not exit_zero else 0


def _of_nodes(reports: "Sequence[Report]", what_if: WhatIf, inputs: Sequence[str]) -> "list[Report]":
    from costcalc.application.report import of_nodes

    alpha, size, settings = what_if.width_multiplier, what_if.resolution, what_if.settings
    return [
        of_nodes(report, width_multiplier=alpha, resolution=size, inputs=inputs, settings=settings)
        for report in reports
    ]


def _convention(name: str) -> "Convention | None":
    """The convention to count by as well; none where it is our own."""
    from costcalc.spec.named import find_convention

    found = find_convention(name)
    return None if found.name == MULTIPLIES.name else found


class _ReportAsked(NamedTuple):
    """What is asked of each spec: another width, a model's sizes, another convention, a dtype or a device."""

    what_if: WhatIf
    inputs: Sequence[str]
    counting: "Convention | None"
    arguments: Mapping[str, Any]


def _read(specs: list[str], asked: _ReportAsked, expand: bool, verbose: bool) -> "tuple[list[Report], bool]":
    """The reports on all specs that are right; whether all are. What is wrong is told."""
    reports = []
    for path in specs:
        try:
            reports.append(_report(path, asked, expand, verbose))
        except CostcalcError as error:
            say_error(error)
    return reports, len(reports) == len(specs)


def _report(path: str, asked: _ReportAsked, expand: bool, verbose: bool) -> "Report":
    from costcalc.analysis.costs import analyze, under
    from costcalc.application.arguments import with_device
    from costcalc.application.load import load_document
    from costcalc.rendering.report.report import Report

    what_if = asked.what_if
    loaded = load_document(
        path,
        width_multiplier=what_if.width_multiplier,
        resolution=what_if.resolution,
        inputs=asked.inputs,
        settings=what_if.settings,
    )
    if verbose:
        sizes = f"{len(loaded.network.rows)} layers, {len(loaded.network.nodes)} nodes"
        say(terminal(f"read {loaded.document.path}: {sizes}"))
    if expand:
        from costcalc.rendering.report.parts import check_expandable

        check_expandable(loaded.network, loaded.document.path)
    say_problems(loaded.network.warnings)
    analysis = analyze(loaded.network)
    if asked.arguments:
        analysis = analysis.given(**asked.arguments)
    analysis = with_device(analysis, path, loaded)
    if asked.counting is not None:
        analysis = under(analysis, asked.counting)
    report = Report(loaded.document.path, analysis)
    return report if analysis.spec.budget is None else _judged(report, path, loaded)


def _judged(report: "Report", path: str, loaded: "Loaded") -> "Report":
    """The report with the verdicts that its budget calls for."""
    if not loaded.as_written:
        return report._replace(remarks=(_OTHER_NETWORK,))
    from costcalc.budget import check, rules_of

    rules = rules_of(report.analysis.spec.budget, loaded.document.locate)
    if any(rule.metric not in report.analysis.metrics or rule.arguments for rule in rules):
        from costcalc.application.device import folder_of, with_arguments

        rules = with_arguments(rules, folder_of(path), report.analysis)
    checked = [rule for rule in rules if not rule.needs_baseline]
    _refuse_unmatched(report.analysis, checked)
    remarks = () if len(checked) == len(rules) else (_NO_BASELINE,)
    return report._replace(verdicts=tuple(check(report.analysis, checked)), remarks=remarks)


def _refuse_unmatched(analysis: "Analysis", rules: "list[Rule]") -> None:
    from costcalc.budget import unmatched

    found = {rule.glob: rule for rule in unmatched(analysis, rules)}
    if found:
        raise SpecError(
            Problem(f"no layer matches {shown(glob)}", location=rule.glob_location)
            for glob, rule in found.items()
        )


def _tell_of_missed(wanted: list[Target], reports: "list[Report]") -> None:
    """Where standard output is for a machine, people are told on standard error."""
    shown_to_people = ("table", "markdown")
    if any(target.path == STDOUT and target.format in shown_to_people for target in wanted):
        return
    from costcalc.rendering.check.verdict import messages, verdict_line

    for report in reports:
        told = [verdict for verdict in report.verdicts if verdict.status != "pass"]
        for text in (*map(verdict_line, told), *messages(told), *report.remarks):
            say(text)
