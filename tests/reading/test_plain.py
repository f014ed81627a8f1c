"""The quick way to a text's data, and the composer's, lead to the same data; what is not plain is left to the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costcalc.errors import SpecError
from costcalc.reading.composer import MAX_DEPTH, compose
from costcalc.reading.document import parse
from costcalc.reading.plain import NOT_PLAIN, plain_data
from costcalc.reading.source import Source

SPECS = sorted((Path(__file__).parent.parent.parent / "specs").glob("*.yaml"))
WORDS = [
    "a",
    "'a'",
    "1",
    "010",
    "1e3",
    ".5",
    "yes",
    "null",
    "~",
    '""',
    "true",
    "'1'",
    "<<",
    "*x",
    "&x a",
    "!!str 1",
    "!t a",
]
PIECES = [
    "a: ",
    "b: ",
    "1: ",
    "- ",
    "\n",
    "  ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ": ",
    "---\n",
    "...\n",
    "# c\n",
    "? ",
    *WORDS,
]


def told_apart(value: object) -> object:
    """A value in which 1, True, "1" and a numeral are all different, and keys keep their order."""
    if isinstance(value, dict):
        return [(key, told_apart(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [told_apart(inner) for inner in value]
    return (type(value), value)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_are_read_alike(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    data = plain_data(text)
    if data is not NOT_PLAIN:
        assert told_apart(data) == told_apart(compose(Source("x", text)).data)


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_all_texts_are_read_alike(text: str) -> None:
    data = plain_data(text)
    if data is NOT_PLAIN:
        return
    composition = compose(Source("x", text))  # and finds nothing wrong
    assert composition.duplicates == ()
    assert told_apart(data) == told_apart(composition.data)


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "---\n", "a", "- a\n- {b: [1, {c: no}]}\n", "a: 1\n", '"<": 1\n']
)
def test_what_is_plain(text: str) -> None:
    assert told_apart(plain_data(text)) == told_apart(compose(Source("x", text)).data)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1\n",
        "a: &x {b: 1}\n",
        "a: !!str 1\n",
        "a: !t [1]\n",
        "a: 1\na: 2\n",
        "<<: {a: 1}\n",
        "? [a]\n: 1\n",
        "? {a: 1}\n: 1\n",
        "a\n---\nb\n",
        "a: [\n",
        "a: \x00\n",
        "a: \ud800\n",
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
    ],
)
def test_what_is_not(text: str) -> None:
    assert plain_data(text) is NOT_PLAIN


def test_depth_is_counted_alike() -> None:
    for depth in (MAX_DEPTH - 1, MAX_DEPTH):
        assert plain_data("[" * depth + "]" * depth) is not NOT_PLAIN
        parse("[" * depth + "]" * depth, "x")
    with pytest.raises(SpecError):
        parse("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "x")


def test_places_are_there_all_the_same() -> None:
    document = parse("a: 1\nb: [2, {c: 3}]\n", "x")
    where = document.locate(("b", 1, "c"))
    assert (where.line, where.column) == (2, 12)
    assert document.locate(("b", 1, "c"), "key").column == 9
