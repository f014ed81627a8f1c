"""The peak of a model file is one number, whoever says it: what its own order of operations needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from costcalc.cli import run
from costcalc.planners import PLANNERS

IMPORTERS = Path(__file__).parents[1] / "importers"
#: An archive that leaves sizes open needs them said.
SAID = {"open.pt2": ("--input", "x=1x3x32x32")}
FILES = sorted(path for ending in ("tflite", "pt2") for path in IMPORTERS.glob(f"*/data/*.{ending}"))


def light() -> list[Path]:
    """The models that the onnx package ships."""
    try:
        import onnx
    except ImportError:
        return []
    return sorted((Path(onnx.__file__).parent / "backend" / "test" / "data" / "light").glob("*.onnx"))


def said(capsys: Any, *words: str) -> Any:
    assert run(list(words)) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("planner", PLANNERS)
@pytest.mark.parametrize("path", [*FILES, *light()], ids=lambda path: path.name)
def test_every_command_gives_the_same_peak(
    path: Path, planner: str, capsys: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    given = (str(path), *SAID.get(path.name, ()), "--planner", planner)
    peak = said(capsys, "memory", *given, "-f", "json")["totals"]["written"]["peak_memory"]
    analysis = said(capsys, "analyze", *given, "-f", "json")
    assert analysis["totals"]["written"]["peak_memory"] == peak
    assert max(layer["written"]["peak_memory"] for layer in analysis["layers"]) == peak
    (held,) = said(capsys, "check", *given, "--max", f"peak_memory={peak}", "-f", "json")["specs"]
    assert [(one["value"], one["status"]) for one in held["budget"]] == [(peak, "pass")]
    both = said(capsys, "diff", str(path), *given, "-f", "json")["totals"]["peak_memory"]
    assert both == {"old": peak, "new": peak, "increase": 0}
