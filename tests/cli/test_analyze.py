"""``costcalc analyze``: its options, and what it says where."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest

from cli.process import BROKEN, MULTIPLIES, NEAR, OVER, SPEC, WITHIN, costcalc
from costcalc.cli import run


class Result(NamedTuple):
    code: int
    out: str
    err: str


class Cli(Protocol):
    def __call__(self, *words: str) -> Result: ...


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command line, within this process."""

    def command(*words: str) -> Result:
        capsys.readouterr()
        code = run(words)
        return Result(code, *capsys.readouterr())

    return command


@pytest.fixture(autouse=True)
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    texts = {"spec": SPEC, "within": WITHIN, "over": OVER, "near": NEAR, "broken": BROKEN}
    for name, text in texts.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")


MOBILENET = "zoo:mobilenet_v1"


@pytest.mark.parametrize(
    ("options", "multiplies"),
    [
        ([], 568_740_352),
        (["--width-multiplier", "1"], 568_740_352),
        (["--width-multiplier", "0.75"], 325_400_448),
        (["--width-multiplier", "0.5"], 149_497_088),
        (["--width-multiplier", "0.25"], 41_030_272),
        (["--resolution", "192"], 418_121_728),
        (["--resolution", "160x160"], 290_675_200),
        (["--resolution", "128"], 186_400_768),
        (["--width-multiplier", "0.5", "--resolution", "160"], 76_524_800),
    ],
)
def test_the_what_if(cli: Cli, options: list[str], multiplies: int) -> None:
    data = json.loads(cli("analyze", MOBILENET, "-f", "json", *options).out)
    assert data["totals"]["written"]["multiplies"] == multiplies
    assert sum(layer["written"]["multiplies"] for layer in data["layers"]) == multiplies
    assert [verdict["status"] for verdict in data["budget"]] == (
        ["pass", "pass"] if multiplies == 568_740_352 else []
    )
    assert bool(data["notes"]) == (multiplies != 568_740_352)


def test_options_may_stand_anywhere(cli: Cli) -> None:
    expected = cli("analyze", "spec.yaml", "within.yaml", "-f", "csv", "--color", "never")
    assert expected.code == 0
    assert cli("--color", "never", "-f", "csv", "analyze", "spec.yaml", "within.yaml") == expected
    assert cli("analyze", "-f", "csv", "spec.yaml", "--color=never", "within.yaml") == expected
    assert cli("analyze", "spec.yaml", "--format=csv", "--", "within.yaml") == expected


def test_one_spec_is_an_object_and_several_are_an_array(cli: Cli) -> None:
    one = json.loads(cli("analyze", "spec.yaml", "-f", "json").out)
    assert json.loads(cli("analyze", "spec.yaml", "spec.yaml", "-f", "json").out) == [one, one]


def test_the_object_has_the_promised_fields(cli: Cli) -> None:
    data = json.loads(cli("analyze", "over.yaml", "-f", "json", "--expand").out)
    assert data["schema_version"] == 1
    assert set(data["tool"]) == {"name", "version"}
    assert set(data["convention"]) == {"name", "version", "unit"}
    assert data["network"] == {"name": None, "path": "over.yaml", "input": "8x8x3", "output": "8x8x4"}
    assert set(data["totals"]) == {"written", "standard", "separable"}
    (layer,) = data["layers"]
    assert (layer["name"], layer["type"], layer["output"], layer["repeat"]) == ("conv_1", "conv", "8x8x4", 1)
    assert layer["written"] == {
        "multiplies": MULTIPLIES,
        "params": 108,
        "activations": 256,
        "peak_memory": (192 + 256) * 4,
        "weight_memory": 108 * 4,
    }
    assert layer["theory"] == pytest.approx(1 / 4 + 1 / 9)
    assert layer["note"] is None
    assert [node["path"] for node in layer["nodes"]] == ["conv_1/depthwise", "conv_1/pointwise", "conv_1"]
    assert data["budget"] == [
        {
            "metric": "multiplies",
            "value": MULTIPLIES,
            "limit": MULTIPLIES - 1,
            "status": "fail",
            "location": {"path": "over.yaml", "line": 4, "column": 22},
        }
    ]


def test_several_specs_are_compared(cli: Cli) -> None:
    out = cli("analyze", "spec.yaml", MOBILENET).out
    rows = out.partition("\ncomparison\n")[2].splitlines()[2:4]
    assert [row.split()[0] for row in rows] == ["spec.yaml", MOBILENET]
    assert [row.split()[2:4] for row in rows] == [["6.91k", "100.0%"], ["569M", "8228303.7%"]]
    assert "comparison" not in cli("analyze", "spec.yaml").out


def test_a_spec_may_come_from_standard_input() -> None:
    done = costcalc("analyze", "-", "-f", "json", input=OVER)
    assert done.returncode == 1
    assert json.loads(done.stdout)["network"]["path"] == "<stdin>"
    assert done.stderr.startswith("<stdin>:4:22: over budget: multiplies 6,912 of 6,911")


# Errors


def test_all_errors_of_all_specs_are_told_and_good_specs_reported(cli: Cli) -> None:
    Path("bad.yaml").write_text("input: 8x8x3\nlayers: [conv, cnov]\n", encoding="utf-8")
    result = cli("analyze", "broken.yaml", "spec.yaml", "no_such.yaml", "bad.yaml", "-f", "csv")
    assert result.code == 2
    assert [line for line in result.err.splitlines() if "error: " in line] == [
        'broken.yaml:3:12: error: unknown layer type "cnov"; did you mean "conv"?',
        "error: no_such.yaml: cannot be read: no such file or directory",
        'bad.yaml:2:10: error: conv layer "conv_1" needs out_channels',
        'bad.yaml:2:10: error: conv layer "conv_1" needs kernel_size',
        'bad.yaml:2:16: error: unknown layer type "cnov"; did you mean "conv"?',
    ]
    assert [row["spec"] for row in csv.DictReader(io.StringIO(result.out))] == ["spec.yaml"]


def test_nothing_is_reported_where_no_spec_is_good(cli: Cli) -> None:
    result = cli("analyze", "broken.yaml", "-f", "json", "-o", "csv=out.csv")
    assert (result.code, result.out) == (2, "")
    assert not Path("out.csv").exists()


def test_warnings_go_to_standard_error(cli: Cli) -> None:
    text = "input: 8x8x3\nlayers:\n  - {type: conv, out_channels: 4, kernel_size: 3, stride: 2, repeat: 2}\n"
    Path("twice.yaml").write_text(text, encoding="utf-8")
    result = cli("analyze", "twice.yaml")
    assert result.code == 0
    assert result.err.startswith(
        'twice.yaml:3:59: warning: the stride of conv layer "conv_1" is repeated 2 times'
    )
    assert "warning" not in result.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-", "-"], "standard input can be read once: - stands twice"),
        (
            ["spec.yaml", "--width-multiplier", "0"],
            "--width-multiplier must be above 0 and at most 1000, not 0",
        ),
        (["spec.yaml", "--width-multiplier", "x"], '--width-multiplier must be a number, not "x"'),
        (
            ["spec.yaml", "--resolution", "1e3"],
            '--resolution must be a size such as 192 or 192x160, or a multiplier such as 0.714, not "1e3"',
        ),
        (["spec.yaml", "--resolution", "8x8x8"], "the input 8x8x3 has 2 spatial axes, the resolution 3"),
        (["spec.yaml", "-o", "json"], '-o "json" is not FORMAT=PATH'),
        (["spec.yaml", "-o", "jsn=x"], 'unknown format "jsn"; did you mean "json"?'),
        (["spec.yaml", "-o", "json=x", "-o", "csv=./x"], 'two reports go to "./x"'),
        (["spec.yaml", "-o", "json=-", "-o", "csv=-"], "two reports go to standard output"),
        (["spec.yaml", "-f", "json", "-o", "csv=-"], "two reports go to standard output"),
        (["spec.yaml", "-o", "json=spec.yaml"], 'a report would replace the spec "spec.yaml"'),
    ],
)
def test_what_makes_no_sense_is_said(cli: Cli, words: list[str], message: str) -> None:
    result = cli("analyze", *words)
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[0] == f"error: {message}"
    assert Path("spec.yaml").read_text(encoding="utf-8") == SPEC


# Verdicts


def test_a_verdict_is_exact_and_has_its_place(cli: Cli) -> None:
    assert cli("analyze", "within.yaml", "--full").out.splitlines()[-1] == (
        "within budget: multiplies 6,912 of 6,912 (100.0%)"
    )
    assert cli("analyze", "near.yaml").out.splitlines()[-1] == (
        "near.yaml:4:24: near budget: params 108 of 108 (100.0%), which warns from 90% on"
    )
    assert cli("analyze", "over.yaml").out.splitlines()[-2:] == [
        "over.yaml:4:22: over budget: multiplies 6,912 of 6,911 (100.0%), 1 too many",
        "Ask first.",
    ]


@pytest.mark.parametrize("option", ["--width-multiplier", "--resolution"])
def test_there_is_no_verdict_on_another_network(cli: Cli, option: str) -> None:
    result = cli("analyze", "over.yaml", option, "2")
    assert result.code == 0
    assert "over budget" not in result.out
    assert result.out.splitlines()[-1] == (
        "no verdict on the budget: it is for the network as the file says, not at another width or resolution"
    )


def test_limits_on_layers_and_reduction_count_too(cli: Cli) -> None:
    budget = (
        "budget: {layers: {'conv*': {params: 107}}, reduction: {multiplies: 3x}, regression: {params: 0%}}\n"
    )
    Path("more.yaml").write_text(SPEC + budget, encoding="utf-8")
    result = cli("analyze", "more.yaml")
    assert result.code == 1
    assert result.out.splitlines()[-3:] == [
        "more.yaml:4:37: over budget: layers.conv_1.params 108 of 107 (100.9%), 1 too many",
        "more.yaml:4:68: over budget: reduction.multiplies 2.7692x of at least 3.00x",
        "no verdict on regression limits: analyze compares with no baseline",
    ]


def test_a_limit_on_no_layer_is_an_error(cli: Cli) -> None:
    Path("none.yaml").write_text(SPEC + "budget: {layers: {'fc*': {params: 1M}}}\n", encoding="utf-8")
    result = cli("analyze", "none.yaml")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith('none.yaml:4:19: error: no layer matches "fc*"')


@pytest.mark.parametrize("format", ["json", "csv"])
def test_people_are_told_where_standard_output_is_for_a_machine(cli: Cli, format: str) -> None:
    result = cli("analyze", "over.yaml", "-f", format)
    assert result.err == (
        "over.yaml:4:22: over budget: multiplies 6,912 of 6,911 (100.0%), 1 too many\nAsk first.\n"
    )
    assert cli("analyze", "within.yaml", "-f", format).err == ""
    assert cli("analyze", "over.yaml", "-f", "markdown").err == ""


def test_verbose_says_what_is_read_and_written(cli: Cli) -> None:
    assert cli("analyze", "spec.yaml", "-v", "-o", "json=out.json").err == (
        "read spec.yaml: 1 layers, 1 nodes\nwrote json to out.json\n"
    )


def test_nothing_is_left_behind_by_a_run_in_a_process(cli: Cli) -> None:
    import gc

    assert gc.isenabled()
    cli("analyze", "spec.yaml")
    assert gc.isenabled()
    assert sys.stdout is not None
