from __future__ import annotations

from collections.abc import Iterable

import pytest

from costcalc.errors import Location, Problem
from costcalc.reading.document import parse
from costcalc.rendering.problems import render_problem, render_problems


def at(line: str, start: int, length: int, message: str = "m", *, number: int = 7) -> str:
    """The rendering of a problem at a place in a line."""
    return render_problem(Problem(message, location=Location("x", number, start + 1, length, line)))


def lines(*text: str) -> str:
    return "\n".join(text)


def test_all_parts_of_a_problem() -> None:
    found = parse("layers:\n  - {type: conv, kernal_size: 3}\n\n\n\n\n\n\n\n  - {type: b}\n", "net.yaml")
    problem = Problem(
        'unknown field "kernal_size"; did you mean "kernel_size"?',
        route=("layers", 0, "kernal_size"),
        at="key",
        hint="fields: bias, kernel_size",
        used=(("layers", 1), ("layers", 0)),
    )
    (placed,) = found.place([problem])
    assert render_problem(placed) == lines(
        'net.yaml:2:18: error: unknown field "kernal_size"; did you mean "kernel_size"?',
        "  2 |   - {type: conv, kernal_size: 3}",
        "    |                  ^^^^^^^^^^^",
        "    = fields: bias, kernel_size",
        "    = used at line 10, through line 2",
    )


def test_line_numbers_of_any_length() -> None:
    assert at("a: 1", 3, 1, number=1234) == lines("x:1234:4: error: m", "  1234 | a: 1", "       |    ^")


def test_problems_without_a_place() -> None:
    assert render_problem(Problem("m", severity="warning")) == "warning: m"
    assert render_problem(Problem("m", route=("layers", 3, "stride"), hint="h")) == lines(
        "layers[3].stride: error: m", "  = h"
    )


def test_an_empty_line_is_not_shown() -> None:
    assert at("", 0, 1) == "x:7:1: error: m"
    assert at(" \t", 0, 1) == "x:7:1: error: m"


def test_several_problems() -> None:
    problems: Iterable[Problem] = iter([Problem("a"), Problem("b")])
    assert render_problems(problems) == "error: a\n\nerror: b"
    assert render_problems([]) == ""


@pytest.mark.parametrize(
    ("line", "start", "length", "shown", "marks"),
    [
        ("a: bc", 3, 2, "a: bc", "   ^^"),
        ("a:", 2, 1, "a:", "  ^"),  # behind the line
        ("a: b  ", 5, 1, "a: b", "     ^"),
        ("\ta:\tb", 4, 1, "    a:    b", "          ^"),
        ("\ta", 0, 1, "    a", "^^^^"),
        ("名前: x", 4, 1, "名前: x", "      ^"),
        ("a: 名前", 3, 2, "a: 名前", "   ^^^^"),
        ("ｆ: x", 3, 1, "ｆ: x", "    ^"),
        ("e\u0301: x", 4, 1, "e\u0301: x", "   ^"),
        ("e\u0301: x", 0, 2, "e\u0301: x", "^"),
        ("\u0301: x", 0, 1, "\u0301: x", "^"),
        ("\u202ea: x", 4, 1, "\\u202ea: x", "         ^"),
        ("a: \x1b[31m", 3, 1, "a: \\x1b[31m", "   ^^^^"),
        ("\ufeffa\U000e0041b", 3, 1, "\\ufeffa\\U000e0041b", "                 ^"),
        ("##[a] b", 6, 1, "##\\[a] b", "       ^"),
        ("##vso[a] b", 9, 1, "##\\vso[a] b", "          ^"),
        ("##[a]", 2, 1, "##\\[a]", "   ^"),
        ("::a", 0, 3, "::a", "^^^"),
    ],
)
def test_marks_stand_under_their_place(line: str, start: int, length: int, shown: str, marks: str) -> None:
    assert at(line, start, length) == lines(f"x:7:{start + 1}: error: m", f"  7 | {shown}", f"    | {marks}")


def test_marks_in_a_line_that_is_cut() -> None:
    found = parse("a: [" + "b, " * 100 + "here, " + "c, " * 100 + "]", "x")
    (placed,) = found.place([Problem("m", ("a", 100))])
    _, excerpt, marks = render_problem(placed).split("\n")
    assert excerpt.startswith("  1 | …")
    assert excerpt.endswith("…")
    assert len(excerpt) < 140
    start = marks.index("^")
    assert excerpt[start : start + marks.count("^")] == "here"
    assert placed.location is not None
    assert placed.location.column == 305


def test_all_that_is_shown_is_escaped() -> None:
    place = Location("::p\n", 1, 1, 1, "\x1b ##[x")
    shown = render_problem(Problem("m\n::error::\u202e##[", hint="h\n::x", location=place))
    assert shown == lines(
        "\\::p\\x0a:1:1: error: m\\x0a::error::\\u202e##\\[",
        "  1 | \\x1b ##\\[x",
        "    | ^^^^",
        "    = h\\x0a::x",
    )
