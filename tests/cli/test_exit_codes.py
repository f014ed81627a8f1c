"""Every exit code, through the real process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import costcalc as package
from cli.process import BROKEN, NEAR, OVER, WITHIN, costcalc, python

#: Runs the command with one function of the package replaced.
PATCHED = """
import os, signal, sys
import costcalc.application.load
def broken(*args, **options):
    {body}
costcalc.application.load.load_document = broken
from costcalc.__main__ import main
sys.exit(main())
"""


@pytest.fixture(autouse=True)
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {"within": WITHIN, "over": OVER, "near": NEAR, "broken": BROKEN}.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["analyze", "--help"], 0),
        (["analyze", "within.yaml"], 0),
        (["analyze", "near.yaml"], 0),
        (["analyze", "over.yaml"], 1),
        (["analyze", "over.yaml", "-f", "json"], 1),
        (["analyze", "within.yaml", "over.yaml"], 1),
        (["analyze", "over.yaml", "--exit-zero"], 0),
        (["analyze", "over.yaml", "--width-multiplier", "0.5"], 0),
        (["analyze", "broken.yaml"], 2),
        (["analyze", "broken.yaml", "--exit-zero"], 2),
        (["analyze", "over.yaml", "broken.yaml"], 2),
        (["analyze", "no_such.yaml"], 2),
        (["analyze", "."], 2),
        (["analyze", "over.yaml", "-o", "json=no/such/folder.json"], 2),
        ([], 0),
        (["no_such_command"], 2),
        (["analyze"], 2),
        (["analyze", "within.yaml", "--no-such-option"], 2),
    ],
    ids=str,
)
def test_the_exit_code_of(words: list[str], code: int) -> None:
    done = costcalc(*words)
    assert done.returncode == code, done.stderr
    assert ("error" in done.stderr) == (code == 2)
    assert "Traceback" not in done.stderr


def test_a_bug_is_3_in_one_line() -> None:
    done = python("-c", PATCHED.format(body="raise KeyError('x\\x1b\\n')"), "analyze", "within.yaml")
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr == (
        f"error: a bug in costcalc {package.__version__}: KeyError: 'x\\x1b\\n'; "
        "please report it, with the spec and the traceback that --debug prints\n"
    )


def test_a_bug_is_3_with_its_traceback_for_who_wants_it() -> None:
    done = python("-c", PATCHED.format(body="raise KeyError('x')"), "--debug", "analyze", "within.yaml")
    assert done.returncode == 3
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith("KeyError: 'x'; please report it, with the spec and this traceback\n")


@pytest.mark.parametrize("bug", ["RecursionError", "MemoryError", "StopIteration", "OSError", "EOFError"])
def test_no_exception_ends_in_1(bug: str) -> None:
    done = python("-c", PATCHED.format(body=f"raise {bug}"), "analyze", "within.yaml")
    assert done.returncode == 3


def test_an_interrupt_is_130_without_a_word() -> None:
    body = "os.kill(os.getpid(), signal.SIGINT); signal.pause()"
    done = python("-c", PATCHED.format(body=body), "analyze", "within.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@contextmanager
def closed_pipe() -> Iterator[int]:
    """The writing end of a pipe from which nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)


@pytest.mark.parametrize(
    "words",
    [
        ["analyze", "within.yaml"],
        ["analyze", "over.yaml"],
        ["analyze", "within.yaml", "-f", "csv"],
        ["analyze", "--help"],
        ["--help"],
        ["--version"],
        ["zoo", "mobilenet_v1"],
    ],
    ids=str,
)
def test_an_output_that_was_closed_early_is_141_without_a_word(words: list[str]) -> None:
    with closed_pipe() as writing:
        done = costcalc(*words, stdout=writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_messages_that_nobody_reads_change_no_exit_code() -> None:
    with closed_pipe() as writing:
        assert costcalc("analyze", "broken.yaml", stderr=writing).returncode == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
@pytest.mark.parametrize("words", [["analyze", "within.yaml"], ["--help"], ["analyze", "over.yaml"]])
def test_an_output_that_cannot_be_written_is_2(words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = costcalc(*words, stdout=full)
    assert done.returncode == 2
    assert done.stderr == "error: standard output: cannot be written: no space left on device\n"


@pytest.mark.skipif(os.name != "posix", reason="only a POSIX shell closes a stream so")
def test_a_closed_standard_output_is_2() -> None:
    command = f'"{sys.executable}" -m costcalc analyze within.yaml >&-'
    done = subprocess.run(["sh", "-c", command], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "error: standard output is closed\n")
