"""What the command shows on a real terminal, off one, and with colours."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.process import ROOT, WITHIN, costcalc

pty = pytest.importorskip("pty")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("within.yaml").write_text(WITHIN, encoding="utf-8")


def on_terminal(*words: str, columns: int = 80, **environment: str) -> str:
    """What the command prints on a terminal."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": str(columns), **environment}
    env = {name: value for name, value in env.items() if value}
    with subprocess.Popen(
        [sys.executable, "-m", "costcalc", *words], stdin=theirs, stdout=theirs, stderr=theirs, env=env
    ) as process:
        os.close(theirs)
        pieces = []
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            pieces.append(piece)
    os.close(ours)
    assert process.returncode == 0
    return b"".join(pieces).decode().replace("\r\n", "\n")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def test_a_terminal_gets_colours_and_the_columns_that_fit() -> None:
    text = on_terminal("analyze", "zoo:mobilenet_v1")
    assert "\x1b[1m" in text
    assert "layer                    output  written standard separable     ÷  written     ÷\n" in plain(text)
    assert max(map(len, plain(text).splitlines())) <= 80


def test_a_wide_terminal_gets_all_columns() -> None:
    text = on_terminal("analyze", "zoo:mobilenet_v1", columns=160)
    assert plain(text) == costcalc("analyze", "zoo:mobilenet_v1").stdout


def test_off_a_terminal_there_is_neither_width_nor_colour() -> None:
    done = costcalc("analyze", "zoo:mobilenet_v1", env={"COLUMNS": "40"})
    assert "\x1b" not in done.stdout
    assert "layer                type                 output  written share     standard" in done.stdout


@pytest.mark.parametrize(
    ("options", "environment", "colored"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "always"], {"TERM": "dumb"}, True),
    ],
)
def test_when_there_are_colours(options: list[str], environment: dict[str, str], colored: bool) -> None:
    assert ("\x1b[" in on_terminal("analyze", "within.yaml", *options, **environment)) == colored


def test_colours_can_be_had_off_a_terminal() -> None:
    text = costcalc("analyze", "within.yaml", "--full", "--color", "always").stdout
    assert "\x1b[32mwithin budget" in text
    assert plain(text) == costcalc("analyze", "within.yaml", "--full").stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_output_without_unicode_gets_what_can_be_shown(encoding: str) -> None:
    text = costcalc("analyze", "zoo:mobilenet_v1", env={"PYTHONIOENCODING": encoding}).stdout
    assert "\\u" not in text
    assert "51.8M   9% #        462M     51.8M 8.92x 11.21%" in text


def test_the_zoo_fits_a_terminal() -> None:
    text = plain(on_terminal("zoo"))
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"^mobilenet_v1 +569M +4.23M  arXiv:1704.04861", text, re.MULTILINE)


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("words", [["zoo"], ["verify"], ["conventions"], ["conventions", "fvcore"]])
def test_tables_keep_to_the_terminal(words: list[str], width: int) -> None:
    lines = plain(on_terminal(*words, columns=width)).splitlines()
    assert max(map(len, lines)) <= width
