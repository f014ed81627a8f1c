"""The ledger: each mistake once, at most so many, and none where the frame has one."""

from __future__ import annotations

import pytest

from costcalc.errors import MAX_PROBLEMS, Problem
from costcalc.network.ledger import Ledger, TooManyProblemsError


def test_a_mistake_is_noted_once_at_each_place() -> None:
    ledger = Ledger()
    for route in (("a",), ("a",), ("b",)):
        ledger.note(Problem("wrong", route))
    ledger.note(Problem("wrong in another way", ("a",)))
    assert [(problem.message, problem.route) for problem in ledger.problems] == [
        ("wrong", ("a",)),
        ("wrong", ("b",)),
        ("wrong in another way", ("a",)),
    ]
    assert ledger.warnings == []


def test_warnings_are_kept_apart() -> None:
    ledger = Ledger()
    ledger.note(Problem("odd", ("a",), severity="warning"))
    assert ledger.problems == []
    assert [problem.message for problem in ledger.warnings] == ["odd"]


def test_what_the_frame_says_already_is_not_said_again() -> None:
    ledger = Ledger([Problem("no list of sizes", ("inputs", "a", 3))])
    for route in (("inputs", "a", 3), ("inputs", "a"), ("inputs",)):
        ledger.note(Problem("more", route))
    assert [problem.message for problem in ledger.problems] == ["no list of sizes", "more"]
    assert ledger.problems[1].route == ("inputs",)


def test_the_rest_is_left_out() -> None:
    ledger = Ledger()
    for number in range(MAX_PROBLEMS):
        ledger.note(Problem("wrong", (number,)))
    with pytest.raises(TooManyProblemsError):
        ledger.note(Problem("wrong", (MAX_PROBLEMS,)))
    assert len(ledger.problems) == MAX_PROBLEMS + 1
    assert ledger.problems[-1].message == f"more than {MAX_PROBLEMS} problems; the rest is left out"


def test_warnings_without_end_stop_nothing() -> None:
    ledger = Ledger()
    for number in range(2 * MAX_PROBLEMS):
        ledger.note(Problem("odd", (number,), severity="warning"))
    assert len(ledger.warnings) == MAX_PROBLEMS + 1
    assert ledger.warnings[-1].message == f"more than {MAX_PROBLEMS} warnings; the rest is left out"


def test_the_same_mistake_without_end_stops_all() -> None:
    ledger = Ledger([Problem("wrong", ("a",))])
    assert ledger.is_new("x")
    for _ in range(1000):
        assert not ledger.is_new("x")
    with pytest.raises(TooManyProblemsError):
        ledger.is_new("x")
