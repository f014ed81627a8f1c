"""A zip archive that a stranger made, read with bounds: nothing is extracted.

The directory is read entry by entry, so that an archive of millions of entries takes no memory; one that is made to
harm (names that lead outside, encryption, a file that grows without end) is refused.

Source: PKWARE, .ZIP File Format Specification 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from costcalc.interop.importers.errors import ModelError

MAX_ENTRIES = 10_000
MAX_DIRECTORY = 4 * 2**20
LOCAL = b"PK\x03\x04"
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY = b"PK\x01\x02"
_FULL = 0xFFFFFFFF
#: What reading a damaged archive may raise, besides ModelError.
DAMAGED = (struct.error, zlib.error, ValueError)


class ZipEntry(NamedTuple):
    """A file in the archive: its name, whether it is encrypted, how it is packed, where."""

    name: str
    encrypted: bool
    method: int
    packed: int
    offset: int


def zip_entries(file: BinaryIO, path: str, most: int = MAX_ENTRIES) -> Iterator[ZipEntry]:
    """The files in an archive. Raises ModelError, or one of DAMAGED."""
    size, offset = _directory(file, path, MAX_DIRECTORY * most // MAX_ENTRIES)
    file.seek(offset)
    directory = file.read(size)
    at = count = 0
    while at < len(directory):
        count += 1
        if count > most:
            raise ModelError(f"{path}: refused: the archive has more than {most} files")
        if directory[at : at + 4] != _ENTRY:
            raise ValueError
        (flags, method) = struct.unpack_from("<HH", directory, at + 8)
        packed, whole, name_size, extra_size, comment_size = struct.unpack_from("<IIHHH", directory, at + 20)
        (start,) = struct.unpack_from("<I", directory, at + 42)
        name = directory[at + 46 : at + 46 + name_size].decode("utf-8", "backslashreplace")
        extra = directory[at + 46 + name_size : at + 46 + name_size + extra_size]
        if start == _FULL:
            start = _long_offset(extra, (packed == _FULL) + (whole == _FULL))
        if _leads_outside(name):
            raise ModelError(f"{path}: refused: the archive has a name that leads outside: {name!a}")
        yield ZipEntry(name, bool(flags & 1), method, packed, start)
        at += 46 + name_size + extra_size + comment_size


def zip_content(file: BinaryIO, entry: ZipEntry, path: str, most: int) -> bytes:
    """What a file of at most so many bytes holds. Raises ModelError, or one of DAMAGED."""
    if entry.encrypted:
        raise ModelError(f"{path}: refused: {entry.name} is encrypted")
    if entry.method not in (0, 8):
        raise ModelError(f"{path}: refused: {entry.name} is packed by method {entry.method}, not by deflate")
    file.seek(entry.offset)
    header = file.read(30)
    if header[:4] != LOCAL:
        raise ValueError
    name_size, extra_size = struct.unpack_from("<HH", header, 26)
    file.seek(name_size + extra_size, os.SEEK_CUR)
    data = file.read(min(entry.packed, most + 1))
    if entry.method == 8:
        data = zlib.decompressobj(-15).decompress(data, most + 1)
    if len(data) > most:
        raise ModelError(f"{path}: refused: {entry.name} has more than {most} bytes")
    return data


def _long_offset(extra: bytes, skipped: int) -> int:
    """The offset in the ZIP64 field, behind so many sizes."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            (offset,) = struct.unpack_from("<Q", extra, at + 4 + 8 * skipped)
            return int(offset)
        at += 4 + size
    raise ValueError


def _directory(file: BinaryIO, path: str, most: int) -> tuple[int, int]:
    """The directory's size and offset."""
    end = file.seek(0, os.SEEK_END)
    start = max(end - 65557, 0)
    file.seek(start)
    tail = file.read(65557)
    at = tail.rfind(_END)
    if at < 0:
        raise ModelError(f"{path}: the zip archive is cut off: it has no directory")
    size, offset = struct.unpack_from("<II", tail, at + 12)
    if at >= 20 and tail[at - 20 : at - 16] == _LOCATOR_64:
        (place,) = struct.unpack_from("<Q", tail, at - 12)
        file.seek(min(place, end))
        record = file.read(56)
        if record[:4] != _END_64:
            raise ValueError
        size, offset = struct.unpack_from("<QQ", record, 40)
    if size > most:
        raise ModelError(f"{path}: refused: the archive's directory has {size} bytes, more than {most}")
    if offset + size > end:
        raise ValueError
    return size, offset


def _leads_outside(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name[:2]
