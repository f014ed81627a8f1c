from __future__ import annotations

import re

import pytest

from costcalc.quantity import Numeral
from costcalc.reading.scalars import resolve, resolve_tagged, short_tag

WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
INTS = {"0": 0, "64": 64, "+5": 5, "-3": -3, "010": 10, "0o17": 15, "0x1F": 31, "9" * 18: 10**18 - 1}
NUMERALS = [
    "0.75", "1e6", "1E+6", ".5", "5.", "-1.5e-3", ".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN",
    "9" * 19, "-" + "1" * 6000, "0x" + "f" * 19, "1e3000000",
]  # fmt: skip
TEXTS = [
    "no", "yes", "on", "off", "y", "n", "nULL", "tRUE", "600M", "600_000_000", "600e6k", "224x224x3",
    "2026-01-31", "12:30:45", "0b11", "0o8", "0xg", "-0x1", "1.2.3", "1e", "e6", ".", "-", "+", "--1",
    ".Nan", "-.nan", "$stride", "=", "٣", "conv", " 1",
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), [*WORDS.items(), *INTS.items()])
def test_words_and_ints(text: str, value: object) -> None:
    assert resolve(text) is value or resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize("text", NUMERALS)
def test_other_numbers_stay_as_they_are_written(text: str) -> None:
    value = resolve(text)
    assert isinstance(value, Numeral)
    assert value == text


@pytest.mark.parametrize("text", TEXTS)
def test_all_else_is_text(text: str) -> None:
    assert type(resolve(text)) is str
    assert resolve(text) == text


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("!", "12", "12"),
        ("tag:yaml.org,2002:str", "12", "12"),
        ("tag:yaml.org,2002:int", "12", 12),
        ("tag:yaml.org,2002:int", "9" * 30, "9" * 30),
        ("tag:yaml.org,2002:float", "12", 12),
        ("tag:yaml.org,2002:float", "1e3", "1e3"),
        ("tag:yaml.org,2002:bool", "true", True),
        ("tag:yaml.org,2002:null", "", None),
    ],
)
def test_tags(tag: str, text: str, value: object) -> None:
    assert resolve_tagged(tag, text) == value


@pytest.mark.parametrize(
    ("tag", "text", "message"),
    [
        ("tag:yaml.org,2002:int", "1e3", 'the tag "!!int" does not fit this value'),
        ("tag:yaml.org,2002:int", "true", 'the tag "!!int" does not fit this value'),
        ("tag:yaml.org,2002:float", "a", 'the tag "!!float" does not fit this value'),
        ("tag:yaml.org,2002:bool", "1", 'the tag "!!bool" does not fit this value'),
        ("tag:yaml.org,2002:null", "a", 'the tag "!!null" does not fit this value'),
        ("tag:yaml.org,2002:binary", "aGk=", 'unknown tag "!!binary"'),
        ("tag:yaml.org,2002:python/name:os.system", "", 'unknown tag "!!python/name:os.system"'),
        ("!ours", "a", 'unknown tag "!ours"'),
    ],
)
def test_tags_that_do_not_fit(tag: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        resolve_tagged(tag, text)


def test_tags_are_shown_as_they_are_written() -> None:
    assert short_tag("tag:yaml.org,2002:seq") == "!!seq"
    assert short_tag("!mine") == "!mine"
