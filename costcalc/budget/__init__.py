"""Budgets: the limits that hold for a network, and whether they do."""

from costcalc.budget.outcome import Outcome, SpecOutcome, SpecStatus
from costcalc.budget.rules import Rule, merged, ratchet, rules_of
from costcalc.budget.verdict import Verdict, check, unmatched

__all__ = [
    "Outcome",
    "Rule",
    "SpecOutcome",
    "SpecStatus",
    "Verdict",
    "check",
    "merged",
    "ratchet",
    "rules_of",
    "unmatched",
]
