"""Protocol Buffers on the wire: fields one after the other, nothing read before it is asked for.

An ONNX file is one message, almost all of it weights. Reading the wire ourselves, the weights are stepped over:
the memory is that of the graph, whatever the file's size. Source: the Protocol Buffers encoding (wire types
0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, TypeAlias

#: A field: its number, and its value: an int, or (start, end) of its bytes.
Field: TypeAlias = "tuple[int, int | tuple[int, int]]"

VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5
MAX_FIELDS = 1_500_000
MAX_TEXT = 2**26  # bytes of names and lists that are kept
MAX_NUMBERS = 2**21  # numbers in lists
_WINDOW = 2**17
_HEADER = 20  # bytes of a tag and a length, at most


class WireError(Exception):
    """The bytes are no message, or too much of one; ``str`` says where."""


class LimitError(WireError):
    """The bytes are sound, but hold more than is read."""


class Wire:
    """A file's bytes, read through a window, with a count of what was read of them."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self.fields_left = MAX_FIELDS
        self.text_left = MAX_TEXT
        self.numbers_left = MAX_NUMBERS
        self._file = file
        self._window = b""
        self._start = 0

    def fields(self, start: int, end: int) -> Iterator[Field]:
        """The fields of the message between two offsets. Raises WireError."""
        at = start
        while at < end:
            self.fields_left -= 1
            if self.fields_left < 0:
                raise LimitError(f"has more than {MAX_FIELDS:,} fields, the most that are read")
            place = at - self._start
            if place < 0 or place + _HEADER > len(self._window):
                place = self._move(at)
            window = self._window
            tag = window[place]
            at += 1
            if tag & 0x80:
                tag, at = self._varint(at - 1, end)
            number, kind = tag >> 3, tag & 7
            if not number:
                raise WireError(f"no message at byte {start}")
            if kind == BYTES:
                length, at = self._varint(at, end)
                if length > end - at:
                    raise WireError(f"cut off at byte {at}: {length} bytes are said to follow, {end - at} do")
                yield number, (at, at + length)
                at += length
            elif kind == VARINT:
                value, at = self._varint(at, end)
                yield number, value
            elif kind in (EIGHT_BYTES, FOUR_BYTES):
                size = 8 if kind == EIGHT_BYTES else 4
                if size > end - at:
                    raise WireError(f"cut off at byte {at}")
                yield number, (at, at + size)
                at += size
            else:
                raise WireError(f"no message at byte {at}")

    def _move(self, at: int) -> int:
        """Let the window begin at an offset; where that is in it."""
        if at < self._start or self._start + len(self._window) < self.size:
            self._file.seek(at)
            self._window, self._start = self._file.read(_WINDOW), at
        if at >= self._start + len(self._window):
            raise WireError(f"cut off at byte {at}")
        return at - self._start

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        """A number in the window, of a field's header, and the offset behind it."""
        window, place = self._window, at - self._start
        if at < end and place < len(window) and window[place] < 0x80:
            return window[place], at + 1
        limit = min(end - self._start, len(window))
        value, place = _varint(window, place, limit)
        return value, self._start + place

    def raw(self, value: int | tuple[int, int]) -> bytes:
        """The bytes of a field. Raises WireError where there are too many of them, or it has none."""
        start, end = span(value)
        self.text_left -= end - start
        if self.text_left < 0:
            raise WireError(f"more than {MAX_TEXT // 2**20} MiB of names and lists")
        place = start - self._start
        if place >= 0 and end - self._start <= len(self._window):
            return self._window[place : end - self._start]
        self._file.seek(start)
        data = self._file.read(end - start)
        if len(data) != end - start:
            raise WireError(f"cut off at byte {start + len(data)}")
        return data

    def text(self, value: int | tuple[int, int]) -> str:
        """A field as text."""
        return self.raw(value).decode("utf-8", "replace")

    def ints(self, value: int | tuple[int, int]) -> list[int]:
        """A repeated int: one of its values, or all of them packed."""
        if isinstance(value, int):
            return [signed(value)]
        data = self._list(value, 1)
        numbers, at = [], 0
        while at < len(data):
            number, at = _varint(data, at, len(data))
            numbers.append(signed(number))
        return numbers

    def _list(self, value: int | tuple[int, int], size: int) -> bytes:
        """The bytes of a packed list of numbers that take at least so many bytes each."""
        start, end = span(value)
        self.numbers_left -= (end - start) // size
        if self.numbers_left < 0:
            raise WireError(f"more than {MAX_NUMBERS} numbers in lists")
        return self.raw(value)

    def floats(self, value: int | tuple[int, int], code: str = "f") -> list[float]:
        """A repeated float (or double, with the code ``d``): one of its values, or all of them packed."""
        size = struct.calcsize(code)
        data = self._list(value, size)
        if len(data) % size:
            raise WireError(f"no floats at byte {span(value)[0]}")
        return list(struct.unpack(f"<{len(data) // size}{code}", data))


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and the place behind it. Raises WireError."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    raise WireError("a number that is cut off, or too long")


def span(value: int | tuple[int, int]) -> tuple[int, int]:
    """Where a field's bytes are. Raises WireError where it is a number."""
    if isinstance(value, int):
        raise WireError("a number where bytes are due")
    return value


def number(value: int | tuple[int, int]) -> int:
    """A field's number. Raises WireError where it is bytes."""
    if isinstance(value, int):
        return signed(value)
    raise WireError(f"bytes where a number is due, at byte {value[0]}")


def signed(value: int) -> int:
    """A varint as int64, in two's complement."""
    return value - 2**64 if value >= 2**63 else value


def from_bits(bits: int, code: str) -> float:
    """A half precision number (code ``e``), or a bfloat16, from its sixteen bits."""
    data = struct.pack("<H", bits & 0xFFFF) if code == "e" else struct.pack("<I", (bits & 0xFFFF) << 16)
    return float(struct.unpack(f"<{code}", data)[0])
