"""A project of its own for each test of the gate: a folder to stand in, and an environment without CI."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from costcalc.cli import run
from gate.projects import Cli, Result

SERVICES = ("CI", "GITHUB_", "GITLAB_", "COSTCALC_", "RUNNER_")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, below nothing that configures costcalc, as the current directory."""
    for name in list(os.environ):
        if name.startswith(SERVICES):
            monkeypatch.delenv(name)
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / ".git").mkdir()  # the search for a config ends here
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command line, within this process."""

    def command(*words: str) -> Result:
        capsys.readouterr()
        code = run(words)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return command
