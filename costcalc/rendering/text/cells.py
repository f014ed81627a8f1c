"""Cells of tables: numbers as they are printed. All arithmetic is on ints; halves round up."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

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


@lru_cache(maxsize=1024)
def reduction(standard: int | None, other: int | None) -> str:
    """standard ÷ other, ``8.56x``, or a dash where that means nothing."""
    if not standard or not other:
        return NONE
    hundredths = (200 * standard + other) // (2 * other)
    return f"{hundredths // 100}.{hundredths % 100:02}x"


def theory(ratio: Fraction | None) -> str:
    """What separable is of standard in theory, ``11.89%``, or a dash."""
    return NONE if ratio is None else _hundredths(ratio.numerator, ratio.denominator)


@lru_cache(maxsize=1024)  # by ints: the hash of a fraction takes longer than all the rest
def _hundredths(part: int, whole: int) -> str:
    scaled = (20_000 * part + whole) // (2 * whole)
    return f"{scaled // 100}.{scaled % 100:02}%"


def percent(part: int, whole: int) -> str:
    """``37.9%``, or a dash for a part of nothing."""
    if not whole:
        return NONE
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


@lru_cache(maxsize=1024)
def share(part: int, whole: int, longest: int) -> str:
    """``37.9% ███``: the part of the whole, and a bar that is full for the longest part."""
    if not whole:
        return NONE
    return f"{percent(part, whole):>6} {_bar(part, longest)}".rstrip()


@lru_cache(maxsize=256)
def shape(output: Shape) -> str:
    """``112x112x64``."""
    return str(output)


def _bar(part: int, longest: int) -> str:
    """A bar as long as a part is against the longest one, in eighths of a character; never empty but for 0."""
    if not part or not longest:
        return ""
    full, eighths = divmod(max(1, part * 8 * _BAR_WIDTH // longest), 8)
    return ("█" * full + _EIGHTHS[eighths]).rstrip()


@lru_cache(maxsize=1024)
def name(text: str) -> str:
    """A stranger's name as a cell."""
    return text if text.isidentifier() else terminal(text)
