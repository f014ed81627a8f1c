"""What the YAML parser says is wrong, in words for the person who wrote the text.

libyaml and its twin in Python word most messages differently, so that a rule looks for what the two have
in common, and at the text itself.
"""

import re
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import yaml

from costcalc.errors import Problem
from costcalc.quantity import shown
from costcalc.reading.source import Source

_ILLEGAL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PARSER_TOO_DEEP = "exceeded maximum nesting depth"
_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_CLOSERS = {"[": "]", "{": "}"}


def illegal_characters(source: Source, limit: int) -> list[Problem]:
    """The characters that no YAML text may hold, the first ``limit`` of them."""
    found = islice(_ILLEGAL.finditer(source.text), limit)
    message = "the character U+{:04X} is not allowed in YAML"
    return [source.problem(message.format(ord(match[0])), *match.span()) for match in found]


def beyond_the_parser(error: yaml.MarkedYAMLError) -> int | None:
    """Where a text nests too deeply for the parser itself, None for other errors.

    From libyaml 0.2.6 on, this is at 1,000 levels. It reads ahead, so that it may say so before it has told of the
    outer levels; from the text before that place it tells of them all.
    """
    return error.problem_mark.index if error.problem == _PARSER_TOO_DEEP and error.problem_mark else None


def syntax_problem(error: yaml.MarkedYAMLError, source: Source, bracket: int | None = None) -> Problem:
    """A syntax error as a located problem; ``bracket`` is where the innermost open one stands."""
    fault = _ParserFault(error, source, bracket)
    finding = next((rule(fault) for words, rule in _RULES if re.search(words, fault.said)), None)
    if finding is None:
        finding = _Finding(f"not YAML: {error.problem}", fault.at)
    end = finding.start + finding.length
    return source.problem(finding.message, finding.start, end, finding.hint)


class _Finding(NamedTuple):
    message: str
    start: int
    hint: str | None = None
    length: int = 1


class _ParserFault:
    """What the parser said, where it noticed, and where the thing that it was reading had begun."""

    def __init__(self, error: yaml.MarkedYAMLError, source: Source, bracket: int | None) -> None:
        self.source = source
        self.bracket = bracket
        self.said = f"{error.context}: {error.problem}"
        self.at = _index(error.problem_mark, source, 0)
        self.opened = _index(error.context_mark, source, self.at)

    @property
    def found(self) -> str:
        """The character at which the parser noticed."""
        return self.source.text[self.at : self.at + 1]

    @property
    def opener(self) -> str:
        """The character with which the thing began."""
        return self.source.text[self.opened : self.opened + 1]

    @property
    def at_end(self) -> bool:
        """Whether nothing is left of the text."""
        return not self.source.text[self.at :].strip()

    @property
    def before(self) -> str:
        """What stands before on the same line."""
        column = self.source.location(self.at, self.at).column
        return self.source.text[self.at - column + 1 : self.at]

    @property
    def opened_line(self) -> int:
        """The line on which the thing began."""
        return self.source.line(self.opened)


def _index(mark: yaml.Mark | None, source: Source, default: int) -> int:
    return min(mark.index, len(source.text)) if mark is not None else default


def _tab(fault: _ParserFault) -> _Finding:
    return _Finding("a tab cannot stand here", fault.at, "indent with spaces")


def _token(fault: _ParserFault) -> _Finding:
    if fault.found == "\t":
        return _tab(fault)
    return _Finding(f"a text that begins with {shown(fault.found)} needs quotes", fault.at)


def _quote(fault: _ParserFault) -> _Finding:
    return _Finding("this quote is never closed", fault.opened)


def _never_closed(fault: _ParserFault, start: int) -> _Finding:
    return _Finding(f'this "{fault.source.text[start]}" is never closed', start)


def _flow(fault: _ParserFault) -> _Finding:
    """A list or mapping in brackets: mostly, one bracket too few."""
    opener, closer = fault.opener, _CLOSERS.get(fault.opener, "}")
    if fault.at_end:
        return _never_closed(fault, fault.opened)
    if fault.found and fault.found in "]}":
        message = f'"{fault.found}" cannot close the "{opener}" of line {fault.opened_line}'
        return _Finding(message, fault.at)
    line = fault.source.line(fault.at)
    if line != fault.opened_line:
        message = f'this "{opener}" is not closed before the text of line {line}'
        return _Finding(message, fault.opened, f'add the missing "{closer}" or ","')
    return _Finding(f'a "," or "{closer}" is missing before this', fault.at)


def _colon(fault: _ParserFault) -> _Finding:
    if ": " in fault.before:
        return _Finding('a second ": " on one line', fault.at, 'a text that holds ": " needs quotes')
    hint = 'is the line above complete ("key: value", with a space), and this one not indented too far?'
    return _Finding("no value can stand here", fault.at, hint)


def _no_colon(fault: _ParserFault) -> _Finding:
    if re.match("-[^- ]", fault.source.text[fault.opened : fault.opened + 2]):
        return _Finding('a space is missing after "-"', fault.opened)
    return _Finding('this is no "key: value" and no "- item"', fault.opened)


def _block_mapping(fault: _ParserFault) -> _Finding:
    if fault.found and fault.found in "]}":
        return _Finding(f'this "{fault.found}" closes nothing', fault.at)
    if fault.before.strip():
        return _Finding("a value ends before this", fault.at, "put the whole text in quotes")
    if fault.found == "-":
        message = f"a list item in the mapping that begins at line {fault.opened_line}"
        return _Finding(message, fault.at, "indent it like the other items of its list")
    message = f"not indented like the mapping that begins at line {fault.opened_line}"
    return _Finding(message, fault.at, "indent it like the keys that it belongs to")


def _block_list(fault: _ParserFault) -> _Finding:
    if fault.before.strip():
        return _Finding("a value ends before this", fault.at, "put the whole text in quotes")
    message = f'no "- item" of the list that begins at line {fault.opened_line}'
    return _Finding(message, fault.at, "indent it like the text that it belongs to")


def _dash(fault: _ParserFault) -> _Finding:
    return _Finding("a list cannot begin here", fault.at, "begin it on a line of its own, or write [a, b]")


def _name(fault: _ParserFault) -> _Finding:
    thing = "an alias" if fault.opener == "*" else "an anchor"
    message = f'"{fault.opener}" begins {thing}, whose name is letters, digits, "-" and "_"'
    return _Finding(message, fault.opened, f'a text that begins with "{fault.opener}" needs quotes')


def _tag(fault: _ParserFault) -> _Finding:
    return _Finding('"!" begins a tag', fault.opened, 'a text that begins with "!" needs quotes')


def _escape(fault: _ParserFault) -> _Finding:
    """libyaml points at the backslash, its twin past it."""
    start = fault.source.text.rfind("\\", fault.opened, fault.at + 1)
    text = fault.source.text[start : start + 2]
    if half := _HALF.match(fault.source.text, start):
        return _Finding(
            f"the escape {half[0]} is half of a surrogate pair, and no character", start, length=6
        )
    return _Finding(f"unknown escape {text}", start, "double the backslash, or use single quotes", 2)


def _no_value(fault: _ParserFault) -> _Finding:
    if fault.at_end and fault.bracket is not None:
        return _never_closed(fault, fault.bracket)
    if fault.found and fault.found in "]}":
        return _Finding(f'this "{fault.found}" closes nothing', fault.at)
    return _Finding(f"a value is missing before {shown(fault.found)}", fault.at)


def _directive(fault: _ParserFault) -> _Finding:
    start = fault.at - len(fault.before)
    return _Finding('a line that begins with "%" can only say "%YAML 1.2"', start)


def _after_end(fault: _ParserFault) -> _Finding:
    if fault.source.text.lstrip().startswith("%"):
        return _Finding('"---" is missing between the "%YAML" line and this', fault.at)
    return _Finding("the text should end before this: its value is complete", fault.at)


#: What the parser says -> what we say: the first pattern that is found in it.
_RULES: tuple[tuple[str, Callable[[_ParserFault], _Finding]], ...] = (
    ("tab character", _tab),
    ("cannot start any token", _token),
    ("quoted scalar: found unexpected (end|document)", _quote),
    ("flow (sequence|mapping): .*expected", _flow),
    ("mapping values", _colon),
    ("could not find expected ':'", _no_colon),
    ("block mapping: .*(expected key|block end)", _block_mapping),
    ("block collection: .*('-' indicator|block end)", _block_list),
    ("sequence entries are not allowed", _dash),
    ("scanning an (alias|anchor)", _name),
    ("(scanning|parsing) a tag|tag handle", _tag),
    ("escape|hexdecimal", _escape),
    ("node content", _no_value),
    ("directive|incompatible", _directive),
    ("document start", _after_end),
)
