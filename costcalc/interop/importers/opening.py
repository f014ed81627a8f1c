"""A model's file, opened so that nothing is waited for, whatever its path leads to."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from costcalc.interop.importers.errors import ModelError


@contextmanager
def opened(path: str, buffering: int = -1) -> Iterator[tuple[BinaryIO, int]]:
    """A regular file that is not empty, and its size in bytes. Raises ModelError, also for what reading raises."""
    try:
        file = open(path, "rb", buffering=buffering, opener=_open)  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise ModelError(f"{path}: cannot be read: {_reason(error)}") from None
    with file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"{path}: not a regular file")
        if not status.st_size:
            raise ModelError(f"{path}: an empty file")
        try:
            yield file, status.st_size
        except OSError as error:
            raise ModelError(f"{path}: cannot be read: {_reason(error)}") from None


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
