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


def on_terminal(*words: str, columns: int = 80, code: int = 0, **environment: str) -> str:
    """What the command prints on a terminal, standard output and standard error."""
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
    assert process.returncode == code
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


BAD = """\
input: 32x32x3
layers:
  - {type: conv, out_channels: 32, kernal_size: 3}
  - {type: conv, out_channels: 32, kernel_size: 3, padding: "a long value that goes on and on and on and on"}
  - {type: "[red]onnx[/red]"}
"""


@pytest.mark.parametrize(
    ("options", "environment", "colored"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_when_errors_have_colours(options: list[str], environment: dict[str, str], colored: bool) -> None:
    Path("bad.yaml").write_text(BAD, encoding="utf-8")
    text = on_terminal("analyze", "bad.yaml", *options, code=2, **environment)
    assert ("\x1b[1mbad.yaml:3:36: \x1b[0m\x1b[1;31merror:\x1b[0m unknown field" in text) == colored
    assert ("\x1b" in text) == colored
    assert '"[red]onnx[/red]"' in text


def test_other_errors_have_colours_too() -> None:
    text = on_terminal("analyze", "nosuch[onnx].yaml", code=2)
    assert text == "\x1b[1;31merror:\x1b[0m nosuch[onnx].yaml: cannot be read: no such file or directory\n"


@pytest.mark.parametrize(("environment", "colored"), [({}, False), ({"FORCE_COLOR": "1"}, True)])
def test_forced_colours_reach_pipes(environment: dict[str, str], colored: bool) -> None:
    Path("bad.yaml").write_text(BAD, encoding="utf-8")
    right = costcalc("analyze", "within.yaml", env=environment).stdout
    wrong = costcalc("analyze", "bad.yaml", env=environment).stderr
    assert ("\x1b[" in right, "\x1b[" in wrong) == (colored, colored)
    assert plain(right) == costcalc("analyze", "within.yaml").stdout
    assert plain(wrong) == costcalc("analyze", "bad.yaml", env={"COLUMNS": "60"}).stderr


@pytest.mark.parametrize("width", [60, 80])
def test_lines_of_errors_end_between_words(width: int) -> None:
    Path("bad.yaml").write_text(BAD, encoding="utf-8")
    text = plain(on_terminal("analyze", "bad.yaml", columns=width, code=2))
    assert max(map(len, text.splitlines())) <= width
    words = [word for word in text.split() if not {"^", "…"} & {*word}]
    assert {*words} <= {*costcalc("analyze", "bad.yaml").stderr.split()}


def test_a_long_line_is_shown_around_its_mark() -> None:
    Path("bad.yaml").write_text(BAD, encoding="utf-8")
    lines = plain(on_terminal("analyze", "bad.yaml", columns=60, code=2)).splitlines()
    marked = next(line for line in lines if line.startswith("  4 | "))
    marks = lines[lines.index(marked) + 1]
    assert (marked[6], marked[-1]) == ("…", "…")
    assert marked[marks.index("^")] == '"'
