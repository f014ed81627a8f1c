from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from costcalc.errors import CostcalcError
from costcalc.reading.files import MAX_BYTES, read_text

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")


def refused(path: object) -> str:
    with pytest.raises(CostcalcError) as caught:
        read_text(str(path))
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"a: 1\r\nb: 2\n", "a: 1\r\nb: 2\n"),
        ("\ufeffname: é\U0001f600\n".encode(), "name: é\U0001f600\n"),
        ("a\ufeff".encode(), "a\ufeff"),
    ],
)
def test_text_is_read_as_it_is(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(data)
    assert read_text(str(path)) == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: 1\nb: \xff\n", "not UTF-8 text: byte 0xff at offset 8, line 2"),
        (b"\xef\xbb\xbfab\xe9", "not UTF-8 text: byte 0xe9 at offset 5, line 1"),
        (b"a\xed\xa0\x80", "not UTF-8 text: byte 0xed at offset 1, line 1"),
        (b"\x7fELF\x02\x00", "not a text file: a NUL byte at offset 5"),
        ("a: 1".encode("utf-16"), "UTF-16 text; save it as UTF-8"),
        (b"\xfe\xff\x00a", "UTF-16 text; save it as UTF-8"),
    ],
)
def test_what_is_no_text(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(data)
    assert refused(path) == f"{path}: {message}"


def test_what_is_no_file(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    assert refused(missing) == f"{missing}: cannot be read: no such file or directory"
    assert refused("a\0b") == "a\0b: cannot be read: embedded null byte"


@posix
def test_what_never_ends_or_never_begins(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refused(tmp_path) == f"{tmp_path}: cannot be read: is a directory"
    assert refused(pipe) == f'{pipe}: not a regular file; for standard input, use "-"'
    assert refused("/dev/zero") == '/dev/zero: not a regular file; for standard input, use "-"'


@posix
def test_large_files(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert refused(path) == f"{path}: larger than 32 MiB"
    with path.open("wb") as file:
        file.truncate(10**12)
    assert refused(path) == f"{path}: larger than 32 MiB"


class _Endless(io.RawIOBase):
    """Gives spaces for ever, and counts them."""

    given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        buffer[:] = b" " * len(buffer)
        self.given += len(buffer)
        return len(buffer)


def stdin(monkeypatch: pytest.MonkeyPatch, binary: io.BufferedIOBase) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(binary, encoding="ascii"))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, io.BytesIO("\ufeffname: é\n".encode()))
    assert read_text("-") == "name: é\n"
    stdin(monkeypatch, io.BytesIO(b"\xff"))
    assert refused("-") == "<stdin>: not UTF-8 text: byte 0xff at offset 0, line 1"
    monkeypatch.setattr(sys, "stdin", None)
    assert refused("-") == "<stdin>: standard input is closed"


def test_standard_input_is_read_to_the_limit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = _Endless()
    stdin(monkeypatch, io.BufferedReader(endless))  # type: ignore[arg-type]
    assert refused("-") == "<stdin>: larger than 32 MiB"
    assert endless.given < MAX_BYTES + 2**20
