"""FlatBuffers on disk: tables by their fields, nothing read before it is asked for.

A TFLite file is one such buffer, almost all of it weights. Reading tables ourselves, the weights are never touched:
the memory is that of the graph, whatever the file's size. Every offset is checked against the file.

Source: FlatBuffers, "Internals" (https://flatbuffers.dev/internals): little-endian; a table begins with the distance
back to its vtable, which has two sizes and then, a field each, how far in the table it is, 0 where it has its default.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

MAX_READS = 5_000_000
MAX_ITEMS = 2**21  # numbers and tables in vectors
MAX_TEXT = 2**26  # bytes of names
_PAGE = 2**16
_PAGES = 64
_LONGEST_NAME = 2**16


class FlatbufferError(Exception):
    """The bytes are no buffer, or too much of one; ``str`` says where."""


class PagedFile:
    """A file's bytes, read by pages, with a count of what was read of them."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._pages: dict[int, bytes] = {}
        self._reads = MAX_READS
        self._items = MAX_ITEMS
        self._text = MAX_TEXT

    def number(self, code: str, at: int) -> int:
        """A number of a format of ``struct``. Raises FlatbufferError where it is outside of the file."""
        self._reads -= 1
        if self._reads < 0:
            raise FlatbufferError(f"more than {MAX_READS} numbers")
        count = struct.calcsize(f"<{code}")
        page, place = divmod(at, _PAGE)
        if 0 <= at <= self.size - count and place + count <= _PAGE:
            found: int = struct.unpack_from(f"<{code}", self._page(page), place)[0]
            return found
        (found,) = struct.unpack(f"<{code}", self.raw(at, count))
        return found

    def raw(self, at: int, count: int) -> bytes:
        """So many bytes. Raises FlatbufferError."""
        if at < 0 or count < 0 or at + count > self.size:
            raise FlatbufferError(f"cut off, or no offset, at byte {at}")
        self._file.seek(at)
        data = self._file.read(count)
        if len(data) != count:
            raise FlatbufferError(f"cut off at byte {at + len(data)}")
        return data

    def _page(self, page: int) -> bytes:
        if page not in self._pages:
            if len(self._pages) >= _PAGES:
                del self._pages[next(iter(self._pages))]
            self._file.seek(page * _PAGE)
            self._pages[page] = self._file.read(_PAGE)
        return self._pages[page]

    def charge_items(self, count: int) -> None:
        """Count so many items of vectors. Raises FlatbufferError."""
        self._items -= count
        if self._items < 0:
            raise FlatbufferError(f"more than {MAX_ITEMS} items in lists")

    def charge_text(self, count: int) -> None:
        """Count so many bytes of names. Raises FlatbufferError."""
        self._text -= count
        if self._text < 0 or count > _LONGEST_NAME:
            raise FlatbufferError("more names than are read")


class FlatTable:
    """A table of the buffer. Fields are numbered from 0 in the order of the schema."""

    __slots__ = ("_bytes", "_fields", "_vtable", "at")

    def __init__(self, data: PagedFile, at: int) -> None:
        self._bytes = data
        self.at = at
        self._vtable = at - data.number("i", at)
        self._fields = (data.number("H", self._vtable) - 4) // 2

    def place(self, field: int) -> int | None:
        """Where a field is; None where it is left out."""
        if field >= self._fields:
            return None
        distance = self._bytes.number("H", self._vtable + 4 + 2 * field)
        return self.at + distance if distance else None

    def number(self, field: int, code: str, default: int = 0) -> int:
        """A number."""
        at = self.place(field)
        return default if at is None else self._bytes.number(code, at)

    def table(self, field: int) -> FlatTable | None:
        """A table inside; None where it is left out."""
        at = self.place(field)
        return None if at is None else FlatTable(self._bytes, self._follow(at))

    def text(self, field: int) -> str:
        """A name; empty where it is left out."""
        found = self._vector(field, 1, counted=False)
        if found is None:
            return ""
        at, count = found
        self._bytes.charge_text(count)
        return self._bytes.raw(at, count).decode("utf-8", "replace")

    def span(self, field: int) -> tuple[int, int] | None:
        """Where a vector of bytes is, and how many; it is not read."""
        return self._vector(field, 1, counted=False)

    def count(self, field: int) -> int:
        """How many items a vector of offsets or four-byte numbers has."""
        found = self._vector(field, 4, counted=False)
        return 0 if found is None else found[1]

    def numbers(self, field: int, code: str) -> tuple[int, ...] | None:
        """A vector of numbers; None where it is left out."""
        size = struct.calcsize(f"<{code}")
        found = self._vector(field, size)
        if found is None:
            return None
        at, count = found
        return struct.unpack(f"<{count}{code}", self._bytes.raw(at, count * size))

    def tables(self, field: int) -> Iterator[FlatTable]:
        """A vector of tables, one after the other."""
        found = self._vector(field, 4)
        at, count = found or (0, 0)
        for place in range(at, at + 4 * count, 4):
            yield FlatTable(self._bytes, self._follow(place))

    def item(self, field: int, index: int) -> FlatTable:
        """One of a vector of tables. Raises FlatbufferError where there is none."""
        at, count = self._vector(field, 4, counted=False) or (0, 0)
        if not 0 <= index < count:
            raise FlatbufferError(f"there is no item {index}: the list has {count}")
        return FlatTable(self._bytes, self._follow(at + 4 * index))

    def _follow(self, at: int) -> int:
        return at + self._bytes.number("I", at)

    def _vector(self, field: int, size: int, *, counted: bool = True) -> tuple[int, int] | None:
        at = self.place(field)
        if at is None:
            return None
        start = self._follow(at)
        count = self._bytes.number("I", start)
        if start + 4 + count * size > self._bytes.size:
            raise FlatbufferError(f"cut off at byte {start}: a list of {count} items is said to follow")
        if counted:
            self._bytes.charge_items(count)
        return start + 4, count


def root(data: PagedFile) -> FlatTable:
    """The buffer's table. Raises FlatbufferError."""
    return FlatTable(data, data.number("I", 0))
