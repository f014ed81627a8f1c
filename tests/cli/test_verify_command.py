"""``costcalc verify``: what it lists, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from costcalc.cli import run

SPEC = """name: "a [bold]|name"
source: a paper
input: 8x8x3
layers: [{type: conv, name: c, out_channels: 4, kernel_size: 3}]
published:
  - {multiplies: 6.9k, params: 108}
  - {resolution: 4, multiplies: 2k, source: another}
  - {operations: {value: 14k, note: not thop}, convention: thop}
"""
WRONG = SPEC + "  - {width_multiplier: 0.5, params: {value: 1k}}\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "good": SPEC,
        "wrong": WRONG,
        "broken": "layers: 3",
        "bare": SPEC.partition("published")[0],
    }.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "wrong.yaml"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "published figures",
        "spec        figure                                   at     printed  exact  is         why",
        "-" * 102,
        "wrong.yaml  multiplies                                         6.9k  6,912  match",
        "wrong.yaml  params                                              108    108  match",
        "wrong.yaml  multiplies                               4           2k  1,728  match",
        "wrong.yaml  operations by thop 0.1.1.post2209072238             14k  6,912  explained  not thop",
        "wrong.yaml  params                                   α 0.5       1k    108  mismatch   wrong.yaml:9:37",
        "",
        "5 published figures of 1 network: 3 match, 1 explained by the spec, 1 unexplained",
    ]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "good.yaml", "-f", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {"match": 3, "rounding": 0, "explained": 1, "misprint": 0, "mismatch": 0}
    assert [figure["exact"] for figure in found["figures"]] == [6912, 108, 1728, 6912]
    assert found["figures"][2] == {
        "spec": "good.yaml",
        "network": "a [bold]|name",
        "source": "another",
        "figure": "multiplies",
        "kind": None,
        "convention": {
            "name": "multiplies",
            "version": "1",
            "unit": "multiplications (= multiply-adds, MACs)",
        },
        "width_multiplier": 1.0,
        "resolution": 4,
        "without": [],
        "printed": "2k",
        "exact": 1728,
        "status": "match",
        "reason": None,
        "location": {"path": "good.yaml", "line": 7, "column": 33},
    }
    assert found["figures"][3]["convention"]["name"] == "thop"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["good.yaml"], 0),
        (["wrong.yaml"], 1),
        (["good.yaml", "wrong.yaml"], 1),
        (["wrong.yaml", "--exit-zero"], 0),
        (["wrong.yaml", "broken.yaml"], 2),
        (["wrong.yaml", "nowhere.yaml", "--exit-zero"], 2),
        (["bare.yaml"], 0),
        (["-", "-"], 2),
    ],
)
def test_the_exit_code(words: list[str], code: int) -> None:
    assert run(["verify", *words]) == code


def test_a_spec_without_figures_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    run(["verify", "bare.yaml"])
    out, err = capsys.readouterr()
    assert out == "0 published figures of 0 networks: nothing to check\n"
    assert err == "bare.yaml: nothing is given as published\n"


def test_without_specs_it_is_the_zoo(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "-f", "markdown"]) == 0
    out = capsys.readouterr().out
    assert "| zoo:mobilenet\\_v1 | multiplies, share of conv 3x3 |  | 1.19% | 1.906% | misprint |" in out
    assert "| match |" not in out
    assert "mismatch" not in out


def test_a_width_that_makes_no_network_is_an_error_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pool.yaml").write_text(
        "input: 8x8x3\nlayers: [{type: avg_pool, kernel_size: 8}]\npublished: {multiplies: 0, resolution: 4}\n"
    )
    assert run(["verify", "pool.yaml"]) == 2
    assert capsys.readouterr().err.startswith("pool.yaml:2:40: error: avg_pool layer")
