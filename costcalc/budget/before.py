"""What a spec was before: its costs and its limits, as a baseline knows them."""

from __future__ import annotations

from dataclasses import dataclass

from costcalc.analysis.figures import Figures
from costcalc.budget.rules import Rule


@dataclass(frozen=True, slots=True)
class Before:
    """A spec in a baseline. ``limits`` is None where the baseline does not know them; ``was`` is the spec's path then,
    where it had another one.
    """

    figures: Figures
    limits: tuple[Rule, ...] | None = None
    was: str = ""
