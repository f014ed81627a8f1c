"""Reading a text file, whatever its path leads to.

A path may lead to a directory, a pipe that nobody writes to, a device without end or a program: each is
refused with a message that names it, before anything is read or waited for.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import BinaryIO

from costcalc.errors import CostcalcError

MAX_BYTES = 32 * 2**20
STDIN = "-"
STDIN_NAME = "<stdin>"

_MARK = "\ufeff"
#: The files whose text was read, by device and inode: so they are the same under any name.
_read: set[tuple[int, int]] = set()
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: str) -> str:
    """The text of a regular UTF-8 file, or of standard input where ``path`` is ``-``.

    Raises CostcalcError, ``path: message``, for what is no regular file, cannot be read, is larger than
    32 MiB, binary, or not UTF-8. A byte order mark at the start is left out.
    """
    if path == STDIN:
        return decode(_read_stdin(), STDIN_NAME)
    try:
        with open_regular(path) as file:
            return decode(_read_file(file, path), path)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        meant = _of_the_zoo(path) if isinstance(error, FileNotFoundError) else ""
        raise CostcalcError(f"{path}: cannot be read: {_reason(error)}{meant}") from None


def _of_the_zoo(path: str) -> str:
    from costcalc.reading.zoo import zoo_names

    return f"; did you mean zoo:{path}?" if path in zoo_names() else ""


def was_read(path: str) -> bool:
    """Whether the text of a file was read since :func:`forget_read`, under whatever name."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return False
    return (status.st_dev, status.st_ino) in _read


def forget_read() -> None:
    """Begin anew: nothing was read."""
    _read.clear()


def byte_order_mark(path: str) -> str:
    """The mark that a regular file begins with, or nothing; raises what :func:`open_regular` does."""
    with open_regular(path) as file:
        return _MARK if file.read(3) == _MARK.encode() else ""


def open_regular(path: str) -> BinaryIO:
    """A regular file, to be read. Raises CostcalcError for what is none, before anything is waited for, and OSError."""
    file = open(path, "rb", opener=_open)  # noqa: SIM115 - the caller closes it
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise CostcalcError(f'{path}: not a regular file; for standard input, use "{STDIN}"')


def _open(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _read_file(file: BinaryIO, path: str) -> bytes:
    status = os.fstat(file.fileno())
    if status.st_size > MAX_BYTES:
        raise _too_large(path)
    _read.add((status.st_dev, status.st_ino))
    data = file.read(status.st_size + 1)  # not as much as it may have: room for that takes time
    return data if len(data) <= status.st_size else data + _limited(file, path, len(data))


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise CostcalcError(f"{STDIN_NAME}: standard input is closed")
    try:
        return _limited(sys.stdin.buffer, STDIN_NAME)
    except OSError as error:
        raise CostcalcError(f"{STDIN_NAME}: cannot be read: {_reason(error)}") from None


def _limited(file: BinaryIO, path: str, before: int = 0) -> bytes:
    data = file.read(MAX_BYTES + 1 - before) or b""
    if before + len(data) > MAX_BYTES:
        raise _too_large(path)
    return data


def _too_large(path: str) -> CostcalcError:
    return CostcalcError(f"{path}: larger than {MAX_BYTES // 2**20} MiB")


def decode(data: bytes, path: str) -> str:
    """The text of a UTF-8 file's bytes; raises CostcalcError as :func:`read_text` does."""
    if data.startswith(_UTF16):
        raise CostcalcError(f"{path}: UTF-16 text; save it as UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        raise CostcalcError(f"{path}: not a text file: a NUL byte at offset {nul}")
    try:
        return data.decode("utf-8").removeprefix(_MARK)
    except UnicodeDecodeError as error:
        start = error.start
        line = data.count(b"\n", 0, start) + 1
        message = f"not UTF-8 text: byte 0x{data[start]:02x} at offset {start}, line {line}"
        raise CostcalcError(f"{path}: {message}") from None


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
