"""``costcalc sweep``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from costcalc.cli import run

SPEC = """
name: small
input: 8x8x3
choices: {kernel: [3, 5, 30], width: [8, 16]}
layers:
  - {type: conv, out_channels: $width, kernel_size: $kernel, padding: valid}
budget: {multiplies: 10k}
"""
INVALID = 'conv layer "conv_1" on 8x8x3: kernel_size (=30) is larger than its padded input (=8)'


@pytest.fixture(autouse=True)
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC, encoding="utf-8")


def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "net.yaml", "--within", "--exact"]) == 0
    out, err = capsys.readouterr()
    assert out == (
        "small: 6 variants\n"
        "kernel  width  multiplies  params  error\n"
        "----------------------------------------\n"
        "3       8           7,776     216\n"
        "5       8           9,600     600\n"
        "\n"
        "2 of 6 are within the budget\n"
    )
    assert err == f"2 of 6 variants are invalid: {INVALID}\n"


def test_rows_of_csv_and_json_are_the_axes_then_the_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "net.yaml", "-f", "csv", "-o", "json=rows.json"]) == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(table[0]) == ["kernel", "width", "multiplies", "params", "error"]
    assert table[4] == {"kernel": "30", "width": "8", "multiplies": "", "params": "", "error": INVALID}
    data = json.loads(Path("rows.json").read_text("utf-8"))
    assert (data["variants"], data["within"], data["invalid"]) == (6, 4, 2)
    assert data["rows"][0] == {"kernel": 3, "width": 8, "multiplies": 7776, "params": 216, "error": None}
    assert [row["kernel"] for row in data["rows"]] == [3, 3, 5, 5, 30, 30]


def test_parquet(capsys: pytest.CaptureFixture[str]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert run(["sweep", "net.yaml", "-o", "parquet=rows.parquet"]) == 0
    assert parquet.read_table("rows.parquet").to_pylist()[3:5] == [
        {"kernel": "5", "width": "16", "multiplies": 19200, "params": 1200, "error": None},
        {"kernel": "30", "width": "8", "multiplies": None, "params": None, "error": INVALID},
    ]
    assert (
        run(
            [
                "sweep",
                "net.yaml",
                "--within",
                "--set",
                "kernel=5",
                "--set",
                "width=16",
                "-o",
                "parquet=none.parquet",
            ]
        )
        == 0
    )
    assert parquet.read_table("none.parquet").num_rows == 0
    assert sorted(path.name for path in Path().iterdir()) == ["net.yaml", "none.parquet", "rows.parquet"]


def test_the_first_rows_are_no_more_than_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(["sweep", "net.yaml", "--sort", "-params", "--top", "1", "-f", "csv", "--set", "width=16"]) == 0
    )
    assert capsys.readouterr().out.splitlines()[1:] == ["5,16,19200,1200,"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--resolution", "8:4:1"],
            'error: --resolution must be from 1 to 1000 resolutions, and "8:4:1" is 0',
        ),
        (
            ["--resolution", "a:4:1"],
            "error: --resolution must be resolutions such as 128,160 or FROM:TO:STEP",
        ),
        (["--width-multiplier", "0"], "error: --width-multiplier must be above 0 and at most 1000, not 0"),
        (["--set", "kernel=4"], 'net.yaml:4:19: error: choice "kernel" has no value "4"'),
        (["--front", "kernel,"], 'error: --front: no column ""'),
        (["--scheduler", "nowhere"], "error: --scheduler "),
        (["-o", "parquet=net.yaml"], 'error: a report would replace the spec "net.yaml"'),
    ],
)
def test_what_is_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "net.yaml", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err[: len(said)]) == ("", said)
