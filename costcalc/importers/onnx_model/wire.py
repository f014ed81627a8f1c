"""Protocol Buffers on the wire: fields one after the other, read in place, nothing copied before it is asked for.

An ONNX file is one message, almost all of it weights. Reading the wire ourselves, the weights are stepped over:
the memory is that of the graph, whatever the file's size. Source: the Protocol Buffers encoding (wire types
0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from mmap import mmap
from typing import TypeAlias

#: A field: its number, and its value: an int, or (start, end) of its bytes.
Field: TypeAlias = "tuple[int, int | tuple[int, int]]"

VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5
MAX_FIELDS = 4_000_000
MAX_TEXT = 2**26  # bytes of names and lists that are kept


class WireError(Exception):
    """The bytes are no message, or too much of one; ``str`` says where."""


class Wire:
    """A file's bytes, with a count of what was read of them."""

    def __init__(self, data: mmap | bytes) -> None:
        self.data = data
        self.fields_left = MAX_FIELDS
        self.text_left = MAX_TEXT

    def fields(self, start: int, end: int) -> Iterator[Field]:
        """The fields of the message between two offsets. Raises WireError."""
        data, at = self.data, start
        while at < end:
            self.fields_left -= 1
            if self.fields_left < 0:
                raise WireError(f"more than {MAX_FIELDS} fields")
            tag = data[at]
            at += 1
            if tag & 0x80:
                tag, at = self.varint(at - 1, end)
            number, kind = tag >> 3, tag & 7
            if not number:
                raise WireError(f"no message at byte {start}")
            if kind == BYTES:
                length = data[at] if at < end else 0x80
                at += 1
                if length & 0x80:
                    length, at = self.varint(at - 1, end)
                if length > end - at:
                    raise WireError(f"cut off at byte {at}: {length} bytes are said to follow, {end - at} do")
                yield number, (at, at + length)
                at += length
            elif kind == VARINT:
                value, at = self.varint(at, end)
                yield number, value
            elif kind in (EIGHT_BYTES, FOUR_BYTES):
                size = 8 if kind == EIGHT_BYTES else 4
                if size > end - at:
                    raise WireError(f"cut off at byte {at}")
                yield number, (at, at + size)
                at += size
            else:
                raise WireError(f"no message at byte {at}")

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """A number of seven bits a byte, the lowest first, and the offset behind it. Raises WireError."""
        data, value, shift = self.data, 0, 0
        while at < end and shift < 70:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, at
            shift += 7
        raise WireError(f"no number at byte {at}")

    def raw(self, value: int | tuple[int, int]) -> bytes:
        """The bytes of a field. Raises WireError where there are too many of them, or it has none."""
        start, end = span(value)
        self.text_left -= end - start
        if self.text_left < 0:
            raise WireError(f"more than {MAX_TEXT // 2**20} MiB of names and lists")
        return self.data[start:end]

    def text(self, value: int | tuple[int, int]) -> str:
        """A field as text."""
        return self.raw(value).decode("utf-8", "replace")

    def ints(self, value: int | tuple[int, int]) -> list[int]:
        """A repeated int: one of its values, or all of them packed."""
        if isinstance(value, int):
            return [signed(value)]
        start, end = value
        self.text_left -= end - start
        if self.text_left < 0:
            raise WireError(f"more than {MAX_TEXT // 2**20} MiB of names and lists")
        numbers = []
        while start < end:
            number, start = self.varint(start, end)
            numbers.append(signed(number))
        return numbers

    def floats(self, value: int | tuple[int, int], code: str = "f") -> list[float]:
        """A repeated float (or double, with the code ``d``): one of its values, or all of them packed."""
        data = self.raw(value)
        size = struct.calcsize(code)
        if len(data) % size:
            raise WireError(f"no floats at byte {span(value)[0]}")
        return list(struct.unpack(f"<{len(data) // size}{code}", data))


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
