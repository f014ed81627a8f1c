"""The estimate of a text's values never says more than there are, and enough of what is far too much."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from costcalc.errors import SpecError
from costcalc.reading.document import parse
from costcalc.reading.estimate import fewest_values

WORDS = st.text("abc", min_size=1, max_size=3)
DATA = st.recursive(
    WORDS | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
)


def values(data: Any) -> int:
    if isinstance(data, dict):
        return 1 + sum(map(values, data.values()))
    return 1 + sum(map(values, data)) if isinstance(data, list) else 1


@given(DATA, st.sampled_from([None, True, False]))
def test_there_are_at_least_as_many(data: Any, flow: bool | None) -> None:
    assert fewest_values(yaml.safe_dump(data, default_flow_style=flow), 0) <= values(data)


@given(DATA)
def test_of_json_it_knows_all(data: Any) -> None:
    assert fewest_values(json.dumps(data, indent=1), 0) == values(data)


@pytest.mark.parametrize(
    "text",
    [
        "a  # b: c, d: e, f: g",
        '"b: c, [d], {e: f}"',
        '"a\\"b: c, d"',
        "'b: c, [d], {e: f}'",
        "'it''s: c, [d]'",
        '"b: c, d: e',  # without its end: the parser says so
        "'b: c, d: e",
    ],
)
def test_what_is_quoted_and_comments_count_for_nothing(text: str) -> None:
    assert fewest_values(text, 0) == 1


def test_a_quote_that_nobody_closed_is_read_once() -> None:
    assert fewest_values('"' + '\\"' * 500_000 + "," * 3, 0) == 1


MANY = 1_000_001


@pytest.mark.parametrize(
    ("text", "fewest"),
    [
        ("layers:\n" + "- 1\n" * MANY, 1_000_003),
        ("".join(f"k{n}: 1\n" for n in range(MANY)), 1_000_002),
        (f"layers: [{'1,' * MANY}]", 1_000_002),
        (f"layers: [{'[],' * MANY}]", 1_000_002),
        (f"layers: [{'{},' * MANY}]", 1_000_002),
        ("layers:\n" + "- {type: conv, out_channels: 3, kernel_size: 3}\n" * 250_001, 1_000_006),
        (json.dumps([{"type": "conv", "kernel_size": 3}] * 400_000), 1_200_001),
    ],
    ids=["list", "mapping", "flow list", "empty lists", "empty mappings", "layers", "json"],
)
def test_a_text_of_too_many_values_is_not_parsed(text: str, fewest: int) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text, "x")
    (problem,) = caught.value.problems
    assert problem.message == f"some {fewest:,} values; a text holds at most 400,000 (limit)"
    assert (problem.location.line, problem.location.column) == (1, 1)  # type: ignore[union-attr]
