"""Reports to files: replaced as a whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from cli.process import SPEC, costcalc
from costcalc.cli import run
from costcalc.cli.reports import write


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def files() -> list[str]:
    return sorted(os.listdir())


def test_one_run_writes_as_many_reports_as_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = [word for name in ("json", "csv", "markdown", "table") for word in ("-o", f"{name}=out.{name}")]
    assert run(["analyze", "spec.yaml", "-f", "json", *outputs, "--color", "always"]) == 0
    out = capsys.readouterr().out
    assert Path("out.json").read_text(encoding="utf-8") == out
    assert Path("out.csv").read_bytes().startswith(b"spec,network,layer,")
    assert Path("out.markdown").read_text(encoding="utf-8").startswith("### spec.yaml\n")
    assert Path("out.table").read_text(encoding="utf-8").startswith("spec.yaml  8x8x3 → 8x8x4, 1 layer\n")
    assert files() == ["out.csv", "out.json", "out.markdown", "out.table", "spec.yaml"]


def test_a_dash_takes_the_place_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "spec.yaml", "-o", "json=-"]) == 0
    assert json.loads(capsys.readouterr().out)["network"]["path"] == "spec.yaml"


def test_a_report_replaces_the_old_one_and_keeps_its_mode() -> None:
    Path("old").write_text("old and longer than the new one", encoding="utf-8")
    os.chmod("old", 0o640)
    write("old", "new\n")
    assert Path("old").read_text(encoding="utf-8") == "new\n"
    assert stat.S_IMODE(os.stat("old").st_mode) == 0o640


def test_a_new_report_has_the_mode_that_files_have() -> None:
    old = os.umask(0o027)
    try:
        write("new", "new\n")
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat("new").st_mode) == 0o640


def test_a_link_stays_one_and_what_it_leads_to_is_replaced() -> None:
    os.mkdir("there")
    Path("there/report").write_text("old", encoding="utf-8")
    os.symlink("there/report", "link")
    os.symlink("there/nothing", "dangling")
    write("link", "new")
    write("dangling", "new")
    assert os.readlink("link") == "there/report"
    assert Path("there/report").read_text(encoding="utf-8") == "new"
    assert Path("there/nothing").read_text(encoding="utf-8") == "new"
    assert sorted(os.listdir("there")) == ["nothing", "report"]


def test_two_names_of_one_file_are_one() -> None:
    os.symlink("report", "link")
    assert run(["analyze", "spec.yaml", "-o", "json=report", "-o", "csv=link"]) == 2
    os.symlink("spec.yaml", "other")
    assert run(["analyze", "spec.yaml", "-o", "json=other"]) == 2
    assert Path("spec.yaml").read_text(encoding="utf-8") == SPEC


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full."""

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)


@pytest.mark.usefixtures("failing")
def test_a_report_that_cannot_be_written_leaves_the_old_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("old").write_text("old", encoding="utf-8")
    assert run(["analyze", "spec.yaml", "-o", "json=old", "-o", "csv=other"]) == 2
    assert Path("old").read_text(encoding="utf-8") == "old"
    assert files() == ["old", "spec.yaml"]
    captured = capsys.readouterr()
    assert captured.err == (
        "error: old: cannot be written: no space left on device\n"
        "error: other: cannot be written: no space left on device\n"
    )
    assert captured.out.startswith("spec.yaml  8x8x3 → ")


def test_a_folder_is_no_report(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkdir("folder")
    assert run(["analyze", "spec.yaml", "-o", "json=folder", "-o", "csv=no/such"]) == 2
    assert capsys.readouterr().err == (
        "error: folder: cannot be written: is a directory\n"
        "error: no/such: cannot be written: no such file or directory\n"
    )


def test_a_device_is_written_to_and_stays_what_it_is() -> None:
    done = costcalc("analyze", "spec.yaml", "-f", "csv", "-o", f"json={os.devnull}", "-o", "csv=/dev/stderr")
    assert done.returncode == 0
    assert done.stdout == done.stderr
    assert not os.path.isfile(os.devnull)


def test_a_pipe_that_was_closed_early_is_one_for_reports_too() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = costcalc("analyze", "spec.yaml", "-o", f"json=/dev/fd/{writing}", pass_fds=[writing])
    finally:
        os.close(writing)
    assert done.returncode == 141
