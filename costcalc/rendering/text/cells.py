"""Cells of tables: numbers as they are printed. All arithmetic is on ints; halves round up."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from costcalc.metrics import Number, Unit, metric_named
from costcalc.quantity import format_si
from costcalc.rendering.escape import terminal
from costcalc.shape import Shape

NONE = "—"
_BAR_WIDTH = 8
_EIGHTHS = " ▏▎▍▌▋▊▉"


@lru_cache(maxsize=1024)
def si(value: int | None) -> str:
    """``569M``; a dash for what is not there."""
    return NONE if value is None else format_si(value)


def exact(value: int | None) -> str:
    """``568,740,352``; a dash for what is not there."""
    return NONE if value is None else f"{value:,}"


def printer(metric: str, exact: bool) -> Callable[[Number | None], str]:
    """What prints a metric's values in its unit; a dash for what is not there."""
    return _printer(metric_named(metric).unit, exact)


@lru_cache(maxsize=16)
def _printer(unit: Unit, exact: bool) -> Callable[[Number | None], str]:
    text = unit.exact if exact else unit.short
    return lru_cache(maxsize=1024)(lambda value: NONE if value is None else text(value))


@lru_cache(maxsize=1024)
def reduction(standard: Number | None, other: Number | None) -> str:
    """standard ÷ other, ``8.56x``, or a dash where that means nothing."""
    if not standard or not other:
        return NONE
    hundredths = int((200 * standard + other) // (2 * other))
    return f"{hundredths // 100}.{hundredths % 100:02}x"


def theory(ratio: Fraction | None) -> str:
    """What separable is of standard in theory, ``11.89%``, or a dash."""
    return NONE if ratio is None else _hundredths(ratio.numerator, ratio.denominator)


@lru_cache(maxsize=1024)  # by ints: the hash of a fraction takes longer than all the rest
def _hundredths(part: int, whole: int) -> str:
    scaled = (20_000 * part + whole) // (2 * whole)
    return f"{scaled // 100}.{scaled % 100:02}%"


def percent(part: Number, whole: Number) -> str:
    """``37.9%``, or a dash for a part of nothing."""
    if not whole:
        return NONE
    tenths = int((2000 * part + whole) // (2 * whole))
    return f"{tenths // 10}.{tenths % 10}%"


@lru_cache(maxsize=1024)
def share(part: Number, whole: Number, longest: Number) -> str:
    """``37.9% ███``: the part of the whole, and a bar that is full for the longest part."""
    if not whole:
        return NONE
    return f"{percent(part, whole):>6} {bar(part, longest)}".rstrip()


@lru_cache(maxsize=1024)
def short_share(part: Number, whole: Number, longest: Number) -> str:
    """``38% ████``: the same in whole percents, with a bar half as long."""
    if not whole:
        return NONE
    percents = int((200 * part + whole) // (2 * whole))
    return f"{percents:>3}% {bar(part, longest, _BAR_WIDTH // 2)}".rstrip()


def saved(before: Number, after: Number) -> str:
    """``66.5%``: what of ``before`` is saved; below zero where there is more ``after``."""
    if not before:
        return NONE
    gain = before - after
    return f"-{percent(-gain, before)}" if gain < 0 else percent(gain, before)


@lru_cache(maxsize=256)
def shape(output: Shape) -> str:
    """``112x112x64``."""
    return str(output)


def bar(part: Number, longest: Number, width: int = _BAR_WIDTH) -> str:
    """A bar as long as a part is against the longest one, in eighths of a character; never empty but for 0."""
    if not part or not longest:
        return ""
    full, eighths = divmod(max(1, int(part * 8 * width // longest)), 8)
    return ("█" * full + _EIGHTHS[eighths]).rstrip()


@lru_cache(maxsize=1024)
def name(text: str) -> str:
    """A stranger's name as a cell."""
    return text if text.isidentifier() else terminal(text)
