"""Budgets: the limits that hold for a network, and whether they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costcalc.budget.rules import Rule, merged, ratchet, rules_of, tightened
from costcalc.budget.verdict import Verdict, check, unmatched

if TYPE_CHECKING:
    from costcalc.budget.loosened import Loosened
    from costcalc.budget.outcome import Outcome, SpecOutcome, SpecStatus

__all__ = [
    "Loosened",
    "Outcome",
    "Rule",
    "SpecOutcome",
    "SpecStatus",
    "Verdict",
    "check",
    "merged",
    "ratchet",
    "rules_of",
    "tightened",
    "unmatched",
]


def __getattr__(name: str) -> object:
    """What many specs came to is imported when it is asked for (PEP 562): one spec needs no comparison."""
    if name in __all__:
        from costcalc.budget import outcome

        return getattr(outcome, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
