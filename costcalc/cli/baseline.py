"""``costcalc baseline update``: write down what specs cost today. Nothing else writes a baseline."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from costcalc.cli.ci import is_ci
from costcalc.cli.codes import BAD_USAGE
from costcalc.cli.options import Debug, Inputs, Setting, Verbose
from costcalc.cli.output import say, say_error
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import alone, refuse_read, refuse_replacing, write
from costcalc.cli.what_if import parse_settings
from costcalc.errors import SpecError

if TYPE_CHECKING:
    from costcalc.budget.before import Before


class Action(StrEnum):
    """What to do with a baseline."""

    update = "update"


def command(
    action: Annotated[Action, typer.Argument(metavar="update", help="Write down what the specs cost today.")],
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="SPEC", help="These specs only; else all that check would look at."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="The file to write.  [default: the config's, or costcalc-baseline.json]"
        ),
    ] = None,
    set: Setting = None,
    input: Inputs = None,
    force: Annotated[bool, typer.Option("--force", help="Write under CI, too.")] = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> int:
    """Write a baseline: what specs cost today, for check --baseline to compare with.

    With specs, the file's other entries stay as they are; without, it holds what check would look at, and
    nothing else. Refuses under CI, where a gate would compare with what it has just written.
    """
    if is_ci() and not force:
        raise UsageError(
            "a baseline is not updated under CI", "run it here and commit the file, or say --force"
        )
    from costcalc.application.baseline import baseline_name
    from costcalc.application.baseline_update import measured, with_kept
    from costcalc.application.config import GIT, find_config
    from costcalc.application.selection import select
    from costcalc.cli.progress import tracked

    config = find_config()
    path = baseline if baseline is not None else baseline_name(config)
    if path.startswith(GIT):
        raise UsageError(f"{path} is no file to write", "name one by --baseline PATH")
    refuse_replacing([path], specs or [], but="baseline")
    paths, problems = select(specs or [], config)
    if problems:
        raise SpecError(problems)
    refuse_replacing([path], [*paths, *([] if config is None else [config.path])], but="baseline")
    new = measured(tracked(paths, "analysing"), path, config, input or (), parse_settings(set), say_error)
    if new is None:
        say(f"{path}: not written")
        return BAD_USAGE
    refuse_read([path])
    with alone(path):
        _write(path, with_kept(path, new) if specs else new, config is not None and config.locked)
    if verbose:
        from costcalc.metrics import metric_named

        for name, before in sorted(new.items()):
            values = before.figures.values.items()
            costs = [f"{metric} {metric_named(metric).text(value, exact=True)}" for metric, value in values]
            say(f"  {name}: {', '.join(costs)}")
    say(f"wrote {len(new)} spec{'' if len(new) == 1 else 's'} to {path}; commit it")
    return 0


def _write(path: str, entries: dict[str, Before], locked: bool) -> None:
    from costcalc.application.baseline_file import CONVENTION, SCHEMA_VERSION
    from costcalc.rendering.baseline import render_baseline

    write(path, render_baseline(entries, SCHEMA_VERSION, CONVENTION, locked), changes=True)
