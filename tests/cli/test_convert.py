"""``costcalc convert``: models as specs, networks as models; models in the place of specs."""

from __future__ import annotations

import json
import stat
import subprocess

import pytest

from costcalc.cli import run

pytest.importorskip("onnx", reason="needs the onnx package: pip install 'costcalc[dev]'")
from importers.onnx_model.graphs import model, node

RESIDUAL = model(
    [
        node("Conv", "x stem.weight", "a", name="stem", pads=[1, 1, 1, 1]),
        node("Relu", "a", "b", name="relu"),
        node("Conv", "b block.conv.weight", "c", name="block.conv", pads=[1, 1, 1, 1]),
        node("Add", "b c", name="block.add"),
    ],
    {"x": ("N", 3, "H", "W")},
    {"stem.weight": (8, 3, 3, 3), "block.conv.weight": (8, 8, 3, 3)},
)
SPEC = """\
name: small
source: ONNX opset 21
input: 16x16x3
layers:
  - {type: conv, name: stem, out_channels: 8, kernel_size: 3, activation: relu}
  - type: residual
    name: block
    body:
      - {type: conv, name: conv, out_channels: 8, kernel_size: 3}
"""
MULTIPLIES = 256 * 9 * 8 * (3 + 8)


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.onnx").write_bytes(RESIDUAL.SerializeToString())
    return tmp_path


def output(capsys, *words, code=0):
    assert run(list(words)) == code
    return capsys.readouterr()


SIZES = ("--input", "x=1x3x16x16")


def test_to_standard_output(small, capsys):
    assert output(capsys, "convert", "small.onnx", *SIZES).out == SPEC


def test_to_a_file(small, capsys):
    told = output(capsys, "convert", "small.onnx", *SIZES, "-o", "net.yaml")
    assert (told.out, told.err) == ("", "wrote net.yaml: 2 layers; next: costcalc analyze net.yaml\n")
    assert (small / "net.yaml").read_text() == SPEC
    found = json.loads(output(capsys, "analyze", "net.yaml", "-f", "json").out)
    assert found["totals"]["written"]["multiplies"] == MULTIPLIES


def test_flat(small, capsys):
    assert output(capsys, "convert", "small.onnx", *SIZES, "--flat").out.splitlines()[3:] == [
        "layers:",
        "  - {type: conv, name: stem, inputs: [input], out_channels: 8, kernel_size: 3}",
        "  - {type: relu, name: relu, inputs: [stem]}",
        "  - {type: conv, name: block.conv, inputs: [relu], out_channels: 8, kernel_size: 3}",
        "  - {type: add, name: block.add, inputs: [relu, block.conv]}",
    ]


def test_nothing_that_is_there_is_lost(small, capsys):
    (small / "net.yaml").write_text("mine")
    told = output(capsys, "convert", "small.onnx", *SIZES, "-o", "net.yaml", code=2)
    assert told.err == "error: net.yaml is there already\n  = name another file, or say --force\n"
    assert (small / "net.yaml").read_text() == "mine"
    (small / "net.yaml").chmod(0o640)
    output(capsys, "convert", "small.onnx", *SIZES, "-o", "net.yaml", "--force")
    assert (small / "net.yaml").read_text() == SPEC
    assert stat.S_IMODE((small / "net.yaml").stat().st_mode) == 0o640
    assert [path.name for path in small.iterdir() if path.name.startswith(".")] == []


def test_where_the_sizes_are_missing(small, capsys):
    told = output(capsys, "convert", "small.onnx", "-o", "net.yaml", code=2)
    assert told.err == (
        'error: small.onnx: the input "x" has sizes that the file leaves open: Nx3xHxW\n'
        "  = say them, for example --input x=1x3x224x224\n"
    )
    assert not (small / "net.yaml").exists()


def test_what_is_no_model(small, capsys):
    told = output(capsys, "convert", "net.txt", code=2)
    assert told.err.startswith(
        'error: "net.txt" is no model of a known format\n  = formats by example: model.onnx'
    )


def test_a_model_in_the_place_of_a_spec(small, capsys):
    found = json.loads(output(capsys, "analyze", "small.onnx", *SIZES, "-f", "json").out)
    assert {key: found["network"][key] for key in ("name", "path", "input")} == {
        "name": "small",
        "path": "small.onnx",
        "input": "16x16x3",
    }
    written = found["totals"]["written"]
    assert (written["multiplies"], written["params"]) == (MULTIPLIES, 27 * 8 + 72 * 8)
    assert [layer["name"] for layer in found["layers"]] == ["stem", "block"]
    assert output(capsys, "check", "small.onnx", *SIZES, "--no-baseline", "--max-multiplies", str(MULTIPLIES))
    assert output(
        capsys,
        "check",
        "small.onnx",
        *SIZES,
        "--no-baseline",
        "--max-multiplies",
        str(MULTIPLIES - 1),
        code=1,
    )
    output(capsys, "convert", "small.onnx", *SIZES, "-o", "net.yaml")
    output(capsys, "diff", "small.onnx", "net.yaml", *SIZES, "--exit-code")
    told = output(capsys, "explain", "small.onnx", "stem", *SIZES).out
    assert f"{256 * 27 * 8:,}" in told


def test_another_output_is_no_mistake(small, capsys):
    nodes = [node("Conv", "x w", "a", name="one"), node("Relu", "a"), node("Conv", "a v", "z", name="two")]
    weights = {"w": (4, 4, 1, 1), "v": (4, 4, 1, 1)}
    for outputs, warning in (
        (("y", "z"), ""),
        (("y",), 'warning: m.onnx: the output of conv layer "two" is never used'),
    ):
        (small / "m.onnx").write_bytes(model(nodes, weights=weights, outputs=outputs).SerializeToString())
        assert output(capsys, "analyze", "m.onnx").err.startswith(warning or "")
        assert bool(output(capsys, "analyze", "m.onnx").err) == bool(warning)


def test_a_baseline_of_a_model(small, capsys, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    output(capsys, "baseline", "update", "small.onnx", *SIZES, "--baseline", "base.json")
    output(
        capsys, "check", "small.onnx", *SIZES, "--baseline", "base.json", "--max-increase", "multiplies=0%"
    )


def test_to_onnx(small, capsys):
    output(capsys, "convert", "zoo:mobilenet_v1", "--to", "onnx", "--rewrite", "standard", "-o", "m.onnx")
    found = json.loads(output(capsys, "analyze", "m.onnx", "-f", "json").out)
    zoo = json.loads(output(capsys, "analyze", "zoo:mobilenet_v1", "-f", "json").out)
    assert found["totals"]["written"] == zoo["totals"]["standard"]


def test_onnx_is_no_text(capsys):
    told = output(capsys, "convert", "zoo:lenet5", "--to", "onnx", code=2)
    assert told.err == "error: onnx is written to a file only\n  = name one: -o network.onnx\n"


def test_without_the_onnx_package(small, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    told = output(capsys, "convert", "zoo:lenet5", "--to", "onnx", "-o", "m.onnx", code=2)
    assert told.err == "error: writing ONNX needs the onnx package: pip install 'costcalc[onnx]'\n"
    assert not (small / "m.onnx").exists()
    output(capsys, "analyze", "small.onnx", *SIZES)


@pytest.mark.parametrize("words", [["--rewrite", "standard"], ["--to", "onnx", "--flat", "-o", "m.onnx"]])
def test_flags_that_do_not_go_together(small, capsys, words):
    assert output(capsys, "convert", "small.onnx", *SIZES, *words, code=2).err.startswith("error: --")


def test_a_model_as_it_was_at_a_commit(small, capsys):
    def git(*words):
        names = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *names, *words], cwd=small, check=True, capture_output=True)

    git("init", "-q")
    git("add", "small.onnx")
    git("commit", "-qm", "one")
    against = ("check", "small.onnx", *SIZES, "--baseline", "git:HEAD", "--max-increase", "multiplies=0%")
    output(capsys, *against)
    deeper = model(
        [node("Conv", "x w", "a", pads=[1, 1, 1, 1]), node("Conv", "a v", pads=[1, 1, 1, 1])],
        {"x": ("N", 3, "H", "W")},
        {"w": (16, 3, 3, 3), "v": (16, 16, 3, 3)},
    )
    (small / "small.onnx").write_bytes(deeper.SerializeToString())
    assert "+" in output(capsys, *against, code=1).out
    assert output(capsys, "diff", "small.onnx", *SIZES, "--against", "git:HEAD", "--exit-code", code=1)
    (small / "small.onnx").write_bytes(b"no model")
    git("commit", "-qam", "two")
    (small / "small.onnx").write_bytes(deeper.SerializeToString())
    told = output(capsys, *against, code=2)
    assert "git:HEAD:small.onnx cannot be read: not an ONNX model, or a damaged one" in told.out + told.err
