from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from costcalc.errors import Location, Problem, Route, SpecError
from costcalc.quantity import Numeral
from costcalc.reading import composer, document
from costcalc.reading.document import Document, parse
from costcalc.reading.scalars import resolve


@pytest.fixture(params=["libyaml", "python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both of PyYAML's parsers: not every installation has the one in C."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    return str(request.param)


def wrong(text: str) -> list[str]:
    """What is wrong with a text: ``line:column message``, one for each problem."""
    with pytest.raises(SpecError) as caught:
        parse(text, "x")
    return [f"{p.location.line}:{p.location.column} {p.message}" for p in caught.value.problems if p.location]


def marked(found: Document, route: Route, at: str = "value") -> str:
    """``line:column text`` of the place of a route."""
    place = found.locate(route, "key" if at == "key" else "value")
    start = place.column - 1 - place.shift
    return f"{place.line}:{place.column} {place.excerpt[start : start + place.length]}"


# ---------------------------------------------------------------- data


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("# nothing\n\n# at all", None),
        ("---\n", None),
        ("--- \n...\n", None),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
        ("\ufeffa: 1", {"a": 1}),
        ("conv", "conv"),
        ("- a\n- [1, {b: null}, ]\n-\n", ["a", [1, {"b": None}], None]),
        ("a: {}\nb: []\n", {"a": {}, "b": []}),
        ("a:\nb: ~\n", {"a": None, "b": None}),
        ("010: no\n1.0: on\nnull: x\n? \n: y\n", {"010": "no", "1.0": "on", "null": "x", "": "y"}),
        ("\"12\": '12'\n'a''b': \"\\n\\u00e9\"\n", {"12": "12", "a'b": "\né"}),
        ("? a\n: b\n? c\n", {"a": "b", "c": None}),
        ("[a: 1, b: 2]", [{"a": 1}, {"b": 2}]),
        ("{a, b: }", {"a": None, "b": None}),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        ("a: b\n  c\n", {"a": "b c"}),
        ("a: !!str 12\nb: ! 12\nc: !!int 3\n!!str d: e", {"a": "12", "b": "12", "c": 3, "d": "e"}),
        ("!!map {a: !!seq [1], b: ! [2]}", {"a": [1], "b": [2]}),
        ("$a: $b", {"$a": "$b"}),
    ],
)  # fmt: skip
def test_data(text: str, data: object) -> None:
    assert parse(text, "x").data == data


def test_numbers_that_are_no_short_int_are_numerals() -> None:
    data = parse("[1e6, '1e6', 0.75, .nan]", "x").data
    assert [type(value) for value in data] == [Numeral, str, Numeral, Numeral]


@pytest.mark.usefixtures("parser")
def test_aliases_share_what_they_name() -> None:
    data = parse("a: &x {b: [1]}\nc: *x\nd: &y 5\ne: [*y, *x]\nf: &z\ng: *z\n", "x").data
    assert data == {"a": {"b": [1]}, "c": {"b": [1]}, "d": 5, "e": [5, {"b": [1]}], "f": None, "g": None}
    assert data["a"] is data["c"] is data["e"][1]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("[&x 1, &x 2, *x]", [1, 2, 2]),  # the anchor nearest above counts
        ("[&x [&x 1, *x], *x]", [[1, 1], 1]),
        ("[&x y: *x]", [{"y": "y"}]),
        ("[&x y, {*x : 1}]", ["y", {"y": 1}]),
        ("[&x 1.5, {*x : 1}]", ["1.5", {"1.5": 1}]),
    ],
)
def test_anchors(text: str, data: object) -> None:
    assert parse(text, "x").data == data


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[&x {a: 1, b: 2}, {<<: *x, c: 3}]", [("a", 1), ("b", 2), ("c", 3)]),
        ("[&x {a: 1, b: 2}, {a: 3, <<: *x}]", [("b", 2), ("a", 3)]),
        ("[&x {a: 1, b: 2}, {<<: *x, a: 3}]", [("b", 2), ("a", 3)]),
        ("[&x {a: 1}, &y {a: 2, b: 3}, {<<: [*x, *y]}]", [("a", 1), ("b", 3)]),
        ("[&x {a: 1}, &y {a: 2, b: 3}, {<<: [*y, *x]}]", [("a", 2), ("b", 3)]),
        ("[&x {a: 1}, &y {<<: *x, b: 2}, {<<: *y, c: 3}]", [("a", 1), ("b", 2), ("c", 3)]),
        ("[{<<: {a: 1}, b: 2}]", [("a", 1), ("b", 2)]),
        ("[{<<: {}, b: 2}]", [("b", 2)]),
        ("[{<<: [], b: 2}]", [("b", 2)]),
        ("[{'<<': 1}]", [("<<", 1)]),
        ("[{'<<': 1, <<: {a: 2}}]", [("a", 2), ("<<", 1)]),
    ],
)
def test_merge_keys(text: str, items: list[tuple[str, object]]) -> None:
    assert list(parse(text, "x").data[-1].items()) == items


# ---------------------------------------------------------------- places


SPEC = """\
name: "Net"
layers:
  - conv
  - {type: conv, kernel_size: [3, 5]}
  - type: linear
    bias:

defaults: &d
    norm: batch
blocks:
- <<: *d
  act: relu
- *d
- &s !!str  10
- &l  # indented
  - a
"""


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("route", "at", "place"),
    [
        ((), "value", "1:1 n"),
        (("name",), "key", "1:1 name"),
        (("name",), "value", '1:7 "Net"'),
        (("nothing",), "value", "1:1 n"),
        (("nothing", 1, "more"), "key", "1:1 n"),
        (("layers",), "key", "2:1 layers"),
        (("layers",), "value", "3:3 -"),
        (("layers", 0), "value", "3:5 conv"),
        (("layers", 0), "key", "3:5 conv"),
        (("layers", 0, "type"), "value", "3:5 conv"),
        (("layers", 1), "value", "4:5 {"),
        (("layers", 1, "out_channels"), "key", "4:5 {"),
        (("layers", 1, "kernel_size"), "key", "4:18 kernel_size"),
        (("layers", 1, "kernel_size"), "value", "4:31 ["),
        (("layers", 1, "kernel_size", 1), "value", "4:35 5"),
        (("layers", 1, "kernel_size", 2), "value", "4:31 ["),
        (("layers", 1, "kernel_size", -1), "value", "4:31 ["),
        (("layers", 2), "value", "5:5 t"),
        (("layers", 2, "bias"), "key", "6:5 bias"),
        (("layers", 2, "bias"), "value", "6:10 "),
        (("layers", 3), "value", "3:3 -"),
        (("layers", "0"), "value", "3:3 -"),
        (("defaults",), "value", "9:5 n"),
        (("defaults", "norm"), "value", "9:11 batch"),
        (("blocks", 0, "norm"), "key", "9:5 norm"),
        (("blocks", 0, "norm"), "value", "9:11 batch"),
        (("blocks", 0, "act"), "value", "12:8 relu"),
        (("blocks", 1), "value", "13:3 *d"),
        (("blocks", 1, "norm"), "value", "9:11 batch"),
        (("blocks", 1, "act"), "value", "13:3 *d"),
        (("blocks", 2), "value", "14:13 10"),
        (("blocks", 3), "value", "16:3 -"),
        (("blocks", 3, 0), "value", "16:5 a"),
    ],
)
def test_where_a_route_leads(route: Route, at: str, place: str) -> None:
    assert marked(parse(SPEC, "x"), route, at) == place


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "route", "place"),
    [
        ("\ufeffab: cd", ("ab",), "1:5 cd"),
        ("\ufeff\ufeffab: cd", ("ab",), "1:5 cd"),
        ("a: 1\r\nb: [\r\n  cd]\r\n", ("b", 0), "3:3 cd"),
        ("a: 1\rb: [\r  cd]\r", ("b", 0), "3:3 cd"),
        ("a: '\U0001f600é' # ü\nb: {\U0001f600: cd}", ("b", "\U0001f600"), "2:8 cd"),
        ('"\\u2028": "\\N\\L"\nb: cd', ("b",), "2:4 cd"),
        ("# \U0001f600\na: 'x\n  y\n\n  z' \nb: cd", ("b",), "6:4 cd"),
        ("# \U0001f600\na: 'x\n  y\n\n  z' \nb: cd", ("a",), "2:4 'x"),
        ("a: |\n  x\n  y\nb: cd", ("a",), "1:4 |"),
        ("a: !!str &x cd", ("a",), "1:13 cd"),
        ("a: &x\n  cd", ("a",), "2:3 cd"),
        ("a: &x\nb: 1", ("a",), "1:4 &x"),
        ("a: &x {b: 1}", ("a",), "1:7 {"),
        ("a: !!seq\n- 1", ("a",), "2:1 -"),
        ("a: &x\n  b: 1", ("a",), "2:3 b"),
    ],
)
def test_places_in_unusual_texts(text: str, route: Route, place: str) -> None:
    assert marked(parse(text, "x"), route) == place


def test_tabs_are_one_column() -> None:
    assert marked(parse("a:\t\tcd\t# x", "x"), ("a",)) == "1:5 cd"


def test_a_place_holds_its_path_and_line() -> None:
    found = parse("a: 1\nb: 23 # c\n", "net.yaml").locate(("b",))
    assert found == Location("net.yaml", line=2, column=4, length=2, excerpt="b: 23 # c")


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\x85\u2028\u2029"), max_size=12
).filter(
    lambda text: isinstance(
        resolve(text), str
    )  # PyYAML writes by YAML 1.1, where 0o17 and .inf mean other things
)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
STYLES = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([True, False, None]),
        "allow_unicode": st.booleans(),
        "indent": st.integers(2, 6),
        "line_break": st.sampled_from(["\n", "\r\n", "\r"]),
        "explicit_start": st.booleans(),
    }
)


def leaves(data: Any, route: Route = ()) -> list[tuple[Route, Any]]:
    if isinstance(data, dict):
        return [leaf for key, value in data.items() for leaf in leaves(value, (*route, key))]
    if isinstance(data, list):
        return [leaf for index, value in enumerate(data) for leaf in leaves(value, (*route, index))]
    return [(route, data)]


def piece(text: str, place: Location) -> str:
    """What stands at a place, by the lines and columns that an editor shows."""
    line = re.split(r"\r\n|\r|\n", text)[place.line - 1]
    return line[place.column - 1 : place.column - 1 + place.length]


@given(DATA, STYLES)
def test_what_is_written_is_read_with_the_place_of_each_scalar(data: Any, style: dict[str, Any]) -> None:
    text = yaml.safe_dump(data, width=10**6, sort_keys=False, **style)
    found = parse(text, "x")
    assert found.data == data
    for route, value in leaves(data):
        assert parse(piece(text, found.locate(route)), "x").data == value
        if route and isinstance(route[-1], str):
            assert parse(piece(text, found.locate(route, "key")) + " : 1", "x").data == {route[-1]: 1}


# ---------------------------------------------------------------- problems and their places


def test_problems_get_their_places_in_the_order_of_the_text() -> None:
    found = parse("a: 1\nb:\n  c: 2\n  d: 3\n", "x")
    problems = [
        Problem("third", ("b", "d"), at="key"),
        Problem("second", ("b", "c"), hint="h"),
        Problem("first", ("a",), severity="warning"),
        Problem("second", ("b", "c"), used=(("a",),)),
        Problem("also second", ("b", "c"), used=(("b", "d"), ("a",))),
    ]
    placed = found.place(problems)
    assert list(map(str, placed)) == [
        "x:1:4: warning: first",
        "x:3:6: error: second",
        "x:3:6: error: also second",
        "x:4:3: error: third",
    ]
    assert [problem.used_lines for problem in placed] == [(), (), (4, 1), ()]
    assert placed[1].hint == "h"


def test_without_problems_there_is_nothing_to_place() -> None:
    assert parse("", "x").place([]) == ()


# ---------------------------------------------------------------- what is refused


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a: 1\nb: 2\na: 3\n", ['3:1 duplicate key "a"; it is at line 1 already']),
        (
            "a: {x: 1, x: 2}\n\na: [{y: {}, y: {z: 1, z: 2}}]\n",
            [
                '1:11 duplicate key "x"; it is at line 1 already',
                '3:1 duplicate key "a"; it is at line 1 already',
                '3:13 duplicate key "y"; it is at line 3 already',
                '3:23 duplicate key "z"; it is at line 3 already',
            ],
        ),
        ("1: a\n'1': b\n", ['2:1 duplicate key "1"; it is at line 1 already']),
        ("- &x {a: 1}\n- <<: *x\n  <<: *x\n", ['3:3 duplicate key "<<"; it is at line 2 already']),
        ("'<<': 1\n'<<': 2\n", ['2:1 duplicate key "<<"; it is at line 1 already']),
        ("a: *b", ['1:4 no anchor "b" stands above']),
        ("[*b, &b 1, *c]", ['1:2 no anchor "b" stands above', '1:12 no anchor "c" stands above']),
        ("a: &x [1, *x]", ['1:11 the alias "x" stands inside what it names']),
        ("a: &x\n  b: {c: *x}", ['2:10 the alias "x" stands inside what it names']),
        ("&x a: &x {<<: *x}", ['1:15 the alias "x" stands inside what it names']),
        ("[a]: 1\n? {b: 2}\n: {c: 3, c: 4}\n", [
            "1:1 a key must be a word, not a list",
            "2:3 a key must be a word, not a mapping",
            '3:10 duplicate key "c"; it is at line 3 already',
        ]),
        ("- &x 1\n- *x : 2\n", ["2:3 an alias that is a key must name a text"]),
        ("a: 1\n---\nb: 2\n", ["2:1 a second document begins here, and a file holds one"]),
        ("a: 1\na: 2\n...\n---\n", [
            '2:1 duplicate key "a"; it is at line 1 already',
            "4:1 a second document begins here, and a file holds one",
        ]),
        ("a: !x 1\nb: !!set {c}\nc: !!python/tuple [d]\n!y d: !!int e", [
            '1:4 unknown tag "!x"',
            '2:4 unknown tag "!!set"',
            '3:4 unknown tag "!!python/tuple"',
            '4:1 unknown tag "!y"',
            '4:7 the tag "!!int" does not fit this value',
        ]),
        ("- {<<: 1}\n- {<<: [{}, 2]}\n", [
            '1:8 "<<" merges a mapping or a list of mappings',
            '2:8 "<<" merges a mapping or a list of mappings',
        ]),
        ("a: 1\na: [\n", ['2:1 duplicate key "a"; it is at line 1 already', '2:4 this "[" is never closed']),
        ("a: \x01b\x7f\n\x00", [
            "1:4 the character U+0001 is not allowed in YAML",
            "1:6 the character U+007F is not allowed in YAML",
            "2:1 the character U+0000 is not allowed in YAML",
        ]),
        ("a: \ud800", ["1:4 the character U+D800 is not allowed in YAML"]),
        ("# a\u2028b: 1\nc: '\x85'", [
            "2:5 the line separator U+0085 cannot stand here",
            "1:4 the line separator U+2028 cannot stand here",
        ]),
        ("%TAG !a! tag:a,2000:\n---\n!a!b c", ["1:1 a %TAG directive is not understood here"]),
        ("a\n...\n%TAG !a! b\n---\n", ["3:1 a %TAG directive is not understood here"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_once(text: str, problems: list[str]) -> None:
    assert wrong(text) == problems


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("opening", "closing", "column"),
    [("[", "]", 65), ("{a: ", "}", 257), ("- ", "", 129), ("[", "", 65), ("{a: ", "", 257)],
)
def test_nesting_has_a_limit(opening: str, closing: str, column: int) -> None:
    assert wrong(opening * 100_000 + closing * 100_000) == [f"1:{column} nested deeper than 64 levels"]
    if closing or opening == "- ":
        assert parse(opening * 64 + "a" + closing * 64, "x").data


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("before", ["x: é\ny: ", "x: {a: [1, ", "- - ["])
def test_nesting_that_is_too_deep_for_the_parser_itself(before: str) -> None:
    depth = sum(before.count(word) for word in ("[", "{", "- ")) + before.startswith("x")
    lines = before.split("\n")
    column = len(lines[-1]) + 65 - depth
    assert wrong(before + "[" * 5000) == [f"{len(lines)}:{column} nested deeper than 64 levels"]


def test_deep_blocks() -> None:
    text = "\n".join(" " * depth + "a:" for depth in range(1000))
    assert wrong(text) == ["65:65 nested deeper than 64 levels"]


def test_aliases_nest_as_deep_as_what_they_name() -> None:
    chain = "- &a0 []\n" + "".join(f"- &a{n} [*a{n - 1}]\n" for n in range(1, 100))
    assert wrong(chain) == ["64:9 nested deeper than 64 levels"]


def test_an_alias_bomb() -> None:
    lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert wrong("\n".join(lines)) == ["6:18 more than 400,000 values, those of aliases counted (limit)"]


def test_a_merge_bomb() -> None:
    mapping = ", ".join(f"k{n}: 1" for n in range(1000))
    text = f"- &a {{{mapping}}}\n" + "- {<<: *a}\n" * 2000
    assert wrong(text) == ["400:8 more than 400,000 values, those of aliases counted (limit)"]


@pytest.mark.parametrize(
    "text",
    [
        "[a, b, c, d, e, f, g, h, i]",
        "[[], {}, [], {}, [], {}, [], {}, []]",
        "{a: 1, b: 2, c: 3, d: {e: 1, f: 2, g: 3, h: 4, i: 5}}",
        "[&a [1, 2], *a, *a]",
        "[&a {b: 1}, {<<: *a}, {<<: [*a]}]",
        "[&a [1, 2], &b [*a, 1], 1]",
        '[&a 1, "*a", !!str 3, *a, *a, *a, *a, *a, *a]',
    ],
)
def test_values_are_counted(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Every text holds ten: scalars, lists and mappings, those behind aliases too; keys are none."""
    monkeypatch.setattr(composer, "MAX_VALUES", 10)
    parse(text, "x")
    monkeypatch.setattr(composer, "MAX_VALUES", 9)
    assert [message.split(" ", 1)[1] for message in wrong(text)] == [
        "more than 9 values, those of aliases counted (limit)"
    ]


def test_long_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_LENGTH", 10)
    assert parse("a: 1\n#2345", "x").data == {"a": 1}
    assert wrong("a: 1\n#23456") == ["2:6 longer than 10 characters"]


def test_after_a_hundred_problems_nothing_more_is_read() -> None:
    problems = wrong("a: 1\n" * 100_000)
    assert len(problems) == 101
    assert problems[99:] == [
        '101:1 duplicate key "a"; it is at line 1 already',
        "102:1 more than 100 problems; the rest is not read",
    ]
    assert len(wrong("\x01" * 1000)) == 100


@pytest.mark.usefixtures("parser")
@given(
    st.text(st.sampled_from("ab1:-?,[]{}&*!|>'\"%@#~<\\ \t\n\r\x00\x85\ufeff\ud800\U0001f600."), max_size=30)
)
def test_any_text_is_read_or_refused_with_places(text: str) -> None:
    try:
        parse(text, "x")
    except SpecError as error:
        lines = re.split(r"\r\n|\r|\n", text.lstrip("\ufeff"))
        for problem in error.problems:
            place = problem.location
            assert place is not None
            assert place.column <= len(lines[place.line - 1]) + 1
