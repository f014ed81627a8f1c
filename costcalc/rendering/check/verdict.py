"""Verdicts in words, always with exact numbers: ``within budget: params 4,231,976 of 4,300,000 (98.4%)``."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costcalc.dtype import FLOAT32
from costcalc.metrics import metric_named
from costcalc.quantity import format_percent, listed
from costcalc.rendering.escape import terminal

if TYPE_CHECKING:
    from costcalc.budget import Loosened, Rule, Verdict

_WORDS = {"pass": "within budget", "warning": "near budget", "fail": "over budget", "skipped": "not checked"}


def verdict_line(verdict: Verdict) -> str:
    """One verdict for a terminal; where it is no pass, with the place of its limit."""
    place = "" if verdict.status in ("pass", "skipped") else _place(verdict)
    return terminal(place + sentence(verdict))


def sentence(verdict: Verdict) -> str:
    """One verdict in words, not escaped yet."""
    word = _WORDS[verdict.status]
    if _is_unkept_gain(verdict):
        word = f"well under its {'baseline' if verdict.kept is None else 'limit'}"
    what = f"{word}: {verdict.metric}{_given(verdict.rule)}"
    return f"{what}: there is no baseline" if verdict.limit is None else f"{what} {against(verdict)}"


def loosened_sentence(change: Loosened) -> str:
    """``limit raised: multiplies 25,000,000 → 1,000,000,000``, not escaped yet."""
    before, now = change.before, change.now
    name = rule_name(before) + _given(before)
    if now is None:
        return f"limit removed: {name} {_bound(before)}"
    if dict(now.arguments) != dict(before.arguments):
        return f"limit changed: {name} {_bound(before)} → {rule_name(now)}{_given(now)} {_bound(now)}"
    if not now.is_about_the_same(before):
        return f"limit changed: {name} {_bound(before)}: {_otherwise(before, now)}"
    if now.covers(before) and before.warn is not None:
        was = f"{name} {_bound(before)}, warn {_percent(before.warn)}"
        return (
            f"warning removed: {was}" if now.warn is None else f"warning raised: {was} → {_percent(now.warn)}"
        )
    word = "lowered" if before.kind == "reduction" else "raised"
    return f"limit {word}: {name} {_bound(before)} → {_bound(now)}"


def _otherwise(before: Rule, now: Rule) -> str:
    """Which files say something else than they did."""
    old, new = dict(before.contents), dict(now.contents)
    names = [str(value) for name, value in now.arguments if old.get(name) != new.get(name)]
    lack = " as the baseline has it" if old else " known to the baseline"
    return f"{listed(names)} is not{lack}"


def rule_name(rule: Rule) -> str:
    """What a rule limits, in one word: ``multiplies``, ``layers.conv*.params``, ``reduction.params``."""
    if rule.kind == "total":
        return rule.metric
    if rule.kind in ("layer", "share"):
        return f"layers.{rule.glob}.{rule.metric}" + (".share" if rule.kind == "share" else "")
    return f"{rule.kind}.{rule.metric}"


def _given(rule: Rule) -> str:
    """`` (on edge_tpu, batch 8)``: what the limit says of its metric; nothing where it says nothing."""
    return f" ({', '.join(_argument(*pair) for pair in rule.arguments)})" if rule.arguments else ""


def _argument(name: str, value: Any) -> str:
    if name == "dtype":
        return str(value.over(FLOAT32))
    return f"{'on' if name == 'device' else name} {value}"


def _bound(rule: Rule) -> str:
    if rule.kind == "reduction":
        return _factor(Fraction(rule.bound))
    exact = metric_named(rule.metric).unit.exact
    if rule.kind in ("share", "regression"):
        slack = f", or less than + {exact(rule.slack)}" if rule.slack > 1 else ""
        return f"{_percent(Fraction(rule.bound))}{slack}"
    return exact(rule.bound)


def _is_unkept_gain(verdict: Verdict) -> bool:
    return verdict.rule.kind == "ratchet" and verdict.status == "fail"


def messages(verdicts: Iterable[Verdict]) -> list[str]:
    """What the budgets say for the case that they are missed, each once."""
    said = [verdict.rule.message for verdict in verdicts if verdict.status == "fail"]
    return [terminal(message) for message in dict.fromkeys(said) if message]


def against(verdict: Verdict) -> str:
    """A value beside its limit, exactly: ``4,231,976 of 4,300,000 (98.4%)``."""
    rule, value, limit = verdict.rule, verdict.value, verdict.limit
    if rule.kind == "reduction":
        shown = "nothing to reduce" if value is None else _factor(Fraction(value))
        return f"{shown} of at least {_factor(Fraction(rule.bound))}"
    assert value is not None
    assert limit is not None
    unit, least = metric_named(rule.metric).unit, rule.kind == "ratchet"
    text = f"{unit.exact(value)} of {'at least ' if least else ''}{unit.exact(limit)} ({_limit_in_words(verdict)})"
    if verdict.status == "warning" and rule.warn is not None:
        return f"{text}, which warns from {_percent(rule.warn)} on"
    if verdict.status == "fail":
        return f"{text}, {unit.exact(verdict.excess)} {unit.too_few if least else unit.too_many}"
    return text


def _limit_in_words(verdict: Verdict) -> str:
    """What a limit is of: the value's share of it, or how it comes from another number."""
    rule, base, limit = verdict.rule, verdict.base, verdict.limit
    exact = metric_named(rule.metric).unit.exact
    if rule.kind == "share":
        return f"{_percent(Fraction(rule.bound))} of the whole"
    if base is not None:
        sign = "-" if rule.kind == "ratchet" else "+"
        slack = (
            f", or less than + {exact(rule.slack)}" if rule.kind == "regression" and rule.slack > 1 else ""
        )
        kept = verdict.kept
        origin = f"the baseline's {exact(base)}" if kept is None else f"the limit's {exact(kept)}"
        return f"{origin} {sign} {_percent(Fraction(rule.bound))}{slack}"
    return format_percent(Fraction(verdict.value or 0) / limit) if limit else "a limit of nothing"


def _percent(share: Fraction) -> str:
    """A limit's percentage as it was written: 1%, 0.25%."""
    percents = share * 100
    return f"{int(percents)}%" if percents.denominator == 1 else f"{float(percents):g}%"


def _factor(ratio: Fraction) -> str:
    """A reduction to four places, cut and not rounded: what is below a floor must not look equal to it."""
    text = f"{ratio * 10_000 // 1:05}"
    return f"{text[:-4]}.{text[-4:].rstrip('0').ljust(2, '0')}x"


def _place(verdict: Verdict) -> str:
    where = verdict.rule.location
    if where is not None:
        return f"{where.path}:{where.line}:{where.column}: "
    return f"{verdict.rule.flag}: " if verdict.rule.flag else ""
