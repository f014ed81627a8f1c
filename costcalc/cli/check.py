"""``costcalc check``: the gate. Every spec against its budgets and its baseline, in one run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from costcalc.cli import ANSWERED_NO, BAD_USAGE
from costcalc.cli.options import Color, ColorChoice, Debug, ExitZero, Inputs, Outputs, Verbose
from costcalc.cli.output import say, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import STDOUT, Target, deliver, targets
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.errors import CostcalcError, Problem
from costcalc.rendering.check.formats import CheckFormat, render_check

if TYPE_CHECKING:
    from costcalc.application.baseline import Baseline
    from costcalc.application.config import Config
    from costcalc.budget import Outcome, Rule


class FailOn(StrEnum):
    """What makes the exit code 1."""

    error = "error"
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
        typer.Option("--format", "-f", help="What goes to standard output.  [default: table]"),
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
    max_multiplies: Annotated[
        str | None, typer.Option(metavar="QUANTITY", help="A limit for every spec, such as 600M.")
    ] = None,
    max_params: Annotated[
        str | None, typer.Option(metavar="QUANTITY", help="A limit for every spec, such as 4.3M.")
    ] = None,
    max_increase: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC=PERCENT", help="A limit over the baseline: multiplies=1%; repeatable."),
    ] = None,
    input: Inputs = None,
    fail_on: Annotated[FailOn, typer.Option("--fail-on", help="What makes the exit code 1.")] = FailOn.error,
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
    if baseline is not None and no_baseline:
        raise UsageError("--baseline and --no-baseline exclude each other")
    rules = _flag_rules(max_multiplies, max_params, max_increase or [], ratchet)
    wanted = targets(format, output or [], specs or [], CheckFormat)
    outcome = _outcome(specs or [], rules, baseline, no_baseline, input or (), verbose)
    whole = _report(outcome, wanted, color, verbose, on_github=not no_ci)
    if outcome.is_broken or not whole:
        return BAD_USAGE
    failed = fail_on is not FailOn.never and (
        outcome.failed or (fail_on is FailOn.warning and outcome.warned)
    )
    return ANSWERED_NO if failed and not exit_zero else 0


def _flag_rules(
    max_multiplies: str | None, max_params: str | None, max_increase: Sequence[str], ratcheting: bool
) -> list[Rule]:
    """The limits that the command line sets; raises UsageError."""
    from costcalc.budget import Rule, ratchet
    from costcalc.metrics import METRICS
    from costcalc.quantity import parse_percent, parse_quantity, shown

    rules = ratchet() if ratcheting else []
    try:
        for metric, text in zip(METRICS, (max_multiplies, max_params), strict=True):
            flag = f"--max-{metric}"
            if text is not None:
                rules.append(Rule("total", metric, parse_quantity(text), flag=flag))
        flag = "--max-increase"
        for text in max_increase:
            name, _, percent = text.partition("=")
            metric_named = next((metric for metric in METRICS if metric == name), None)
            if metric_named is None:
                raise ValueError(f"must be METRIC=PERCENT such as multiplies=1%, not {shown(text)}")
            rules.append(Rule("regression", metric_named, parse_percent(percent), flag=flag))
    except ValueError as error:
        raise UsageError(f"{flag} {error}") from None
    return rules


def _outcome(
    specs: Sequence[str],
    rules: Sequence[Rule],
    asked: str | None,
    no_baseline: bool,
    inputs: Sequence[str],
    verbose: bool,
) -> Outcome:
    from costcalc.application.config import find_config
    from costcalc.application.gate import Gate, without_baseline
    from costcalc.application.selection import select
    from costcalc.budget import Outcome
    from costcalc.budget.outcome import never_matched
    from costcalc.cli.progress import tracked
    from costcalc.quantity import shown

    config = find_config()
    if verbose:
        say(f"config: {config.path}" if config is not None else "config: none")
    paths, problems = select(specs, config)
    compared, lost = (None, []) if no_baseline else _baseline(asked, config, inputs)
    gate = Gate(config, rules, compared, skips_baseline=no_baseline or bool(lost), inputs=inputs)
    found = tuple(gate.check(path) for path in tracked(paths, "checking"))
    problems += lost
    if compared is None and not gate.skips_baseline:
        problems += without_baseline(found)
    strays = [
        Problem(
            f"{shown(rule.glob)} matches no layer of any spec that it is for", location=rule.glob_location
        )
        for rule in never_matched(found)
    ]
    if specs:
        say_problems(problem._replace(severity="warning") for problem in strays)
    else:
        problems += strays
    if not problems and not any(spec.verdicts or spec.problems or spec.unmatched for spec in found):
        hint = "give a spec a budget: {multiplies: 600M}, or say --max-multiplies 600M"
        problems.append(
            Problem("no limit to check: neither spec nor config nor command line has any", hint=hint)
        )
    removed = [] if specs or compared is None else _removed(compared, paths, config)
    return Outcome(found, compared.name if compared is not None else None, tuple(removed), tuple(problems))


def _baseline(
    asked: str | None, config: Config | None, inputs: Sequence[str]
) -> tuple[Baseline | None, list[Problem]]:
    """The baseline to compare with, if there is one; a problem where it was asked for and cannot be read."""
    from costcalc.application.baseline import baseline_name, open_baseline

    name = asked or baseline_name(config)
    is_default = asked is None and (config is None or config.baseline is None)
    if is_default and not os.path.lexists(name):
        return None, []
    try:
        return open_baseline(name, inputs), []
    except CostcalcError as error:
        return None, [Problem(str(error))]


def _removed(baseline: Baseline, paths: Sequence[str], config: Config | None) -> list[str]:
    """What only the baseline has, as far as it would be checked."""
    removed = baseline.removed(paths)
    return [path for path in removed if config is None or not config.specs or config.holds(path)]


def _report(
    outcome: Outcome,
    wanted: Sequence[Target[CheckFormat]],
    color: ColorChoice,
    verbose: bool,
    on_github: bool,
) -> bool:
    """Write all reports, those to files first; whether all could be written."""
    from costcalc.cli.ci import annotate, is_github, repository_top, summarize
    from costcalc.rendering.check.table import render_summary
    from costcalc.rendering.report.report import View

    view = View(terminal_width(), wants_color(color), expand=verbose)
    written: list[str] = []

    def rendered(target: Target[CheckFormat]) -> str:
        on_stdout = target.path == STDOUT
        seen = view if on_stdout else View(expand=verbose)
        text = render_check(target.format, outcome, seen, repository_top())
        ends = target.format is CheckFormat.table
        return text + (f"\n{render_summary(outcome, written if on_stdout else [])}\n" if ends else "")

    say_problems(outcome.problems)
    for spec in outcome.specs:
        say_problems(spec.problems)
    files = [target for target in wanted if target.path != STDOUT]
    for target in files:
        if deliver([target], rendered, verbose=False):
            written.append(f"{target.format.value} to {target.path}")
    whole = len(written) == len(files)
    if on_github and is_github():
        if all(target.format is not CheckFormat.github for target in wanted if target.path == STDOUT):
            annotate(outcome)
        summarize(outcome)
    for target in wanted:
        if target.path == STDOUT:
            whole = deliver([target], rendered, verbose=False) and whole
            if target.format is not CheckFormat.table:
                say(render_summary(outcome, written))
    return whole
