"""``costcalc baseline update``: write down what specs cost today. Nothing else writes a baseline."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from costcalc.cli import BAD_USAGE
from costcalc.cli.ci import is_ci
from costcalc.cli.options import Debug, Inputs, Verbose
from costcalc.cli.output import say, say_error
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import write
from costcalc.errors import CostcalcError, SpecError

if TYPE_CHECKING:
    from costcalc.analysis.figures import Figures
    from costcalc.application.config import Config


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
    from costcalc.application.config import GIT, find_config
    from costcalc.application.selection import select

    config = find_config()
    path = _path(baseline, config)
    if path.startswith(GIT):
        raise UsageError(f"{path} is no file to write", "name one by --baseline PATH")
    paths, problems = select(specs or [], config)
    if problems:
        raise SpecError(problems)
    figures = _figures(paths, path, input or ())
    if figures is None:
        say(f"{path}: not written")
        return BAD_USAGE
    entries = {**_kept(path), **figures} if specs else figures
    _write(path, entries, figures, verbose)
    return 0


def _path(given: str | None, config: Config | None) -> str:
    from costcalc.application.baseline import baseline_name

    return given if given is not None else baseline_name(config)


def _figures(paths: Sequence[str], baseline: str, inputs: Sequence[str]) -> dict[str, Figures] | None:
    """The figures of specs by their paths in the baseline; None where one is broken, which is told."""
    from costcalc.analysis.costs import analyze
    from costcalc.analysis.figures import figures
    from costcalc.application.baseline import baseline_key
    from costcalc.application.load import load
    from costcalc.cli.progress import tracked

    found = {}
    for path in tracked(paths, "analysing"):
        try:
            found[baseline_key(baseline, path)] = figures(analyze(load(path, inputs=inputs)))
        except CostcalcError as error:
            say_error(error)
    return found if len(found) == len(paths) else None


def _kept(path: str) -> dict[str, Figures]:
    """What the file holds already."""
    from costcalc.application.baseline import read_baseline

    return dict(read_baseline(path).specs) if os.path.lexists(path) else {}


def _write(path: str, entries: dict[str, Figures], new: dict[str, Figures], verbose: bool) -> None:
    from costcalc.application.baseline import CONVENTION, SCHEMA_VERSION
    from costcalc.metrics import metric_named
    from costcalc.rendering.baseline import render_baseline

    write(path, render_baseline(entries, SCHEMA_VERSION, CONVENTION))
    if verbose:
        for name in sorted(new):
            values = new[name].values.items()
            costs = [f"{metric} {metric_named(metric).text(value, exact=True)}" for metric, value in values]
            say(f"  {name}: {', '.join(costs)}")
    say(f"wrote {len(new)} spec{'' if len(new) == 1 else 's'} to {path}; commit it")
