"""``costcalc check``: the gate. Every spec against its budgets and its baseline, in one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from costcalc.cli.codes import ANSWERED_NO, BAD_USAGE
from costcalc.cli.options import (
    CheckFormat,
    Color,
    ColorChoice,
    Debug,
    DeviceName,
    DtypeName,
    ExitZero,
    Inputs,
    LimitsPlanner,
    Outputs,
    Setting,
    Verbose,
)
from costcalc.cli.output import say, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import STDOUT, Target, deliver, refuse_read, refuse_replacing, targets
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import parse_arguments, parse_settings
from costcalc.errors import did_you_mean
from costcalc.rendering.formats import formats_of, render

if TYPE_CHECKING:
    from costcalc.budget import Outcome, Rule


class FailOn(StrEnum):
    """What makes the exit code 1."""

    error = "error"
    limits = "limits"
    warning = "warning"
    never = "never"


def command(
    specs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SPEC", help="Spec files or folders; else the configured specs, else all found."
        ),
    ] = None,
    format: Annotated[
        CheckFormat | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help=f"What goes to standard output: {', '.join(formats_of('check'))}.  [default: table]",
        ),
    ] = None,
    output: Outputs = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="PATH|git:REF", help="Compare with a baseline file, or with the specs at a commit."
        ),
    ] = None,
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Compare with nothing, whatever the budgets say.")
    ] = False,
    ratchet: Annotated[
        bool, typer.Option("--ratchet", help="Fail, too, where a value is well under its baseline.")
    ] = False,
    allow_new: Annotated[
        bool,
        typer.Option("--allow-new", help="Let a spec pass that the baseline does not have yet."),
    ] = False,
    max_multiplies: Annotated[
        str | None, typer.Option(metavar="QUANTITY", help="A limit for every spec, such as 600M.")
    ] = None,
    max_params: Annotated[
        str | None, typer.Option(metavar="QUANTITY", help="A limit for every spec, such as 4.3M.")
    ] = None,
    max: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC=LIMIT", help="A limit for every spec: params=4.3M; repeatable."),
    ] = None,
    max_increase: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC=PERCENT", help="A limit over the baseline: multiplies=1%; repeatable."),
    ] = None,
    override: Annotated[
        bool,
        typer.Option(
            "--override", help="Let --max-… win over looser and tighter budgets, which it else only tightens."
        ),
    ] = False,
    device: DeviceName = None,
    dtype: DtypeName = None,
    planner: LimitsPlanner = None,
    set: Setting = None,
    input: Inputs = None,
    fail_on: Annotated[
        FailOn,
        typer.Option(
            "--fail-on",
            help="What makes the exit code 1; limits: those missed, and those loosened since the baseline.",
        ),
    ] = FailOn.error,
    no_ci: Annotated[bool, typer.Option("--no-ci", help="No annotations and no summary on GitHub.")] = False,
    exit_zero: ExitZero = False,
    color: Color = ColorChoice.auto,
    verbose: Verbose = False,
    debug: Debug = False,
) -> int:
    """Check specs against their budgets, and against a baseline.

    Exit code 1 says that a limit is missed, 2 that something could not be checked. Budgets stand in the specs
    and in costcalc.yaml or [tool.costcalc] of pyproject.toml.
    """
    from costcalc.application.check import Asked, check_specs
    from costcalc.application.config import find_config
    from costcalc.cli.progress import tracked

    flags = {"multiplies": max_multiplies, "params": max_params}
    rules = _flag_rules(flags, max or [], max_increase or [], ratchet)
    _refuse_contradictions(rules, baseline, no_baseline)
    named = specs or []
    wanted = targets(format, output or [], named, "check")
    config = find_config()
    if verbose:
        say(f"config: {config.path}" if config is not None else "config: none")
    locked = fail_on is FailOn.limits
    asked = Asked(
        named,
        rules,
        baseline,
        no_baseline,
        allow_new,
        override,
        locked,
        input or (),
        parse_settings(set),
        parse_arguments(device, dtype, planner),
    )
    outcome = check_specs(asked, config, lambda paths: tracked(paths, "checking"))
    refuse_replacing(wanted, outcome.inputs)
    refuse_read(target.path for target in wanted)
    whole = _report(outcome, wanted, color, verbose, on_github=not no_ci)
    if outcome.is_broken or not whole:
        return BAD_USAGE
    failed = fail_on is not FailOn.never and (
        outcome.failed or (fail_on is FailOn.warning and outcome.warned)
    )
    return ANSWERED_NO if failed and not exit_zero else 0


def _refuse_contradictions(rules: Sequence[Rule], baseline: str | None, no_baseline: bool) -> None:
    if not no_baseline:
        return
    if baseline is not None:
        raise UsageError("--baseline and --no-baseline exclude each other")
    for rule in rules:
        if rule.needs_baseline:
            raise UsageError(f"{rule.flag} needs a baseline, and --no-baseline leaves it out")


def _flag_rules(
    flags: Mapping[str, str | None], most: Sequence[str], max_increase: Sequence[str], ratcheting: bool
) -> list[Rule]:
    """The limits that the command line sets, ``flags`` by metric; raises UsageError."""
    from costcalc.budget import Rule, ratchet
    from costcalc.metrics import METRICS
    from costcalc.quantity import parse_percent

    rules = ratchet() if ratcheting else []
    flag = ""
    try:
        for metric, text in flags.items():
            flag = f"--max-{metric}"
            if text is not None:
                rules.append(Rule("total", metric, METRICS[metric].unit.parse(text), flag=flag))
        flag = "--max"
        for metric, text in _by_metric(most, "METRIC=LIMIT such as params=4.3M"):
            rules.append(Rule("total", metric, METRICS[metric].unit.parse(text), flag=flag))
        flag = "--max-increase"
        for metric, text in _by_metric(max_increase, "METRIC=PERCENT such as multiplies=1%"):
            rules.append(Rule("regression", metric, parse_percent(text), flag=flag))
    except ValueError as error:
        raise UsageError(f"{flag} {error}") from None
    return rules


def _by_metric(texts: Sequence[str], form: str) -> Iterator[tuple[str, str]]:
    """What is said of which metric; raises ValueError."""
    from costcalc.metrics import METRICS
    from costcalc.quantity import listed, shown

    for text in texts:
        metric, _, value = text.partition("=")
        if metric not in METRICS:
            guess = did_you_mean(metric, METRICS) or f"; metrics: {listed(METRICS)}"
            raise ValueError(f"must be {form}, not {shown(text)}{guess}")
        yield metric, value


def _report(
    outcome: Outcome,
    wanted: Sequence[Target],
    color: ColorChoice,
    verbose: bool,
    on_github: bool,
) -> bool:
    """Write all reports, those to files first; whether all could be written."""
    from costcalc.cli.ci import annotate, is_github, repository_top, summarize
    from costcalc.rendering.check.table import render_summary
    from costcalc.rendering.report.report import View
    from costcalc.rendering.text.folding import folded

    view = View(terminal_width(), wants_color(color), expand=verbose)
    written: list[str] = []

    def rendered(target: Target) -> str:
        on_stdout = target.path == STDOUT
        seen = view if on_stdout else View(expand=verbose)
        text = render("check", target.format, outcome, seen._replace(root=repository_top(), told=on_stdout))
        ends = target.format == "table"
        if not ends:
            return text
        summary = folded(render_summary(outcome, written if on_stdout else []), seen.width, others="    ")
        return "\n".join([text, *summary, ""])

    say_problems((*outcome.problems, *outcome.warnings))
    for spec in outcome.specs:
        say_problems((*spec.problems, *spec.warnings))
    files = [target for target in wanted if target.path != STDOUT]
    for target in files:
        if deliver([target], rendered, verbose=False):
            written.append(f"{target.format} to {target.path}")
    whole = len(written) == len(files)
    if on_github and is_github():
        if all(target.format != "github" for target in wanted if target.path == STDOUT):
            annotate(outcome)
        summarize(outcome)
    for target in wanted:
        if target.path == STDOUT:
            whole = deliver([target], rendered, verbose=False) and whole
            if target.format != "table":
                say(render_summary(outcome, written))
    return whole
