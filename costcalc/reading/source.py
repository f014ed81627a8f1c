"""A text, and where in it things stand.

Places inside are offsets: the number of characters before. A line ends at a line feed, a carriage
return, or both, as editors show it. Lines are counted when somebody asks, from the place that was
asked for last, so that going through a text in order costs one pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from costcalc.errors import Location, Problem

_LONE_RETURN = re.compile(r"\r(?!\n)")
_WINDOW = 120  # characters of a line that an excerpt shows at most


class Source:
    """A text with its path, which turns offsets into locations."""

    __slots__ = ("_lines", "_seen", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._lines: str | None = None
        self._seen = (0, 1, 0)

    def line(self, offset: int) -> int:
        """The number of the line, from 1, in which an offset stands."""
        return self._seek(offset)[0]

    def location(self, start: int, end: int) -> Location:
        """The place from ``start`` to ``end``, cut where its first line ends."""
        line, first = self._seek(start)
        stop, ends = self._line_end(start)
        left, right = first, stop
        if not ends or stop - first > _WINDOW:
            left = max(first, start - _WINDOW // 2)
            right = min(stop, left + _WINDOW)
        before = "…" if left > first else ""
        after = "" if ends and right == stop else "…"
        return Location(
            path=self.path,
            line=line,
            column=start - first + 1,
            length=max(1, min(end, stop) - start),
            excerpt=before + self.text[left:right] + after,
            shift=left - first - len(before),
        )

    def problem(self, message: str, start: int, end: int, hint: str | None = None) -> Problem:
        """An error that is already located."""
        return Problem(message, hint=hint, location=self.location(start, end))

    def _seek(self, offset: int) -> tuple[int, int]:
        """The number of an offset's line, and where that line begins."""
        if self._lines is None:
            self._lines = _LONE_RETURN.sub("\n", self.text) if "\r" in self.text else self.text
        seen, line, first = self._seen
        if offset < first:
            seen, line, first = 0, 1, 0
        elif offset < seen:
            seen = first
        breaks = self._lines.count("\n", seen, offset)
        if breaks:
            line += breaks
            first = self._lines.rfind("\n", seen, offset) + 1
        self._seen = (offset, line, first)
        return line, first

    def _line_end(self, start: int) -> tuple[int, bool]:
        """Where the line of an offset ends, or how far an excerpt looks at most; and which of the two."""
        lines = self._lines or ""
        stop = lines.find("\n", start, start + _WINDOW)
        if stop < 0:
            stop = min(start + _WINDOW, len(lines))
            return stop, stop == len(lines)
        if self.text[stop] == "\n" and stop > start and self.text[stop - 1] == "\r":
            stop -= 1
        return stop, True


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Located problems in the order of the text."""
    return tuple(sorted(problems, key=_place))


def _place(problem: Problem) -> tuple[int, int]:
    where = problem.location
    return (where.line, where.column) if where is not None else (0, 0)
