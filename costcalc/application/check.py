"""A check: which specs there are, what they are held against, and what that comes to.

A limit that was not applied is no limit that holds: what passes here was held against something.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from costcalc.application.baseline import Baseline, baseline_name, open_baseline
from costcalc.application.config import GIT, Config
from costcalc.application.config_strays import strays
from costcalc.application.gate import Gate, without_baseline
from costcalc.application.selection import select
from costcalc.budget import Outcome, Rule, SpecOutcome
from costcalc.budget.outcome import NO_LIMIT, never_matched
from costcalc.errors import CostcalcError, Location, Problem
from costcalc.quantity import shown

_GONE = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What a check is about.

    ``specs`` are files or folders, without any the whole project is; ``rules`` are limits beside those of specs and
    config, which only tighten them, unless they are to ``override`` them. ``baseline`` is a path or ``git:REF``, in
    place of the config's; ``no_baseline`` compares with nothing. ``allow_new``: a spec that the baseline does not have
    may pass, though limits compare with it. ``locked``: no limit may be loosened since the baseline. ``inputs`` are the
    sizes that models leave open, ``arguments`` those of the metrics (a dtype, a planner, a device) over what specs say.
    """

    specs: Sequence[str] = ()
    rules: Sequence[Rule] = ()
    baseline: str | None = None
    no_baseline: bool = False
    allow_new: bool = False
    override: bool = False
    locked: bool = False
    inputs: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)


def check_specs(
    asked: Asked, config: Config | None, tracked: Callable[[Sequence[str]], Iterable[str]] = iter
) -> Outcome:
    """Hold specs against their limits; whatever is wrong is in what is returned. ``tracked`` goes through the paths.

    Raises CostcalcError where there is no spec at all, or the config's globs all match nothing.
    """
    paths, problems = select(asked.specs, config)
    compared, lost = (None, []) if asked.no_baseline else _baseline(asked, config)
    locked = (
        asked.locked or (config is not None and config.locked) or (compared is not None and compared.locked)
    )
    skips = asked.no_baseline or bool(lost)
    gate = Gate(
        config,
        asked.rules,
        compared,
        skips,
        asked.override,
        locked,
        asked.inputs,
        asked.settings,
        asked.arguments,
    )
    found = tuple(gate.check(path) for path in tracked(paths))
    found = tuple(_without_passing_over(spec, asked, compared) for spec in found)
    problems += lost
    if compared is None and not skips:
        problems += without_baseline(found)
    whole = not asked.specs
    if config is not None:
        problems += config.idle_overrides(paths, whole)
    idle = _idle_globs(found, whole)
    problems += idle if whole else []
    warnings = [*strays(paths, config), *([] if whole else idle)]
    if locked and compared is None and not lost:
        unguarded = _unguarded(config)
        if asked.no_baseline and not asked.locked:
            warnings.append(unguarded._replace(severity="warning"))
        else:
            problems.append(unguarded)
    if not problems and not any(spec.verdicts or spec.problems or spec.unmatched for spec in found):
        problems.append(NO_LIMIT)
    removed = _removed(compared, paths, config) if whole and compared is not None else []
    if locked and compared is not None and whole:
        problems += _unchecked(compared, paths, removed)
    return Outcome(
        found,
        compared.name if compared is not None else None,
        tuple(removed),
        tuple(problems),
        tuple(warnings),
        tuple(_inputs(paths, config, compared)),
    )


def _unchecked(baseline: Baseline, paths: Sequence[str], removed: Iterable[str]) -> Iterator[Problem]:
    """A problem for each spec whose limits are locked, and hold for nobody any more."""
    gone = "if it was renamed, change it in a later step, so that the two can be compared"
    there = "let the config's specs, and its folder, be as they were"
    lost = dict.fromkeys(removed, ("gone", gone))
    lost |= dict.fromkeys(baseline.passed_over(paths), ("no longer checked", there))
    for path, (state, hint) in lost.items():
        if baseline.had_limits(path):
            said = f"{path} is {state}, with the limits that {baseline.name} has of it, and limits are locked"
            yield Problem(said, hint=hint)


def _unguarded(config: Config | None) -> Problem:
    where = Location(config.path, 1, 1) if config is not None and config.locked else None
    said = "limits are locked, and there is no baseline to compare them with"
    return Problem(said, hint="write one by costcalc baseline update, or name a git:REF", location=where)


def _baseline(asked: Asked, config: Config | None) -> tuple[Baseline | None, list[Problem]]:
    """The baseline to compare with, if there is one; a problem where it was asked for and cannot be read."""
    name = asked.baseline or baseline_name(config)
    is_default = asked.baseline is None and (config is None or config.baseline is None)
    if is_default and not os.path.lexists(name):
        return None, []
    try:
        baseline = open_baseline(name, asked.inputs, asked.arguments)
        _ = baseline.locked  # of a commit: whether its config can be read
        return baseline, []
    except CostcalcError as error:
        return None, [Problem(str(error))]


def _without_passing_over(spec: SpecOutcome, asked: Asked, baseline: Baseline | None) -> SpecOutcome:
    """A spec with what is to be told where limits of it were not applied: an error where none was, else a warning."""
    skipped = [verdict for verdict in spec.verdicts if verdict.status == "skipped"]
    if not skipped or spec.problems or not (asked.no_baseline or baseline is not None):
        return spec
    nothing_held = len(skipped) == len(spec.verdicts)
    names = ", ".join(verdict.metric for verdict in skipped)
    if baseline is None:
        said = "no limit was checked: all compare with a baseline, and --no-baseline leaves it out"
        hint = "give it a limit of its own, such as budget: {multiplies: 600M}"
        return replace(spec, problems=(_of(spec, said, hint),)) if nothing_held else spec
    if spec.is_new and asked.allow_new:
        return spec
    if spec.is_new:
        lack, hint = f"{baseline.name} does not have it", _what_to_do_with_new(baseline)
    else:
        lack, hint = f"{baseline.name} does not have that number of it", "run costcalc baseline update"
    if nothing_held:
        said = f"no limit was checked: {lack}, and all compare with that"
        return replace(spec, problems=(_of(spec, said, f"give it a limit of its own, or {hint}"),))
    warning = _of(spec, f"not checked: {names}: {lack}", hint)
    return replace(spec, warnings=(warning._replace(severity="warning"),))


def _what_to_do_with_new(baseline: Baseline) -> str:
    hint = f"say --allow-new{'' if baseline.name.startswith(GIT) else ', or run costcalc baseline update'}"
    if gone := baseline.gone()[:_GONE]:
        hint += f"; if it was renamed: {baseline.name} has {', '.join(gone)}, and there is no such file now"
    return hint


def _of(spec: SpecOutcome, message: str, hint: str) -> Problem:
    return Problem(message, hint=hint, location=Location(spec.path, 1, 1))


def _idle_globs(found: Sequence[SpecOutcome], whole: bool) -> list[Problem]:
    """The config's globs of layers that match none; a warning where the specs are not the whole project."""
    return [
        Problem(
            f"{shown(rule.glob)} matches no layer of any spec that it is for",
            location=rule.glob_location,
            severity="error" if whole else "warning",
        )
        for rule in never_matched(found)
    ]


def _removed(baseline: Baseline, paths: Sequence[str], config: Config | None) -> list[str]:
    """What only the baseline has, as far as it would be checked."""
    removed = baseline.removed(paths)
    return [path for path in removed if config is None or not config.specs or config.holds(path)]


def _inputs(paths: Sequence[str], config: Config | None, baseline: Baseline | None) -> Iterable[str]:
    """The files that a check reads."""
    yield from paths
    if config is not None:
        yield config.path
    if baseline is not None and not baseline.name.startswith(GIT):
        yield baseline.name
