from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costcalc.reading.source import Source

ENDS = re.compile(r"\r\n|\r|\n")


@pytest.mark.parametrize(
    ("text", "offset", "line", "column", "excerpt"),
    [
        ("", 0, 1, 1, ""),
        ("ab\ncd", 3, 2, 1, "cd"),
        ("ab\r\ncd\r\n", 5, 2, 2, "cd"),
        ("ab\rcd", 4, 2, 2, "cd"),
        ("ab\r\rcd", 3, 2, 1, ""),
        ("ab\n\rcd", 4, 3, 1, "cd"),
        ("ab\n", 3, 2, 1, ""),
        ("\tab", 1, 1, 2, "\tab"),
        ("\U0001f600é x", 3, 1, 4, "\U0001f600é x"),
        ("a\u2028b\x0bc\x85d", 6, 1, 7, "a\u2028b\x0bc\x85d"),
    ],
)
def test_where_an_offset_stands(text: str, offset: int, line: int, column: int, excerpt: str) -> None:
    place = Source("x", text).location(offset, offset + 1)
    assert (place.line, place.column, place.excerpt) == (line, column, excerpt)


@given(st.text("ab\r\n", max_size=40), st.data())
def test_lines_are_those_of_an_editor_in_whatever_order_one_asks(text: str, data: st.DataObject) -> None:
    source = Source("x", text)
    for offset in data.draw(st.lists(st.integers(0, len(text)), max_size=6)):
        if text[offset - 1 : offset + 1] == "\r\n":
            continue  # between the two there is no place
        before = ENDS.split(text[:offset])
        place = source.location(offset, offset + 1)
        assert (place.line, place.column) == (len(before), len(before[-1]) + 1)
        assert place.excerpt == ENDS.split(text)[len(before) - 1]


@pytest.mark.parametrize("column", [1, 2, 59, 60, 61, 62, 63, 120, 121, 122, 500, 939, 940, 941, 999, 1000])
@pytest.mark.parametrize("tail", ["", "\nnext", "\r\nnext"])
def test_long_lines_are_cut_around_the_place(column: int, tail: str) -> None:
    line = "".join(chr(0x4E00 + n) for n in range(1000))
    place = Source("x", "first\n" + line + tail).location(6 + column - 1, 6 + column + 2)
    assert (place.line, place.column) == (2, column)
    assert len(place.excerpt) <= 122
    assert place.excerpt[column - 1 - place.shift] == line[column - 1]
    assert place.excerpt.strip("…") in line
    assert place.excerpt.startswith("…") != line.startswith(place.excerpt[:1])
    assert place.excerpt.endswith("…") != line.endswith(place.excerpt[-1:])


def test_lines_of_usual_length_are_whole() -> None:
    line = "x" * 120
    assert Source("x", line + "\n").location(119, 120).excerpt == line


def test_a_place_ends_with_its_line() -> None:
    assert Source("x", "ab\ncd").location(1, 5).length == 1
    assert Source("x", "ab\r\ncd").location(0, 6).length == 2
    assert Source("x", "ab").location(2, 2).length == 1
