"""The plans for a text: one for each width and resolution asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from costcalc.errors import Problem
from costcalc.rewrite.resolution import Resolution
from costcalc.search.plan.planning import ChangePlan


@dataclass(frozen=True)
class Planned:
    """A plan at one width and resolution; None stands for what the spec says."""

    width_multiplier: Fraction | None
    resolution: Resolution | None
    plan: ChangePlan


@dataclass(frozen=True)
class Plans:
    """All plans that were made, the widest and finest network first, for the text at ``path``."""

    path: str
    name: str
    text: str
    found: Sequence[Planned]
    warnings: Sequence[Problem]

    @property
    def best(self) -> Planned:
        """The first one that is feasible, or that comes first."""
        feasible = (one for one in self.found if one.plan.status != "infeasible")
        return next(feasible, self.found[0])
