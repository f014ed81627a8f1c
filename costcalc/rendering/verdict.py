"""Verdicts in words, always with exact numbers: ``within budget: params 4,231,976 of 4,300,000 (98.4%)``."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from costcalc.budget import Verdict
from costcalc.quantity import format_percent
from costcalc.rendering.escape import terminal

_WORDS = {"pass": "within budget", "warning": "near budget", "fail": "over budget", "skipped": "not checked"}


def verdict_line(verdict: Verdict) -> str:
    """One verdict for a terminal; where it is no pass, with the place of its limit."""
    place = "" if verdict.status in ("pass", "skipped") else _place(verdict)
    return terminal(place + sentence(verdict))


def sentence(verdict: Verdict) -> str:
    """One verdict in words, not escaped yet."""
    what = f"{_WORDS[verdict.status]}: {verdict.metric}"
    return f"{what}: there is no baseline" if verdict.limit is None else f"{what} {against(verdict)}"


def messages(verdicts: Iterable[Verdict]) -> list[str]:
    """What the budgets say for the case that they are missed, each once."""
    said = [verdict.rule.message for verdict in verdicts if verdict.status == "fail"]
    return [terminal(message) for message in dict.fromkeys(said) if message]


def against(verdict: Verdict) -> str:
    """A value beside its limit: ``4,231,976 of 4,300,000 (98.4%)``."""
    value, limit = verdict.value, verdict.limit
    if verdict.rule.kind == "reduction":
        assert limit is not None
        shown = "—" if value is None else _factor(Fraction(value))
        return f"{shown} of at least {_factor(Fraction(limit))}"
    assert isinstance(value, int)
    assert isinstance(limit, int)
    least = "at least " if verdict.rule.kind == "ratchet" else ""
    text = f"{value:,} of {least}{limit:,}"
    if limit:
        text += f" ({format_percent(Fraction(value, limit))})"
    if verdict.status == "warning" and verdict.rule.warn is not None:
        return f"{text}, which warns from {format_percent(verdict.rule.warn)} on"
    return (
        f"{text}, {verdict.excess:,} too {'few' if least else 'many'}" if verdict.status == "fail" else text
    )


def _factor(ratio: Fraction) -> str:
    """A reduction to four places, cut and not rounded: what is below a floor must not look equal to it."""
    text = f"{ratio * 10_000 // 1:05}"
    return f"{text[:-4]}.{text[-4:].rstrip('0').ljust(2, '0')}x"


def _place(verdict: Verdict) -> str:
    where = verdict.rule.location
    if where is not None:
        return f"{where.path}:{where.line}:{where.column}: "
    return f"{verdict.rule.flag}: " if verdict.rule.flag else ""
