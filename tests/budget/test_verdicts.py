"""Verdicts at, one under and one over each limit."""

from __future__ import annotations

from fractions import Fraction

import pytest

from costcalc import Analysis, analyze, loads
from costcalc.analysis.figures import Figures
from costcalc.budget import Rule, Verdict, check, unmatched
from costcalc.dtype import parse_dtype

SMALL = "input: 8x8x1\nlayers:\n  - {type: conv, out_channels: 1, kernel_size: 3, bias: true}\n"  # 576 and 10
FREE = "input: 8x8x1\nlayers: [relu]\n"
INT8 = parse_dtype("int8")
#: a: 1,536 of 10,752 and 24; b: 9,216 and 144, of 168.
TWO = (
    "input: 8x8x6\nlayers:\n"
    "  - {type: conv, name: a, out_channels: 4, kernel_size: 1}\n"
    "  - {type: conv, name: b, out_channels: 4, kernel_size: 3}\n"
    "  - relu\n"
)


def analysis(text: str = SMALL) -> Analysis:
    return analyze(loads(text))


def verdicts(*rules: Rule, text: str = SMALL, base: dict[str, int] | None = None) -> list[Verdict]:
    return check(analysis(text), rules, None if base is None else Figures(base, ()))


def verdict(rule: Rule, *others: Rule, text: str = SMALL, base: dict[str, int] | None = None) -> Verdict:
    return verdicts(rule, *others, text=text, base=base)[0]


def test_a_limit_is_held_against_the_numbers_that_it_gives_itself() -> None:
    """8·8 bytes come in and go out of a byte each; a float32 has four."""
    for given, value in (({}, 512), ({"dtype": INT8}, 128)):
        found = verdict(Rule("total", "peak_memory", 127, given=given), text=FREE)
        assert (found.value, found.status) == (value, "fail")


@pytest.mark.parametrize("kind", ["total", "ceiling"])
@pytest.mark.parametrize(
    ("limit", "warn", "status", "excess"),
    [
        (577, None, "pass", 0),
        (576, None, "pass", 0),
        (575, None, "fail", 1),
        (0, None, "fail", 576),
        (576, "1", "warning", 0),
        (577, "1", "pass", 0),
        (640, "9/10", "warning", 0),
        (641, "9/10", "pass", 0),
        (639, "9/10", "warning", 0),
        (575, "9/10", "fail", 1),
    ],
)
def test_a_total(kind: str, limit: int, warn: str | None, status: str, excess: int) -> None:
    found = verdict(Rule(kind, "multiplies", limit, warn=Fraction(warn) if warn else None))
    assert (found.value, found.limit, found.status, found.excess) == (576, limit, status, excess)
    assert found.metric == ("multiplies" if kind == "total" else "ceiling.multiplies")
    assert (found.base, found.kept, found.layer) == (None, None, "")


def test_nothing_is_near_no_limit() -> None:
    assert verdict(Rule("total", "multiplies", 0, warn=Fraction(0)), text=FREE).status == "pass"
    assert verdict(Rule("total", "multiplies", 0), text=FREE).status == "pass"
    one = "input: 1x1x1\nlayers:\n  - {type: conv, out_channels: 1, kernel_size: 1}\n"
    assert verdict(Rule("total", "multiplies", 5, warn=Fraction(0)), text=one).status == "warning"
    assert verdict(Rule("total", "multiplies", 1, warn=Fraction(1)), text=one).status == "warning"


@pytest.mark.parametrize(
    ("glob", "limit", "expected"),
    [
        ("a", 1536, [("a", 1536, "pass")]),
        ("a", 1535, [("a", 1536, "fail")]),
        ("*", 9216, [("b", 9216, "pass")]),
        ("*", 9215, [("b", 9216, "fail")]),
        ("*", 1535, [("b", 9216, "fail"), ("a", 1536, "fail")]),
        ("[ab]", 1536, [("b", 9216, "fail")]),
        ("A", 1, []),
        ("relu_1", 0, [("relu_1", 0, "pass")]),
    ],
)
def test_layers_that_miss_a_limit_or_else_the_heaviest(
    glob: str, limit: int, expected: list[tuple[str, int, str]]
) -> None:
    found = verdicts(Rule("layer", "multiplies", limit, glob), text=TWO)
    assert [(one.layer, one.value, one.status) for one in found] == expected
    assert [one.limit for one in found] == [limit] * len(expected)
    assert [one.metric for one in found] == [f"layers.{one.layer}.multiplies" for one in found]


@pytest.mark.parametrize(
    ("share", "limit", "status"),
    [
        ("6/7", 9216, "pass"),
        ("9215/10752", 9215, "fail"),
        ("92165/107520", 9216, "pass"),
        ("1", 10752, "pass"),
    ],
)
def test_a_share_of_the_whole_rounded_down(share: str, limit: int, status: str) -> None:
    (found,) = verdicts(Rule("share", "multiplies", Fraction(share), "b"), text=TWO)
    assert (found.value, found.limit, found.status, found.metric) == (
        9216,
        limit,
        status,
        "layers.b.multiplies.share",
    )


def test_the_heaviest_of_light_layers() -> None:
    text = "input: 1x1x1\nlayers:\n  - relu\n  - {type: conv, out_channels: 1, kernel_size: 1}\n"
    (found,) = verdicts(Rule("layer", "multiplies", 1, "*"), text=text)
    assert (found.layer, found.value) == ("conv_1", 1)


def test_globs_without_a_match() -> None:
    rules = [Rule("layer", "params", 1, glob) for glob in ("a", "c*", "*")] + [Rule("total", "params", 1)]
    assert [rule.glob for rule in unmatched(analysis(TWO), rules)] == ["c*"]


#: b alone is replaced: 9·4·4·64 = 9,216 become 9·4·64 + 4·4·64 = 3,328; the whole is 10,752 ÷ 4,864.
RATIO = Fraction(42, 19)


@pytest.mark.parametrize(
    ("bound", "status", "excess"),
    [
        (RATIO, "pass", Fraction(0)),
        (RATIO + Fraction(1, 10**9), "fail", Fraction(1, 10**9)),
        (RATIO - Fraction(1, 10**9), "pass", Fraction(0)),
    ],
)
def test_a_reduction_exactly_at_its_floor(bound: Fraction, status: str, excess: Fraction) -> None:
    found = verdict(Rule("reduction", "multiplies", bound), text=TWO)
    assert (found.value, found.limit, found.status, found.excess) == (RATIO, bound, status, excess)
    assert found.metric == "reduction.multiplies"


def test_a_reduction_of_nothing_misses_every_floor() -> None:
    found = verdict(Rule("reduction", "multiplies", Fraction(1)), text=FREE)
    assert (found.value, found.status, found.excess) == (None, "fail", 1)


@pytest.mark.parametrize(
    ("base", "bound", "slack", "limit", "status"),
    [
        (576, "0", 0, 576, "pass"),
        (575, "0", 0, 575, "fail"),
        (570, "1/100", 0, 575, "fail"),
        (571, "1/100", 0, 576, "pass"),
        (575, "0", 1, 575, "fail"),
        (575, "0", 2, 576, "pass"),
        (574, "0", 2, 575, "fail"),
        (500, "1/5", 2, 600, "pass"),
        (0, "1", 0, 0, "fail"),
    ],
)
def test_an_increase(base: int, bound: str, slack: int, limit: int, status: str) -> None:
    rule = Rule("regression", "multiplies", Fraction(bound), slack=slack)
    found = verdict(rule, base={"multiplies": base})
    assert (found.value, found.limit, found.status, found.base) == (576, limit, status, base)
    assert found.excess == max(0, 576 - limit)
    assert (found.kept, found.metric) == (None, "regression.multiplies")


@pytest.mark.parametrize("base", [None, {}, {"params": 3}])
@pytest.mark.parametrize("kind", ["regression", "ratchet"])
def test_without_a_number_before_there_is_no_verdict(kind: str, base: dict[str, int] | None) -> None:
    found = verdict(Rule(kind, "multiplies", Fraction(1, 100)), base=base)
    assert (found.value, found.limit, found.status, found.excess) == (576, None, "skipped", 0)


RATCHET = Rule("ratchet", "multiplies", Fraction(1, 100))


def limit(bound: int, kind: str = "total", metric: str = "multiplies") -> Rule:
    return Rule(kind, metric, bound)


@pytest.mark.parametrize(
    ("base", "others", "least", "status", "kept"),
    [
        (576, [], 571, "pass", None),
        (581, [], 576, "pass", None),
        (582, [], 577, "fail", None),
        (9000, [], 8910, "fail", None),
        (9000, [limit(581)], 576, "pass", 581),
        (9000, [limit(582)], 577, "fail", 582),
        (9000, [limit(8000)], 7920, "fail", 8000),
        (9000, [limit(9000)], 8910, "fail", None),
        (9000, [limit(9999)], 8910, "fail", None),
        (9000, [limit(581, "ceiling")], 576, "pass", 581),
        (9000, [limit(581, "layer")], 8910, "fail", None),
        (9000, [limit(581, metric="params")], 8910, "fail", None),
        (9000, [limit(8000), limit(581, "ceiling"), limit(700)], 576, "pass", 581),
    ],
)
def test_a_gain_is_kept_by_its_baseline_or_the_lowest_limit_under_it(
    base: int, others: list[Rule], least: int, status: str, kept: int | None
) -> None:
    found = verdict(RATCHET, *others, base={"multiplies": base})
    assert (found.value, found.limit, found.status, found.base, found.kept) == (
        576,
        least,
        status,
        base,
        kept,
    )
    assert (found.excess, found.metric) == (max(0, least - 576), "ratchet.multiplies")


def test_a_limit_on_another_metric_keeps_no_gain() -> None:
    ratchet = Rule("ratchet", "params", Fraction(1, 100))
    found = verdict(ratchet, limit(1), base={"multiplies": 576, "params": 10})
    assert (found.limit, found.kept) == (10, None)


@pytest.mark.parametrize("kind", ["total", "ceiling", "regression", "share", "reduction", "layer"])
def test_a_number_that_is_not_known_is_no_pass(kind: str) -> None:
    assert verdicts(Rule("ratchet", "depth", Fraction(1, 100)), base={"depth": 3}) == [], (
        "about whatever is known"
    )
    with pytest.raises(KeyError):
        verdicts(Rule(kind, "depth", 1, "*" if kind in ("share", "layer") else ""), base={"depth": 3})


def test_one_verdict_a_rule_in_their_order() -> None:
    rules = [
        limit(1, metric="params"),
        limit(1),
        Rule("layer", "params", 1, "x"),
        Rule("ceiling", "params", 1),
    ]
    assert [one.rule for one in verdicts(*rules)] == [rules[0], rules[1], rules[3]]
