"""One bad spec beside what is said of it, for each problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from approved import approved
from costcalc.cli import run

FOLDER = Path(__file__).parent / "bad_specs"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(FOLDER)
    code = run(["analyze", f"{name}.yaml"])
    out, err = capsys.readouterr()
    assert err == approved(FOLDER / f"{name}.txt", err)
    assert (code, out) == (2, "")


def test_no_message_is_without_its_spec() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_how_it_is_said(name: str) -> None:
    """Each problem is one line with its place; then the line it is on, and a mark under the place."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert text.endswith("\n")
    for problem in text.rstrip("\n").split("\n\n"):
        first, *rest = problem.split("\n")
        assert first.startswith(f"{name}.yaml:")
        assert ": error: " in first
        assert not first.endswith(".")
        assert all(line.startswith("  ") for line in rest)
        if rest and rest[0].strip()[:1].isdigit():
            assert "^" in rest[1]
