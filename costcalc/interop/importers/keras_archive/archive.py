"""The config.json of a ``.keras`` file, read with bounds: nothing is extracted, no code is run, no weights are read.

A ``.keras`` file is a zip archive. Its directory is read here entry by entry, so that an archive of millions of entries
takes no memory; an archive that is made to harm (names that lead outside, encryption, a config that grows without end)
is refused.

Source: PKWARE, .ZIP File Format Specification 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from costcalc.interop.importers.errors import ModelError
from costcalc.reading.files import open_regular

MAX_CONFIG = 8 * 2**20
MAX_ENTRIES = 10_000
_MAX_DIRECTORY = 4 * 2**20
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_FULL = 0xFFFFFFFF
_HDF5 = b"\x89HDF\r\n\x1a\n"


class _ArchivedFile(NamedTuple):
    """A file in the archive: its name, whether it is encrypted, how it is packed, where."""

    name: str
    encrypted: bool
    method: int
    packed: int
    offset: int


def read_config(path: str) -> Any:
    """The model's config as plain data; raises ModelError."""
    if os.path.isdir(path):
        raise ModelError(
            f"{path}: this is a directory, as a SavedModel of TensorFlow is, and no .keras file",
            'save the model itself anew: model.save("model.keras")',
        )
    try:
        with open_regular(path) as file:
            return _parsed(_config(file, path), path)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from None


def _config(file: BinaryIO, path: str) -> bytes:
    beginning = file.read(8)
    if beginning == _HDF5:
        raise ModelError(
            f"{path}: this is a model in HDF5, the format before .keras",
            'load it and save it anew: keras.models.load_model("old.h5").save("model.keras")',
        )
    if beginning[:4] != _LOCAL:
        raise ModelError(f"{path}: no .keras file: it is no zip archive")
    try:
        found = None
        for entry in _entries(file, path):
            if _leads_outside(entry.name):
                raise ModelError(
                    f"{path}: refused: the archive has a name that leads outside: {entry.name!a}"
                )
            if entry.name == "config.json":
                if found is not None:
                    raise ModelError(f"{path}: refused: the archive has two files config.json")
                found = entry
        if found is None:
            raise ModelError(f"{path}: no .keras file: the archive has no config.json")
        return _content(file, found, path)
    except (struct.error, zlib.error, ValueError):
        raise ModelError(f"{path}: the zip archive is damaged") from None


def _entries(file: BinaryIO, path: str) -> Iterator[_ArchivedFile]:
    size, offset = _directory(file, path)
    file.seek(offset)
    directory = file.read(size)
    at = count = 0
    while at < len(directory):
        count += 1
        if count > MAX_ENTRIES:
            raise ModelError(f"{path}: refused: the archive has more than {MAX_ENTRIES} files")
        if directory[at : at + 4] != _ENTRY:
            raise ValueError
        (flags, method) = struct.unpack_from("<HH", directory, at + 8)
        packed, whole, name_size, extra_size, comment_size = struct.unpack_from("<IIHHH", directory, at + 20)
        (start,) = struct.unpack_from("<I", directory, at + 42)
        name = directory[at + 46 : at + 46 + name_size].decode("utf-8", "backslashreplace")
        extra = directory[at + 46 + name_size : at + 46 + name_size + extra_size]
        if start == _FULL:
            start = _long_offset(extra, (packed == _FULL) + (whole == _FULL))
        yield _ArchivedFile(name, bool(flags & 1), method, packed, start)
        at += 46 + name_size + extra_size + comment_size


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


def _directory(file: BinaryIO, path: str) -> tuple[int, int]:
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
    if size > _MAX_DIRECTORY:
        raise ModelError(
            f"{path}: refused: the archive's directory has {size} bytes, more than {_MAX_DIRECTORY}"
        )
    if offset + size > end:
        raise ValueError
    return size, offset


def _content(file: BinaryIO, entry: _ArchivedFile, path: str) -> bytes:
    if entry.encrypted:
        raise ModelError(f"{path}: refused: config.json is encrypted")
    if entry.method not in (0, 8):
        raise ModelError(f"{path}: refused: config.json is packed by method {entry.method}, not by deflate")
    file.seek(entry.offset)
    header = file.read(30)
    if header[:4] != _LOCAL:
        raise ValueError
    name_size, extra_size = struct.unpack_from("<HH", header, 26)
    file.seek(name_size + extra_size, os.SEEK_CUR)
    data = file.read(min(entry.packed, MAX_CONFIG + 1))
    if entry.method == 8:
        data = zlib.decompressobj(-15).decompress(data, MAX_CONFIG + 1)
    if len(data) > MAX_CONFIG:
        raise ModelError(f"{path}: refused: config.json has more than {MAX_CONFIG} bytes")
    return data


def _leads_outside(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name[:2]


def _parsed(data: bytes, path: str) -> Any:
    try:
        return json.loads(data)
    except RecursionError:
        raise ModelError(f"{path}: refused: config.json is nested too deeply") from None
    except ValueError as error:
        raise ModelError(f"{path}: config.json is no JSON: {str(error)[:200]}") from None
