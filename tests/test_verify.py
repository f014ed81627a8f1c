"""verify: published figures against exact ones, to their digits; over the zoo, nothing is unexplained."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import cache
from typing import NamedTuple

import pytest

from costcalc import loads
from costcalc.analysis.verification import STATUSES, VerifiedFigure, compared, verify
from costcalc.application.load import load
from costcalc.errors import SpecError
from costcalc.reading.zoo import zoo_names
from costcalc.spec.published import parse_printed, parse_printed_share

#: 8·8·3·3·3·4 = 6,912 multiplies; 108 weights, 4 of a bias; a linear layer with 4·10 weights and 10 of a bias.
SPEC = """
input: 8x8x3
layers:
  - {type: conv, out_channels: 4, kernel_size: 3, bias: true}
  - global_avg_pool
  - {type: linear, out_features: 10}
published: """


def findings(published: str) -> list[VerifiedFigure]:
    return verify(loads(SPEC + published))


class Case(NamedTuple):
    """Published figures, and what is found: the exact number, and what the printed one is to it."""

    published: str
    exact: int | Fraction
    status: str
    reason: str = ""


CASES = [
    # to the digits that were printed
    Case("{multiplies: 6952}", 6952, "match"),
    Case("{multiplies: 6951}", 6952, "mismatch"),
    Case("{multiplies: 6.95k}", 6952, "match"),
    Case("{multiplies: 7k}", 6952, "match"),
    Case("{multiplies: 6.9k}", 6952, "rounding"),
    Case("{multiplies: 6k}", 6952, "rounding"),
    Case("{multiplies: 5k}", 6952, "mismatch"),
    Case("{multiplies: 7.0k}", 6952, "match"),
    Case("{multiplies: 6.96k}", 6952, "mismatch"),
    Case("{params: 162}", 162, "match"),
    Case("{params: 0.2k}", 162, "match"),
    # reasons
    Case("{multiplies: {value: 14k, note: counts 2}}", 6952, "explained", "counts 2"),
    Case("{multiplies: {value: 7k, note: rounded}}", 6952, "match", "rounded"),
    Case("{multiplies: {value: 5k, misprint: 7k}}", 6952, "misprint", "7k"),
    Case("{multiplies: {value: 7k, misprint: 6k}}", 6952, "mismatch", "called a misprint, but it is right"),
    # conventions
    Case("{operations: 13904, convention: flop-counter}", 13904, "match"),
    Case("{operations: 14170, convention: flops}", 2 * 6952 + 256 + 10, "match"),
    Case("{parameters: 148, convention: weights}", 148, "match"),
    Case("{multiplies: 6952, convention: flops}", 6952, "match"),
    Case("{params: 162, convention: weights}", 162, "match"),
    # circumstances
    Case("{multiplies: 1728, resolution: 4, without: classifier}", 1728, "match"),
    Case("{multiplies: 40, without: stem}", 40, "match"),
    Case("{multiplies: 0, without: [stem, classifier]}", 0, "match"),
    Case("{multiplies: 13904, width_multiplier: 2}", 64 * 27 * 8 + 80, "match"),
    # shares
    Case("{shares: {conv 3x3: {multiplies: 99.42%}}}", Fraction(6912, 6952), "match"),
    Case("{shares: {conv 3x3: {multiplies: 99.4%}}}", Fraction(6912, 6952), "match"),
    Case("{shares: {linear: {multiplies: 0.5%}}}", Fraction(40, 6952), "rounding"),
    Case("{shares: {linear: {params: 31%}}}", Fraction(50, 162), "match"),
    Case("{convention: weights, shares: {linear: {parameters: 27.03%}}}", Fraction(40, 148), "match"),
    Case(
        "{shares: {linear: {multiplies: {value: 7%, misprint: 0.6 %}}}}",
        Fraction(40, 6952),
        "misprint",
        "0.6 %",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.published)
def test_a_figure(case: Case) -> None:
    (finding,) = findings(case.published)
    assert (finding.exact, finding.status, finding.reason) == case[1:]
    assert finding.holds == (case.status != "mismatch")


@pytest.mark.parametrize(
    ("exact", "printed", "found"),
    [
        (1_500, "1k", "rounding"),
        (1_500, "2k", "match"),
        (1_499, "1k", "match"),
        (2_000, "1k", "mismatch"),
        (1, "1", "match"),
        (0, "1", "mismatch"),
        (569_500_000, "569M", "rounding"),
    ],
)
def test_halves_round_up_and_a_whole_unit_is_too_much(exact: int, printed: str, found: str) -> None:
    assert compared(exact, parse_printed(printed)) == found


@pytest.mark.parametrize(
    ("text", "value", "step"),
    [("1.19%", Fraction(119, 10_000), Fraction(1, 10_000)), ("31%", Fraction(31, 100), Fraction(1, 100))],
)
def test_a_printed_share_knows_its_digits(text: str, value: Fraction, step: Fraction) -> None:
    printed = parse_printed_share(text)
    assert (printed.value, printed.step) == (value, step)


WRONG = [
    (
        "{operations: 1, convention: fvcor}",
        "convention of the published figures must be multiplies, weights, slim, keras, flops, fvcore, "
        "thop, thop-0.0.31, torchinfo, flop-counter, ptflops, ptflops-0.6, ptflops-aten or calflops, "
        'not "fvcor"; did you mean "fvcore"?',
    ),
    (
        "{multiplies: 1, without: head}",
        'without of the published figures must be stem or classifier, or a list of them, not "head"',
    ),
    (
        "{shares: {conv 3x3: {multiplies: 12}}}",
        "shares.conv 3x3.multiplies of the published figures must be a percentage such as 90%, not 12",
    ),
    ("{shares: {conv 1x1: {multiplies: 12%}}}", 'no kind of operation "conv 1x1"; did you mean "conv 3x3"?'),
    (
        "{without: stem, shares: {conv 3x3: {multiplies: 12%}}}",
        "shares cannot be without a part of the network",
    ),
]


@pytest.mark.parametrize(("published", "message"), WRONG)
def test_figures_that_make_no_sense(published: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        findings(published)
    (problem,) = caught.value.problems
    assert problem.message == message


@cache
def zoo() -> dict[str, list[VerifiedFigure]]:
    return {name: verify(load(f"zoo:{name}")) for name in zoo_names()}


def test_nothing_in_the_zoo_is_unexplained() -> None:
    assert [finding for found in zoo().values() for finding in found if not finding.holds] == []


def test_the_zoo_checks_more_than_two_hundred_figures_and_most_need_no_words() -> None:
    counts = Counter(finding.status for found in zoo().values() for finding in found)
    assert sum(counts.values()) >= 250
    assert counts["match"] >= 200
    assert set(counts) <= set(STATUSES)


def test_misprints_in_the_literature_are_listed_as_such() -> None:
    listed = {
        (name, finding.group, finding.printed.text, finding.row.resolution)
        for name, found in zoo().items()
        for finding in found
        if finding.status == "misprint"
    }
    assert listed == {
        ("mobilenet_v1", "conv 3x3", "1.19%", None),
        ("squeezenet1_0", "", "1700M", None),
        ("mobilenet_v1_slim", "", "34M", 192),
        *(("mobilenet_v1_slim", "", "529M", size) for size in (None, 192, 160, 128)),
    }
