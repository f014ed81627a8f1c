"""A table of a TOML text as a document: its data, and where each value stands.

The parser gives no positions. They are found by asking it: the first statements of a text hold a value from
the statement on that sets it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Literal

from costcalc.errors import CostcalcError, Location, Problem, Route
from costcalc.reading.source import Source

MAX_LENGTH = 2**20

#: What matters to find where a statement of a valid text ends: strings, comments, brackets, line breaks.
_TOKEN = re.compile(
    r'''"""(?:\\.|[^\\])*?"""+ | \'\'\'.*?\'\'\'+ | "(?:\\.|[^"\\\n])*" | '[^'\n]*' | \#[^\n]* | [\[\]{}\n]''',
    re.VERBOSE | re.DOTALL,
)


class TomlTable:
    """One table of a TOML text; ``route`` leads to it, ``data`` is what it holds, None where it is missing."""

    def __init__(self, text: str, path: str, route: Route) -> None:
        self.path = path
        self.route = route
        self._source = Source(path, text)
        self.data: Any = _reach(_loads(text, path), route)

    def locate(self, route: Route, at: Literal["value", "key"] = "value") -> Location:
        """Where the key of a route stands (for its value, too), or that of the innermost table that is there."""
        start, end = self._span(self.route + route)
        return self._source.location(start, end)

    def place(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """The problems with their places."""
        return tuple(problem._replace(location=self.locate(problem.route)) for problem in problems)

    @cached_property
    def _ends(self) -> list[int]:
        return [0, *_statement_ends(self._source.text)]

    def _span(self, route: Route) -> tuple[int, int]:
        """From the first character of the last key of a route to its end."""
        while len(route) > len(self.route) and not self._holds(len(self._ends) - 1, route):
            route = route[:-1]
        low, high = 0, len(self._ends) - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._holds(middle, route) else (middle + 1, high)
        text, (begin, end) = self._source.text, self._ends[low - 1 : low + 1]
        begin += len(text[begin:end]) - len(text[begin:end].lstrip())
        key = next((step for step in reversed(route) if isinstance(step, str)), "")
        start = text.find(key, begin, end)
        return (start, start + len(key)) if start >= 0 else (begin, begin + 1)

    def _holds(self, statements: int, route: Route) -> bool:
        """Whether the first statements set a value."""
        return _reach(tomllib.loads(self._source.text[: self._ends[statements]]), route) is not None


def _statement_ends(text: str) -> Iterator[int]:
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        depth += (token in "[{") - (token in "]}")
        if token == "\n" and not depth:
            yield match.end()
    yield len(text)


def _loads(text: str, path: str) -> Any:
    if len(text) > MAX_LENGTH:
        raise CostcalcError(f"{path}: longer than {MAX_LENGTH} characters")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise CostcalcError(f"{path}: nested too deeply") from None
    except ValueError as error:
        message = str(error)
        raise CostcalcError(f"{path}: not TOML: {message[:1].lower()}{message[1:]}") from None


def _reach(data: Any, route: Route) -> Any:
    for step in route:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data
