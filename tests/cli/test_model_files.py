"""TFLite files and archives of torch.export in the place of specs, in every command that takes one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from costcalc.cli import run

IMPORTERS = Path(__file__).parents[1] / "importers"
#: File -> its multiplies, its params, one of its layers, and what that multiplies.
FILES = {
    "hey_jarvis.tflite": (21_630, 22_111, "model.dense", 300),
    "unet.pt2": (249_344, 2_202, "down1", 86_400),
}


@pytest.fixture(params=FILES)
def name(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (source,) = IMPORTERS.rglob(request.param)
    shutil.copy(source, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    return str(request.param)


def output(capsys: Any, *words: str, code: int = 0) -> str:
    assert run(list(words)) == code
    return str(capsys.readouterr().out)


def test_analyze(name: str, capsys: Any) -> None:
    totals = json.loads(output(capsys, "analyze", name, "-f", "json"))["totals"]["written"]
    assert (totals["multiplies"], totals["params"]) == FILES[name][:2]


def test_explain(name: str, capsys: Any) -> None:
    _, _, layer, multiplies = FILES[name]
    assert f"= {multiplies:,}" in output(capsys, "explain", name, layer)


def test_convert(name: str, capsys: Any) -> None:
    output(capsys, "convert", name, "-o", "net.yaml")
    totals = json.loads(output(capsys, "analyze", "net.yaml", "-f", "json"))["totals"]["written"]
    assert (totals["multiplies"], totals["params"]) == FILES[name][:2]
    assert output(capsys, "diff", name, "net.yaml") == f"{name} → net.yaml\nno difference\n"


def test_check(name: str, capsys: Any) -> None:
    multiplies = FILES[name][0]
    output(capsys, "baseline", "update", name)
    held = ("--baseline", "costcalc-baseline.json", "--max-multiplies")
    assert f"ok       {name}" in output(capsys, "check", name, *held, str(multiplies))
    assert f"{multiplies:,}" in output(capsys, "check", name, *held, str(multiplies - 1), code=1)
