"""``costcalc plan`` on texts as people have them, on a file that somebody edits meanwhile, and on models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import costcalc
from costcalc.analysis.costs import analyze
from costcalc.cli import run

HEAD = "name: net\ninput: 16x16x8\n"
CONV = "name: c, out_channels: 16, kernel_size: 3"
BLOCK = "  # one\n  - type: conv # two\n    # three\n    name: c\n    out_channels: 16 # four\n    kernel_size: 3\n"
TEXTS = {
    "crlf": f"{HEAD}layers:\n  - {{type: conv, {CONV}}} # a\n  - relu\n".replace("\n", "\r\n"),
    "flow": f"{HEAD}layers: [{{type: conv, {CONV}}}, relu] # all of it\n",
    "comments": f"{HEAD}layers:\n{BLOCK}",
    "anchor": f"{HEAD}layers:\n  - &c {{type: conv, out_channels: 8, kernel_size: 3}}\n"
    "  - {<<: *c, stride: 2}\n  - *c\n",
    "tabs": f"{HEAD}layers:\n  - {{type:\tconv,\t{CONV}}}\t# tab\n",
    "no end of line": f"{HEAD}layers:\n  - {{type: conv, {CONV}}}",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_place_stays_as_it_was_to_the_byte(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = TEXTS[name]
    path = Path("net.yaml")
    path.write_bytes(text.encode())
    before = analyze(costcalc.load("net.yaml"))
    assert run(["plan", "net.yaml", "--multiplies", str(before.separable.multiplies), "--write"]) == 0
    changed = path.read_bytes().decode()
    assert changed.replace("separable_conv", "conv") == text
    assert changed.count("separable_conv") == 1
    after = analyze(costcalc.load("net.yaml"))
    assert after.written.multiplies == before.separable.multiplies
    assert capsys.readouterr().err.endswith("wrote net.yaml\n")


def test_a_comment_stays_behind_what_it_is_on_where_a_name_is_added() -> None:
    text = f"{HEAD}layers:\n  - type: conv # two\n    out_channels: 16\n    kernel_size: 3\n"
    Path("net.yaml").write_text(text, encoding="utf-8")
    assert run(["plan", "net.yaml", "--multiplies", "100k", "--write"]) == 0
    changed = text.replace("type: conv # two\n", "type: separable_conv # two\n    name: conv_1\n")
    assert Path("net.yaml").read_text("utf-8") == changed


def test_a_file_that_was_edited_meanwhile_is_not_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from costcalc.rendering import plan

    path = Path("net.yaml")
    path.write_text(TEXTS["flow"], encoding="utf-8")
    render = plan.render_plans

    def edited(*words: Any) -> str:
        path.write_text(TEXTS["comments"], encoding="utf-8")
        return render(*words)

    monkeypatch.setattr(plan, "render_plans", edited)
    assert run(["plan", "net.yaml", "--multiplies", "100k", "--write"]) == 2
    assert capsys.readouterr().err == "error: net.yaml was changed meanwhile: nothing is written\n"
    assert path.read_text("utf-8") == TEXTS["comments"]


def test_a_plan_for_a_model_edits_its_converted_spec(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx", reason="needs the onnx package: pip install 'costcalc[dev]'")
    assert run(["convert", "zoo:lenet5", "--to", "onnx", "-o", "net.onnx"]) == 0
    assert run(["convert", "net.onnx", "-o", "converted.yaml"]) == 0
    before = analyze(costcalc.load("net.onnx"))
    limit = before.written.multiplies - 1
    capsys.readouterr()
    assert run(["plan", "net.onnx", "--multiplies", str(limit), "-o", "net.yaml"]) == 0
    changed, converted = (
        Path(name).read_text("utf-8").splitlines() for name in ("net.yaml", "converted.yaml")
    )
    assert len([1 for pair in zip(changed, converted, strict=True) if pair[0] != pair[1]]) == 1
    assert analyze(costcalc.load("net.yaml")).written.multiplies <= limit
    assert run(["plan", "net.onnx", "--multiplies", str(limit), "--write"]) == 2
    assert "--write changes a spec file" in capsys.readouterr().err


def test_layers_without_convolutions_are_no_places(capsys: pytest.CaptureFixture[str]) -> None:
    """Recurrent layers and attention multiply, and have no other form: a plan and a list leave them alone."""
    text = (
        "input: 32x8\nlayers:\n  - {type: conv, name: c, out_channels: 16, kernel_size: 3}\n"
        "  - {type: lstm, hidden_size: 8}\n"
    )
    Path("net.yaml").write_text(text, encoding="utf-8")
    before = analyze(costcalc.load("net.yaml"))
    limit = before.separable.multiplies
    assert run(["plan", "net.yaml", "--multiplies", str(limit), "--write"]) == 0
    assert Path("net.yaml").read_text("utf-8") == text.replace("type: conv", "type: separable_conv")
    capsys.readouterr()
    assert run(["alternatives", "net.yaml", "lstm_1"]) == 2
    assert "lstm_1" in capsys.readouterr().err
