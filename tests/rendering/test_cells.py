"""Cells: numbers as they are printed, against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costcalc.quantity import format_percent, format_ratio
from costcalc.rendering.text import cells
from costcalc.shape import Shape

counts = st.integers(0, 10**30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (cells.si(568_740_352), "569M"),
        (cells.si(0), "0"),
        (cells.si(None), "—"),
        (cells.exact(568_740_352), "568,740,352"),
        (cells.exact(None), "—"),
        (cells.reduction(4_867_293_184, 568_740_352), "8.56x"),
        (cells.reduction(1, 0), "—"),
        (cells.reduction(0, 1), "—"),
        (cells.reduction(None, 1), "—"),
        (cells.reduction(1, 200), "0.01x"),
        (cells.theory(Fraction(73, 576)), "12.67%"),
        (cells.theory(Fraction(10, 9)), "111.11%"),
        (cells.theory(Fraction(1, 20_000)), "0.01%"),
        (cells.theory(None), "—"),
        (cells.percent(1, 3), "33.3%"),
        (cells.percent(1, 2000), "0.1%"),
        (cells.percent(1, 0), "—"),
        (cells.share(1, 2, 1), " 50.0% ████████"),
        (cells.share(1, 1000, 500), "  0.1% ▏"),
        (cells.share(0, 2, 1), "  0.0%"),
        (cells.share(2, 2, 0), "100.0%"),
        (cells.share(0, 0, 0), "—"),
        (cells.name("conv_1"), "conv_1"),
        (cells.name("a\nb"), r"a\x0ab"),
        (cells.shape(Shape((112, 96), 64)), "112x96x64"),
    ],
)
def test_a_cell(text: str, expected: str) -> None:
    assert text == expected


@given(counts.filter(bool), counts.filter(bool))
def test_a_reduction_is_rounded_as_a_fraction_is(standard: int, other: int) -> None:
    assert cells.reduction(standard, other) == format_ratio(Fraction(standard, other))


@given(counts, counts.filter(bool))
def test_a_percentage_is_rounded_as_a_fraction_is(part: int, whole: int) -> None:
    assert cells.percent(part, whole) == format_percent(Fraction(part, whole))


@given(st.integers(1, 10**18), st.integers(1, 10**18))
def test_a_bar_is_never_longer_than_the_longest_nor_empty(part: int, other: int) -> None:
    longest = max(part, other)
    bar = cells.share(part, longest, longest).partition("% ")[2]
    assert 1 <= len(bar) <= 8
    assert (bar == "█" * 8) or part < longest
