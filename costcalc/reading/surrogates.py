r"""Characters beyond U+FFFF as JSON escapes them, ``\ud83d\ude00``, in the one way that YAML has: ``\U0001f600``.

JSON is YAML but for that. The rewritten text is shorter; its places are told as they are in the text that was written.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from costcalc.errors import Location
from costcalc.reading.source import Source

_PAIR = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})",
)
_SHORTER = 2  # \ud83d\ude00 has 12 characters, \U0001f600 has 10


def with_pairs_joined(source: Source) -> Source | None:
    """The text with its pairs of escapes in one; None where it has none."""
    if not _PAIR.search(source.text):
        return None
    ends: list[int] = []

    def joined(match: re.Match[str]) -> str:
        high, low = int(match[2], 16), int(match[3], 16)
        ends.append(match.end() - _SHORTER * (len(ends) + 1))
        return f"{match[1]}\\U{0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00:08x}"

    return _Joined(source, _PAIR.sub(joined, source.text), ends)


class _Joined(Source):
    """A rewritten text whose offsets are told as those of the original one; ``ends`` are those of the joined pairs."""

    __slots__ = ("_ends", "_original")

    def __init__(self, original: Source, text: str, ends: list[int]) -> None:
        super().__init__(original.path, text)
        self._original = original
        self._ends = ends

    def line(self, offset: int) -> int:
        """The number of the line, from 1, in which an offset stands."""
        return self._original.line(self._place(offset))

    def location(self, start: int, end: int) -> Location:
        """The place from ``start`` to ``end`` in the original text."""
        return self._original.location(self._place(start), self._place(end))

    def _place(self, offset: int) -> int:
        return offset + _SHORTER * bisect_right(self._ends, offset)
