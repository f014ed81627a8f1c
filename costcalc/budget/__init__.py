"""Budgets: the limits that hold for a network, and whether they do."""

from costcalc.budget.rules import Rule, merged, rules_of
from costcalc.budget.verdict import Verdict, check, unmatched

__all__ = ["Rule", "Verdict", "check", "merged", "rules_of", "unmatched"]
