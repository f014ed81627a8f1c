"""What many specs came to: what is worst, what counts, what was never looked at."""

from __future__ import annotations

import pytest

import costcalc.budget
from costcalc import analyze, loads
from costcalc.analysis.figures import figures
from costcalc.budget import Outcome, Rule, SpecOutcome, Verdict
from costcalc.budget.loosened import Loosened
from costcalc.budget.outcome import never_matched
from costcalc.errors import Problem

RULE = Rule("total", "params", 1)
OTHER = Rule("total", "multiplies", 1)
GLOB = Rule("layer", "params", 1, "x*")
PROBLEM = Problem("wrong")
LOOSER = (Loosened(RULE, None),)
ANALYSIS = analyze(loads("input: 8x8x1\nlayers:\n  - {type: conv, out_channels: 1, kernel_size: 3}\n"))


def of(*statuses: str, rule: Rule = RULE) -> tuple[Verdict, ...]:
    return tuple(Verdict(rule, 1, None if status == "skipped" else 1, status) for status in statuses)


@pytest.mark.parametrize(
    ("spec", "status", "over", "near", "failed", "warned"),
    [
        (SpecOutcome("a"), "pass", False, False, False, False),
        (SpecOutcome("a", verdicts=of("pass", "skipped")), "pass", False, False, False, False),
        (SpecOutcome("a", verdicts=of("pass", "warning")), "warning", False, True, False, True),
        (SpecOutcome("a", verdicts=of("warning", "fail")), "fail", True, True, True, True),
        (SpecOutcome("a", verdicts=of("fail")), "fail", True, False, True, False),
        (SpecOutcome("a", verdicts=of("fail"), problems=(PROBLEM,)), "broken", True, False, True, False),
        (SpecOutcome("a", warnings=(PROBLEM,)), "warning", False, False, False, True),
        (SpecOutcome("a", loosened=LOOSER), "warning", False, False, False, True),
        (SpecOutcome("a", loosened=LOOSER, locked=True), "fail", False, False, True, True),
        (SpecOutcome("a", locked=True), "pass", False, False, False, False),
    ],
)
def test_the_worst_there_is_to_say(
    spec: SpecOutcome, status: str, over: bool, near: bool, failed: bool, warned: bool
) -> None:
    assert (spec.status, spec.is_over, spec.is_near, spec.failed, spec.warned) == (
        status,
        over,
        near,
        failed,
        warned,
    )
    assert (Outcome((spec,)).failed, Outcome((spec,)).warned) == (failed, warned)


def test_limits_are_counted_once_and_only_those_that_were_applied() -> None:
    verdicts = of("pass", "fail") + of("skipped", rule=OTHER) + of("pass", "pass", rule=GLOB)
    assert SpecOutcome("a", verdicts=verdicts).limits == 2
    assert SpecOutcome("a", verdicts=of("warning")).limits == 1
    assert SpecOutcome("a", verdicts=of("skipped")).limits == 0


def test_an_outcome() -> None:
    specs = (
        SpecOutcome("pass"),
        SpecOutcome("warning", verdicts=of("warning")),
        SpecOutcome("fail", verdicts=of("fail")),
        SpecOutcome("broken", problems=(PROBLEM,)),
        SpecOutcome("pass too"),
    )
    outcome = Outcome(specs)
    assert [spec.path for spec in outcome.by_status()] == ["broken", "fail", "warning", "pass", "pass too"]
    assert outcome.counts == {"pass": 2, "warning": 1, "fail": 1, "broken": 1}
    assert (outcome.failed, outcome.warned, outcome.is_broken) == (True, True, True)


@pytest.mark.parametrize(
    ("outcome", "failed", "warned", "broken"),
    [
        (Outcome(()), False, False, False),
        (Outcome((), problems=(PROBLEM,)), False, False, True),
        (Outcome((), warnings=(PROBLEM,)), False, True, False),
        (Outcome((SpecOutcome("a", problems=(PROBLEM,)), SpecOutcome("b"))), False, False, True),
        (Outcome((SpecOutcome("a"), SpecOutcome("b", verdicts=of("fail")))), True, False, False),
        (Outcome((SpecOutcome("a"), SpecOutcome("b", verdicts=of("warning")))), False, True, False),
    ],
)
def test_a_whole_check(outcome: Outcome, failed: bool, warned: bool, broken: bool) -> None:
    assert (outcome.failed, outcome.warned, outcome.is_broken) == (failed, warned, broken)


def test_nothing_is_assumed_of_an_outcome() -> None:
    assert Outcome(()) == Outcome((), None, (), (), (), ())
    assert SpecOutcome("a") == SpecOutcome("a", None, (), (), None, "", False, (), (), (), False)


def test_a_comparison_needs_both() -> None:
    before = figures(ANALYSIS)
    assert SpecOutcome("a", ANALYSIS).comparison is None
    assert SpecOutcome("a", before=before).comparison is None
    found = SpecOutcome("a", ANALYSIS, before=before)
    assert found.comparison is not None
    assert found.comparison.is_empty
    assert found.comparison is found.comparison, "made once"


def test_globs_that_match_nowhere() -> None:
    used = Verdict(GLOB, 1, 1, "pass", "x1")
    lost = SpecOutcome("a", ANALYSIS, unmatched=(GLOB,))
    assert never_matched([lost]) == [GLOB]
    assert never_matched([lost, SpecOutcome("b", ANALYSIS, unmatched=(GLOB,))]) == [GLOB]
    assert never_matched([lost, SpecOutcome("b", ANALYSIS, verdicts=(used,))]) == []
    equal = Rule("layer", "params", 1, "x*")
    assert never_matched([lost, SpecOutcome("b", ANALYSIS, verdicts=(Verdict(equal, 1, 1, "pass"),))]) == [
        GLOB
    ]
    assert never_matched([SpecOutcome("a", unmatched=(GLOB,))]) == [], "a broken spec says nothing"


def test_names_of_the_room() -> None:
    assert {name for name in costcalc.budget.__all__ if getattr(costcalc.budget, name) is None} == set()
    with pytest.raises(AttributeError, match=r"module 'costcalc\.budget' has no attribute 'nothing'"):
        _ = costcalc.budget.nothing
