"""Budgets as rules: which limits there are, which of several holds, which is the tighter."""

from __future__ import annotations

import pickle
from dataclasses import fields, is_dataclass
from fractions import Fraction

import pytest

from costcalc.analysis.figures import Figures
from costcalc.application.load import parse_document
from costcalc.budget import Rule, Verdict, merged, ratchet, rules_of, tightened
from costcalc.budget.before import Before
from costcalc.budget.loosened import Loosened, loosened
from costcalc.budget.outcome import Outcome, SpecOutcome
from costcalc.budget.rules import in_force

KINDS = ("total", "ceiling", "layer", "share", "reduction", "regression", "ratchet")
TEXT = """\
input: 8x8x1
layers:
  - {type: conv, out_channels: 1, kernel_size: 3, bias: true}
budget:
  multiplies: {max: 600, warn: 90%}
  params: 10
  layers: {"conv*": {multiplies: 576, params: {max: 10, max_share: 50%}}}
  reduction: {multiplies: 8x}
  regression: {multiplies: {max_increase: 1%, and_at_least: 5}, params: 0%}
  message: Ask.
"""


def rules() -> list[Rule]:
    loaded = parse_document(TEXT, "a.yaml")
    return rules_of(loaded.network.spec.budget, loaded.document.locate)


def test_the_rules_of_a_budget_in_order_with_their_places() -> None:
    found = [
        (
            rule.kind,
            rule.metric,
            rule.bound,
            rule.glob,
            rule.warn,
            rule.slack,
            rule.location and rule.location[1:3],
        )
        for rule in rules()
    ]
    assert found == [
        ("total", "multiplies", 600, "", Fraction(9, 10), 0, (5, 21)),
        ("total", "params", 10, "", None, 0, (6, 11)),
        ("layer", "multiplies", 576, "conv*", None, 0, (7, 34)),
        ("layer", "params", 10, "conv*", None, 0, (7, 53)),
        ("share", "params", Fraction(1, 2), "conv*", None, 0, (7, 68)),
        ("reduction", "multiplies", Fraction(8), "", None, 0, (8, 27)),
        ("regression", "multiplies", Fraction(1, 100), "", None, 5, (9, 43)),
        ("regression", "params", Fraction(0), "", None, 0, (9, 73)),
    ]
    assert {rule.message for rule in rules()} == {"Ask."}
    assert {rule.flag for rule in rules()} == {""}


def test_where_a_glob_stands() -> None:
    places = [rule.glob_location for rule in rules()]
    assert [place and place[1:3] for place in places] == [
        None,
        None,
        (7, 12),
        (7, 12),
        (7, 12),
        None,
        None,
        None,
    ]
    assert Rule("layer", "params", 1, "x").glob_location is None
    assert Rule("layer", "params", 1, "x").location is None


def test_no_budget_has_no_rules() -> None:
    assert rules_of(None, lambda route, at="value": None) == []


def test_which_rules_need_a_baseline() -> None:
    assert [kind for kind in KINDS if Rule(kind, "params", 1).needs_baseline] == ["regression", "ratchet"]


def test_ratchet() -> None:
    found = [(rule.kind, rule.metric, rule.bound, rule.flag) for rule in ratchet()]
    assert found == [
        ("ratchet", "multiplies", Fraction(1, 100), "--ratchet"),
        ("ratchet", "params", Fraction(1, 100), "--ratchet"),
    ]


A = Rule("total", "params", 10)
B = Rule("total", "params", 20)
C = Rule("total", "multiplies", 10)
CEILING = Rule("ceiling", "params", 15)
LAYER = Rule("layer", "params", 10, "a")
OTHER = Rule("layer", "params", 10, "b")


@pytest.mark.parametrize(
    ("budgets", "expected"),
    [
        ([], []),
        ([[A, B]], [B]),
        ([[A], [B]], [B]),
        ([[B], [A]], [A]),
        ([[A, C], [B]], [B, C]),
        ([[A], [CEILING], [B]], [B, CEILING]),
        ([[LAYER], [OTHER]], [LAYER, OTHER]),
    ],
)
def test_the_last_one_counts_limit_by_limit(budgets: list[list[Rule]], expected: list[Rule]) -> None:
    assert merged(*budgets) == expected


def total(bound: int, flag: str = "") -> Rule:
    return Rule("total", "params", bound, flag=flag)


def warned(bound: int, percent: int) -> Rule:
    return Rule("total", "params", bound, warn=Fraction(percent, 100))


def growth(bound: str, slack: int = 0, flag: str = "") -> Rule:
    return Rule("regression", "params", Fraction(bound), slack=slack, flag=flag)


def floor(bound: int) -> Rule:
    return Rule("reduction", "params", Fraction(bound))


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        (total(9), total(10), True),
        (total(10), total(10), True),
        (total(11), total(10), False),
        *((Rule(kind, "params", 9), Rule(kind, "params", 10), True) for kind in KINDS if kind != "reduction"),
        *((Rule(kind, "params", 10), Rule(kind, "params", 9), kind == "reduction") for kind in KINDS),
        (floor(9), floor(10), False),
        (floor(10), floor(10), True),
        (floor(11), floor(10), True),
        (growth("1/100"), growth("2/100"), True),
        (growth("1/100", 5), growth("2/100"), False),
        (growth("1/100"), growth("1/100", 5), True),
        (growth("1/100", 5), growth("1/100", 5), True),
        (growth("2/100"), growth("1/100", 5), False),
    ],
)
def test_covers(one: Rule, other: Rule, covers: bool) -> None:
    assert one.covers(other) is covers


def test_a_limit_of_other_numbers_covers_nothing() -> None:
    one, two = (Rule("total", "time", 9, arguments=(("batch", batch),)) for batch in (1, 2))
    assert (one.covers(one), one.covers(two), two.covers(one)) == (True, False, False)
    assert not one.covers(Rule("total", "time", 9))


@pytest.mark.parametrize(
    ("own", "further", "expected"),
    [
        ([total(10)], [], [total(10)]),
        ([], [total(10, "-f")], [total(10, "-f")]),
        ([total(10)], [total(9, "-f")], [total(9, "-f")]),
        ([total(10)], [total(10, "-f")], [total(10)]),
        ([total(10)], [total(11, "-f")], [total(10)]),
        ([growth("0", 9)], [growth("1/100", 0, "-f")], [growth("0", 9), growth("1/100", 0, "-f")]),
        ([C], [total(10, "-f")], [C, total(10, "-f")]),
        ([LAYER, total(10)], [total(9, "-f")], [LAYER, total(9, "-f")]),
    ],
)
def test_further_rules_only_tighten(own: list[Rule], further: list[Rule], expected: list[Rule]) -> None:
    assert tightened(own, further) == expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([A], [A], []),
        ([B], [A], []),
        ([A], [B], [Loosened(A, B)]),
        ([A], [], [Loosened(A, None)]),
        ([], [A], []),
        ([A, C], [CEILING], [Loosened(A, None), Loosened(C, None)]),
        ([floor(8)], [floor(7)], [Loosened(floor(8), floor(7))]),
        ([floor(8)], [floor(9)], []),
        ([growth("1/100")], [growth("1/100", 5)], [Loosened(growth("1/100"), growth("1/100", 5))]),
        ([LAYER], [OTHER], [Loosened(LAYER, None)]),
        ([warned(10, 80)], [warned(10, 80)], []),
        ([warned(10, 80)], [warned(10, 81)], [Loosened(warned(10, 80), warned(10, 81))]),
        ([warned(10, 80)], [total(10)], [Loosened(warned(10, 80), total(10))]),
        ([warned(10, 80)], [total(8)], []),
        ([warned(10, 80)], [warned(8, 100)], []),
        ([warned(10, 80)], [warned(10, 79)], []),
        ([warned(10, 80)], [warned(9, 90)], [Loosened(warned(10, 80), warned(9, 90))]),
        ([total(10)], [warned(10, 80)], []),
    ],
)
def test_what_was_loosened(before: list[Rule], now: list[Rule], expected: list[Loosened]) -> None:
    assert loosened(before, now) == expected


def test_a_rule_that_was_pickled_knows_its_places() -> None:
    for rule in (*rules(), Rule("total", "params", 9)):
        again = pickle.loads(pickle.dumps(rule))
        assert again._replace(place=None) == rule._replace(place=None)
        assert (again.location, again.glob_location) == (rule.location, rule.glob_location)


def test_what_is_said_beside_a_limit_holds_where_it_says_nothing() -> None:
    own = (("device", "mine"), ("batch", 2))
    said = {"device": "theirs", "dtype": "int8", "planner": "tflm"}
    found = in_force([Rule("total", "time", 9, arguments=own), total(10)], said)
    assert [rule.arguments for rule in found] == [(("batch", 2), ("device", "mine"), ("dtype", "int8")), ()]
    assert [rule.bound for rule in found] == [9, 10]


@pytest.mark.parametrize(
    "value",
    [
        A,
        Loosened(A, None),
        Verdict(A, 1, 2, "pass"),
        Before(Figures({}, ())),
        SpecOutcome("a"),
        Outcome(()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_results_are_frozen_and_as_small_as_can_be(value: object) -> None:
    first = fields(value)[0].name if is_dataclass(value) else type(value)._fields[0]  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        setattr(value, first, None)
    assert hasattr(value, "__dict__") is (type(value) in (SpecOutcome, Outcome)), (
        "those two cache what they compute"
    )
