"""What a check of many specs came to: for each its verdicts, or what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from costcalc.analysis.comparison import Comparison, compare
from costcalc.analysis.costs import Analysis
from costcalc.analysis.figures import Figures
from costcalc.budget.loosened import Loosened
from costcalc.budget.rules import Rule
from costcalc.budget.verdict import Verdict
from costcalc.errors import Problem

SpecStatus: TypeAlias = Literal["broken", "fail", "warning", "pass"]

#: What is reported first.
STATUSES: tuple[SpecStatus, ...] = ("broken", "fail", "warning", "pass")

#: The error of a check without any limit.
NO_LIMIT = Problem(
    "no limit to check: neither spec nor config nor command line has any",
    hint="give a spec a budget: {multiplies: 600M}, or say --max-multiplies 600M",
)


@dataclass(frozen=True)
class SpecOutcome:
    """One spec. ``analysis`` is None where it is broken, and ``problems`` says why.

    A spec can be sound and its check broken all the same, by a baseline that is missing, say: then there
    are both. ``before`` is what it cost in the baseline, under the path ``was`` if that was another;
    ``is_new`` says that the baseline does not have it. ``unmatched`` are the rules of the config whose glob
    matches none of its layers. ``warnings`` are what is to be told all the same; ``loosened`` are its limits that let
    pass more than in the baseline, a failure where limits are ``locked``.
    """

    path: str
    analysis: Analysis | None = None
    problems: tuple[Problem, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    before: Figures | None = None
    was: str = ""
    is_new: bool = False
    unmatched: tuple[Rule, ...] = ()
    warnings: tuple[Problem, ...] = ()
    loosened: tuple[Loosened, ...] = ()
    locked: bool = False

    @cached_property
    def status(self) -> SpecStatus:
        """The worst that there is to say."""
        if self.problems:
            return "broken"
        return "fail" if self.failed else "warning" if self.warned else "pass"

    @property
    def is_over(self) -> bool:
        """Whether a limit is missed."""
        return any(verdict.status == "fail" for verdict in self.verdicts)

    @property
    def is_near(self) -> bool:
        """Whether a value is near its limit."""
        return any(verdict.status == "warning" for verdict in self.verdicts)

    @property
    def failed(self) -> bool:
        """Whether a limit is missed, or one was loosened that is locked."""
        return self.is_over or bool(self.locked and self.loosened)

    @property
    def warned(self) -> bool:
        """Whether there is something to warn of."""
        return self.is_near or bool(self.warnings or self.loosened)

    @cached_property
    def comparison(self) -> Comparison | None:
        """What changed since the baseline, where there is one."""
        if self.before is None or self.analysis is None:
            return None
        return compare(self.before, self.analysis)

    @property
    def limits(self) -> int:
        """How many limits it was held against."""
        return len({verdict.rule.key for verdict in self.verdicts if verdict.status != "skipped"})


@dataclass(frozen=True)
class Outcome:
    """All specs of a check, in the order in which they were found.

    ``baseline`` is the name of what they were compared with, ``removed`` what only the baseline has;
    ``problems`` are errors of the check as a whole, ``warnings`` what else there is to tell of it; ``inputs`` are the
    files that it was about: specs, config, baseline.
    """

    specs: tuple[SpecOutcome, ...]
    baseline: str | None = None
    removed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    inputs: tuple[str, ...] = ()

    @cached_property
    def counts(self) -> Counter[SpecStatus]:
        """How many specs there are of each status."""
        return Counter(spec.status for spec in self.specs)

    @property
    def is_broken(self) -> bool:
        """Whether something could not be checked."""
        return bool(self.problems or self.counts["broken"])

    @cached_property
    def failed(self) -> bool:
        """Whether a limit is missed, in a spec whose check is otherwise broken too."""
        return any(spec.failed for spec in self.specs)

    @cached_property
    def warned(self) -> bool:
        """Whether there is something to warn of."""
        return bool(self.warnings) or any(spec.warned for spec in self.specs)

    def by_status(self) -> list[SpecOutcome]:
        """The specs, those first that need attention."""
        return sorted(self.specs, key=lambda spec: STATUSES.index(spec.status))


def never_matched(specs: Iterable[SpecOutcome]) -> list[Rule]:
    """The config's rules whose glob matches no layer in any of the specs that they hold for."""
    sound = [spec for spec in specs if spec.analysis is not None]
    missed = {id(rule): rule for spec in sound for rule in spec.unmatched}
    used = {id(verdict.rule) for spec in sound for verdict in spec.verdicts}
    return [rule for key, rule in missed.items() if key not in used]
