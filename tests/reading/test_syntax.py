"""The mistakes that people make, each beside what they are told, by both of PyYAML's parsers."""

from __future__ import annotations

import pytest
import yaml

from costcalc.errors import SpecError
from costcalc.reading.document import parse

TAB = ("a tab cannot stand here", "indent with spaces")
AT_COLON = 'is the line above complete ("key: value", with a space), and this one not indented too far?'
WHOLE = "put the whole text in quotes"
SEPARATE = "double the backslash, or use single quotes"

#: text, line:column, what is marked, message, hint
MISTAKES = [
    ("layers:\n\t- conv\n", "2:1", "\t", *TAB),
    ("layers:\n  - type: conv\n\t  out: 3\n", "3:1", "\t", *TAB),
    ("a: |\n\tb\n", "2:1", "\t", *TAB),
    ("a: [1, 2\n", "1:4", "[", 'this "[" is never closed', None),
    ("a: [1,\n", "1:4", "[", 'this "[" is never closed', None),
    ("a:\n  - {b: [1, 2]\n", "2:5", "{", 'this "{" is never closed', None),
    ("{type", "1:1", "{", 'this "{" is never closed', None),
    ("a: [{b: ", "1:5", "{", 'this "{" is never closed', None),
    (
        "layers:\n  - {type: conv, groups: 3\n  - {type: conv}\n", "2:5", "{",
        'this "{" is not closed before the text of line 3', 'add the missing "}" or ","',
    ),
    (
        "a: [1, 2\nb: 3\n", "1:4", "[",
        'this "[" is not closed before the text of line 2', 'add the missing "]" or ","',
    ),
    ("a: {b: 1, c: 2]\n", "1:15", "]", '"]" cannot close the "{" of line 1', None),
    ("a: [1, {b: 1,\n c: 2]}\n", "2:6", "]", '"]" cannot close the "{" of line 1', None),
    ("a: [1, 2]]\n", "1:10", "]", 'this "]" closes nothing', None),
    ("a: }\n", "1:4", "}", 'this "}" closes nothing', None),
    ("a: {b: 1 c: 2}\n", "1:11", ":", 'a "," or "}" is missing before this', None),
    ("a: [{b: 1} {c: 2}]\n", "1:12", "{", 'a "," or "]" is missing before this', None),
    ("a: [1,,2]\n", "1:7", ",", 'a value is missing before ","', None),
    ("a: 'foo\nb: 3\n", "1:4", "'", "this quote is never closed", None),
    ('a: "foo\n---\n"\n', "1:4", '"', "this quote is never closed", None),
    ('a: "foo" bar\n', "1:10", "b", "a value ends before this", WHOLE),
    ('- "foo" bar\n', "1:9", "b", "a value ends before this", WHOLE),
    ("name: a: b\n", "1:8", ":", 'a second ": " on one line', 'a text that holds ": " needs quotes'),
    ("a:3\nb: 4\n", "2:2", ":", "no value can stand here", AT_COLON),
    ("a: 1\n  b: 2\n", "2:4", ":", "no value can stand here", AT_COLON),
    ("b: 4\na 3\n", "2:1", "a", 'this is no "key: value" and no "- item"', None),
    ("a:\n  - conv\n  -relu\n", "3:3", "-", 'a space is missing after "-"', None),
    (
        "a:\n    b: 2\n  c: 3\n", "3:3", "c",
        "not indented like the mapping that begins at line 1", "indent it like the keys that it belongs to",
    ),
    (
        "a:\n  - b\n - c\n", "3:2", "-",
        "a list item in the mapping that begins at line 1", "indent it like the other items of its list",
    ),
    (
        "\n- b\na: 1\n", "3:1", "a",
        'no "- item" of the list that begins at line 2', "indent it like the text that it belongs to",
    ),
    ("a: - b\n", "1:4", "-", "a list cannot begin here", "begin it on a line of its own, or write [a, b]"),
    ("a: @b\n", "1:4", "@", 'a text that begins with "@" needs quotes', None),
    ("a: `b`\n", "1:4", "`", 'a text that begins with "`" needs quotes', None),
    ("a: %b\n", "1:4", "%", 'a text that begins with "%" needs quotes', None),
    (
        "a: {*/b: 3}\n", "1:5", "*",
        '"*" begins an alias, whose name is letters, digits, "-" and "_"',
        'a text that begins with "*" needs quotes',
    ),
    (
        "a: & b\n", "1:4", "&",
        '"&" begins an anchor, whose name is letters, digits, "-" and "_"',
        'a text that begins with "&" needs quotes',
    ),
    ("a: !b!c d\n", "1:4", "!", '"!" begins a tag', 'a text that begins with "!" needs quotes'),
    ("a: !{ b\n", "1:4", "!", '"!" begins a tag', 'a text that begins with "!" needs quotes'),
    ('a: "C:\\path"\n', "1:7", "\\p", "unknown escape \\p", SEPARATE),
    ('a: "\\xZZ"\n', "1:5", "\\x", "unknown escape \\x", SEPARATE),
    ("%YAML 2.0\n---\na: 1\n", "1:1", "%", 'a line that begins with "%" can only say "%YAML 1.2"', None),
    ("%YAML 1.2\na: 1\n", "2:1", "a", '"---" is missing between the "%YAML" line and this', None),
    ("[a]\nb\n", "2:1", "b", "the text should end before this: its value is complete", None),
]  # fmt: skip


@pytest.mark.parametrize("parser", ["libyaml", "python"])
@pytest.mark.parametrize(("text", "place", "mark", "message", "hint"), MISTAKES)
def test_mistakes(
    monkeypatch: pytest.MonkeyPatch,
    parser: str,
    text: str,
    place: str,
    mark: str,
    message: str,
    hint: str | None,
) -> None:
    if parser == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    with pytest.raises(SpecError) as caught:
        parse(text, "x")
    (problem,) = caught.value.problems
    where = problem.location
    assert where is not None
    assert f"{where.line}:{where.column}" == place
    assert where.excerpt[where.column - 1 :][: where.length] == mark
    assert (problem.message, problem.hint) == (message, hint)


def test_what_no_rule_knows_is_said_as_the_parser_says_it() -> None:
    with pytest.raises(SpecError) as caught:
        parse("a: |x\n  b\n", "x")
    assert str(caught.value) == "x:1:5: error: not YAML: did not find expected comment or line break"
