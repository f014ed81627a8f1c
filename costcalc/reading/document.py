"""A parsed text: its data, and where in the text each part of it stands.

Problems carry routes into the data; a document turns them into lines and columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from costcalc.errors import Location, Problem, Route, SpecError
from costcalc.reading.composer import MAX_VALUES, compose
from costcalc.reading.composition import Composition
from costcalc.reading.estimate import fewest_values
from costcalc.reading.source import Source
from costcalc.reading.surrogates import with_pairs_joined

MAX_LENGTH = 2**25  # 32 Mi characters

_SEPARATORS = "\x85\u2028\u2029"
_TAG_DIRECTIVE = re.compile(r"(?:\A|[\r\n])(%TAG)")


class Document:
    """A parsed text. ``data`` is made of dict, list, str, int, bool, None and ``quantity.Numeral``.

    Keys are the text that was written; an empty text has the data None. The data is not to be changed.
    """

    __slots__ = ("_composed", "_source")

    def __init__(self, source: Source, composed: Composition) -> None:
        self._source = source
        self._composed = composed

    @property
    def data(self) -> Any:
        """What the text says."""
        return self._composed.data

    @property
    def path(self) -> str:
        """The name of the text, as messages show it."""
        return self._source.path

    @property
    def text(self) -> str:
        """The text itself, without a byte order mark."""
        return self._source.text

    @property
    def duplicates(self) -> tuple[Problem, ...]:
        """The problems, located, of keys that stand twice in a mapping; the data has the first of each."""
        return self._composed.duplicates

    def locate(self, route: Route, at: Literal["value", "key"] = "value") -> Location:
        """Where a route leads: to the value or its key, or as deep as the data goes.

        The place of a mapping or list is its first character; of an alias, where the alias stands;
        of a merged entry, where it was written.
        """
        return self._source.location(*self._composed.span(route, at))

    def span(self, route: Route, at: Literal["value", "key"] = "value") -> tuple[int, int]:
        """Where a route leads, as :meth:`locate` has it: offsets in the text, the end not included."""
        return self._composed.span(route, at)

    def place(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """The problems with their places, in the text's order; the same one at the same place once.

        ``used`` routes, the outermost block use first, become ``used_lines`` in the same order.
        """
        spans = [(self._composed.span(problem.route, problem.at), problem) for problem in problems]
        once: dict[tuple[tuple[int, int], str], Problem] = {}
        for span, problem in sorted(spans, key=lambda pair: pair[0]):
            once.setdefault((span, problem.message), problem)
        lines = self._use_lines(once.values())
        return tuple(
            problem._replace(
                location=self._source.location(*span),
                used_lines=tuple(lines[route] for route in problem.used),
            )
            for (span, _), problem in once.items()
        )

    def _use_lines(self, problems: Iterable[Problem]) -> dict[Route, int]:
        starts = {
            route: self._composed.span(route, "value")[0] for problem in problems for route in problem.used
        }
        ordered = sorted(starts.items(), key=lambda pair: pair[1])
        return {route: self._source.line(start) for route, start in ordered}


def parse(text: str, path: str) -> Document:
    """Parse a YAML text; ``path`` is what messages call it.

    Raises SpecError with located problems: bad syntax, duplicate and non-scalar keys, cyclic aliases,
    unknown anchors and tags, several documents, nesting or values beyond the limits.
    """
    document = parse_despite_duplicates(text, path)
    if document.duplicates:
        raise SpecError(document.duplicates)
    return document


def parse_despite_duplicates(text: str, path: str) -> Document:
    """Parse a YAML text of which more is to be said where keys are duplicate: they are the document's to tell.

    Raises SpecError with all else that :func:`parse` refuses.
    """
    # libyaml drops a byte order mark without counting it.
    source = Source(path, text.lstrip("\ufeff"))
    problems = tuple(_refusals(source))
    if problems:
        raise SpecError(problems)
    try:
        return Document(source, compose(source))
    except SpecError:
        joined = with_pairs_joined(source)
        if joined is None:
            raise
    return Document(joined, compose(joined))


def _refusals(source: Source) -> Iterator[Problem]:
    """What is refused before the YAML parser sees it."""
    text = source.text
    if len(text) > MAX_LENGTH:
        yield source.problem(f"longer than {MAX_LENGTH} characters", MAX_LENGTH, MAX_LENGTH + 1)
        return
    if len(text) > MAX_VALUES and (fewest := fewest_values(text, MAX_VALUES)) > MAX_VALUES:
        yield source.problem(f"some {fewest:,} values; a text holds at most {MAX_VALUES:,} (limit)", 0, 1)
        return
    # libyaml compares each %TAG line with all before it: a million of them take hours.
    if "%TAG" in text and (match := _TAG_DIRECTIVE.search(text)):
        yield source.problem("a %TAG directive is not understood here", *match.span(1))
    # YAML 1.1 ends lines at these, 1.2 and editors do not: what looks like a comment could be content.
    for separator in _SEPARATORS:
        start = text.find(separator)
        if start >= 0:
            number = f"{ord(separator):04X}"
            hint = f'write it as "\\u{number}", in double quotes'
            yield source.problem(f"the line separator U+{number} cannot stand here", start, start + 1, hint)
