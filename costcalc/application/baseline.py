"""Baselines: what specs cost before, and their limits, from a committed file or from the specs at a commit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from costcalc.analysis.costs import Analysis
from costcalc.application.config import BASELINE, GIT, Config
from costcalc.budget.before import Before as Before
from costcalc.errors import CostcalcError
from costcalc.reading.discovery import stays_inside


class Baseline(Protocol):
    """Where to look up what specs were before. ``name`` is how messages call it."""

    @property
    def name(self) -> str: ...

    @property
    def counts_anew(self) -> bool:
        """Whether it counts specs, in what dtype and on what device one asks; else it has what was written down."""

    @property
    def locked(self) -> bool:
        """Whether no limit may be loosened since. Raises CostcalcError where that cannot be known."""

    def find(self, path: str, text: str, analysis: Analysis) -> Before | None:
        """What the spec at a path was before; None where it is new. Raises CostcalcError where it was broken."""

    def gone(self) -> list[str]:
        """The specs that were there before and are there no more, under no other name either."""

    def had_limits(self, path: str) -> bool:
        """Whether limits held for a spec that was there before, as far as that is known."""

    def passed_over(self, paths: Iterable[str]) -> list[str]:
        """The specs that would have been checked before, and are there, but are not among these."""

    def removed(self, paths: Iterable[str]) -> list[str]:
        """The specs that were there before and are not among these."""


def baseline_name(config: Config | None) -> str:
    """The baseline that a config names, or else the default file beside the config, or right here.

    A file's link that leads out of the config's folder is not followed: raises CostcalcError.
    """
    folder = config.folder if config is not None else ""
    name = (config.baseline if config is not None else None) or BASELINE
    if name.startswith(GIT):
        return name
    path = os.path.join(folder, name)
    if os.path.islink(path) and not stays_inside(folder, name):
        raise CostcalcError(f"{path}: a link that leads out of its folder is not followed")
    return path


def open_baseline(name: str, inputs: Sequence[str] = (), asked: Mapping[str, Any] | None = None) -> Baseline:
    """The baseline of a path or ``git:REF``; ``inputs`` are the sizes that models leave open, ``asked`` what is asked
    of metrics, a device say, whatever specs say.

    Raises CostcalcError where there is none, or it cannot be understood.
    """
    if name.startswith(GIT):
        from costcalc.application.baseline_commit import CommitBaseline

        return CommitBaseline(name.removeprefix(GIT), inputs, asked)
    from costcalc.application.baseline_file import read_baseline

    return read_baseline(name)
