"""Tables as lines: alignment by what a terminal shows, notes under their rows, a rule before the total."""

from __future__ import annotations

import pytest

from costcalc.rendering.text.folding import cell_width, folded
from costcalc.rendering.text.layout import Column, Line, lay_out, least_width, table_width

COLUMNS = (Column("name", ("a", "漢字漢字", "e\u0301×2"), left=True), Column("n", ("1", "1,000", "—")))


def test_columns_are_aligned_by_their_width_on_a_terminal() -> None:
    assert [*lay_out(COLUMNS)] == [
        Line("header", "name          n"),
        Line("rule", "---------------"),
        Line("row", "a             1"),
        Line("row", "漢字漢字  1,000"),
        Line("row", "e\u0301×2           —"),
    ]
    assert table_width(COLUMNS) == 15


def test_notes_stand_under_their_row_and_a_rule_before_the_total() -> None:
    assert [line.text for line in lay_out(COLUMNS, ("row", "row", "total"), {1: ["one", "two"]})] == [
        "name          n",
        "---------------",
        "a             1",
        "漢字漢字  1,000",
        "  one",
        "  two",
        "---------------",
        "e\u0301×2           —",
    ]


def test_names_too_long_for_a_terminal_stand_on_lines_of_their_own() -> None:
    long = "a" * 40
    columns = (Column("name", ("b" * 20, long, "total"), left=True), Column("n", ("1", "2", "3")))
    assert table_width(columns) == 43
    assert least_width(columns) == 23
    for width in (23, 10):
        assert [*lay_out(columns, ("row", "row", "total"), {1: ["note"]}, width=width)] == [
            Line("header", "name                  n"),
            Line("rule", "-" * 23),
            Line("row", "b" * 20 + "  1"),
            Line("row", long),
            Line("row", " " * 22 + "2"),
            Line("note", "  note"),
            Line("rule", "-" * 23),
            Line("total", "total                 3"),
        ]
    assert [*lay_out(columns, width=43)] == [*lay_out(columns)]


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("—×█▏", 4), ("漢字", 4), ("e\u0301", 1), ("ｆ", 2), ("é", 1)]
)
def test_the_width_of_a_text(text: str, width: int) -> None:
    assert cell_width(text) == width


def test_a_group_s_name_has_room_above_its_columns() -> None:
    columns = (Column("name", ("a", "b")), Column("n", ("1", "22"), group="operations"))
    assert [line.text for line in lay_out(columns, ruled=False)] == [
        "      operations",
        "name           n",
        "   a           1",
        "   b          22",
    ]
    assert table_width(columns) == 16


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two  three", 8, ["> one", "  two", "  three"]),
        ("one two  three", 16, ["> one two  three"]),
        ("一二 三四 ab", 9, ["> 一二", "  三四 ab"]),
        ("e\u0301e\u0301 e\u0301", 6, ["> e\u0301e\u0301 e\u0301"]),
        ("abcdefghijkl m", 6, ["> abcdefghijkl", "  m"]),
        ("a b", None, ["> a b"]),
    ],
)
def test_lines_end_between_words_by_what_a_terminal_shows(
    text: str, width: int | None, lines: list[str]
) -> None:
    assert folded(text, width, "> ", "  ") == lines
