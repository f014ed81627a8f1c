"""Limits that let pass more than they did before, without a fault or without a warning, or are gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from costcalc.budget.rules import Rule


@dataclass(frozen=True, slots=True)
class Loosened:
    """A limit as it was, and as it is now; None where it was removed."""

    before: Rule
    now: Rule | None


def loosened(before: Iterable[Rule], now: Iterable[Rule]) -> list[Loosened]:
    """The limits that were loosened or removed, in the order in which they stood."""
    current = {rule.key: rule for rule in now}
    pairs = [(rule, current.get(rule.key)) for rule in before]
    return [Loosened(old, new) for old, new in pairs if new is None or not _holds(new, old)]


def _holds(new: Rule, old: Rule) -> bool:
    return new.covers(old) and new.warns_as_early(old)
