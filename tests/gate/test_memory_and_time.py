"""Limits on memory and time: in a spec, in a project, on a device; published figures of memory."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import costcalc
from costcalc.analysis.verification import verify
from costcalc.application.device import find_device
from costcalc.dtype import parse_dtype
from costcalc.planners import planner
from costcalc.reading.document import parse
from costcalc.spec.schema import spec_schema
from gate.projects import Cli, write

#: 8x8x1 → 8x8x4, 2304 multiplies, 36 weights: int8 peak 320 bytes, weights 36 bytes.
NET = "input: 8x8x1\ndtype: int8\nlayers:\n  - {type: conv, name: one, out_channels: 4, kernel_size: 3}\n"
DEVICE = "name: board\nsource: none\nmultiplies_per_second: {int8: 1M, float16: 2M}\n"


@pytest.mark.parametrize(
    ("budget", "code", "said"),
    [
        ("{peak_memory: 320}", 0, "ok"),
        ("{peak_memory: 319}", 1, "over budget: peak_memory 320 B of 319 B (100.3%), 1 B too many"),
        ("{peak_memory: {planner: tflm, max: 319}}", 1, "peak_memory 320 B of 319 B"),
        ("{peak_memory: {dtype: float32, max: 1KiB}}", 1, "peak_memory 1,280 B of 1,024 B"),
        ("{peak_memory: {dtype: float32, max: 1kB}}", 1, "peak_memory 1,280 B of 1,000 B"),
        ("{weight_memory: {max: 40, warn: 80%}}", 0, "weight_memory 36 B of 40 B (90.0%)"),
        ("{activations: 255}", 1, "activations 256 of 255"),
        ("{time: {device: board.yaml, max: 2.304ms}}", 0, "ok"),
        ("{time: {device: board.yaml, max: 2ms}}", 1, "over budget: time 2.304ms of 2ms (115.2%)"),
        ("{time: {device: board.yaml, dtype: float16, max: 1ms}}", 1, "time 1.152ms of 1ms"),
        ("{time: {device: board.yaml, batch: 3, max: 1ms}}", 1, "time 6.912ms of 1ms"),
        ("{layers: {'*': {peak_memory: 319}}}", 1, "layers.one.peak_memory 320 B of 319 B"),
        ("{reduction: {peak_memory: 2x}}", 1, "reduction.peak_memory"),
        ("{time: 5ms}", 2, "a limit on time needs a device: say device: NAME in the spec or the config, or time:"),
        ("{time: {device: bord.yaml, max: 5ms}}", 2, "bord.yaml"),
        ("{time: {device: rtx4091, max: 5ms}}", 2, 'no device "rtx4091"; did you mean "rtx4090"?'),
        ("{time: {device: rtx4090, max: 5ms}}", 2, 'net.yaml:5:39: error: device "rtx4090" has no rate for int8'),
        ("{peak_memory: {planner: liv, max: 5}}", 2, 'no planner "liv"; did you mean "live"?'),
        ("{peak_memory: 5 mib}", 2, "did you mean 5MiB?"),
        ("{time: {device: board.yaml, max: 5}}", 2, "has no unit: 5 (use us, ms or s)"),
        ("{time: {device: ../board.yaml, max: 5ms}}", 2, '"../board.yaml" leads out of the folder'),
    ],
)  # fmt: skip
def test_a_limit(budget: str, code: int, said: str, cli: Cli) -> None:
    write("board.yaml", DEVICE)
    write("net.yaml", NET + f"budget: {budget}\n")
    for command in (("check", "net.yaml", "--no-baseline"), ("analyze", "net.yaml")):
        result = cli(*command)
        assert result.code == code
    result = cli("check", "net.yaml", "--no-baseline")
    assert said in result.out + result.err
    if code < 2:
        data = parse(NET + f"budget: {budget}\n", "net.yaml").data
        assert (
            list(
                Draft202012Validator(spec_schema("0")).iter_errors(json.loads(json.dumps(data, default=str)))
            )
            == []
        )


def test_a_project_names_a_device_for_all_its_specs(cli: Cli) -> None:
    write("board.yaml", DEVICE)
    write("net.yaml", NET)
    write("costcalc.yaml", "specs: net.yaml\ndevice: board.yaml\nbudget: {time: 2ms, peak_memory: 1KiB}\n")
    assert "time 2.304ms of 2ms" in cli("check").out
    assert "time on board (int8): at least 2.30ms, op by op 2.30ms" in cli("analyze", "net.yaml").out
    assert json.loads(cli("analyze", "net.yaml", "-f", "json").out)["totals"]["written"]["time"] == 0.002304
    assert json.loads(cli("time", "net.yaml", "-f", "json").out)["device"]["name"] == "board"
    write("net.yaml", NET + "device: edge_tpu\n")
    assert "time on edge_tpu (int8): at least 1.15ns" in cli("analyze", "net.yaml").out


def test_a_baseline_holds_memory_and_time(cli: Cli) -> None:
    write("board.yaml", DEVICE)
    write("net.yaml", NET + "device: board.yaml\nbudget: {regression: {time: 10%, peak_memory: 0%}}\n")
    cli("baseline", "update", "net.yaml")
    held = json.loads(Path("costcalc-baseline.json").read_text(encoding="utf-8"))["specs"]["net.yaml"]
    assert (held["peak_memory"], held["weight_memory"], held["activations"]) == (320, 36, 256)
    write("net.yaml", NET.replace("out_channels: 4", "out_channels: 5") + "device: board.yaml\n"
          "budget: {regression: {time: 10%, peak_memory: 0%}}\n")  # fmt: skip
    result = cli("check", "net.yaml")
    assert result.code == 1
    assert "regression.peak_memory 384 B of 320 B" in result.out
    assert "regression.time 2.88ms of 2.5344ms" in result.out


def test_from_python() -> None:
    analysis = costcalc.analyze(costcalc.loads(NET))
    assert (analysis.written.peak_memory, analysis.written.weight_memory) == (320, 36)
    assert analysis.written.activations == 256
    other = analysis.given(
        planner=planner("tflm"), dtype=parse_dtype("float32"), device=find_device("edge_tpu")
    )
    assert (other.written.peak_memory, other.written.weight_memory) == (1280, 144)
    assert analysis.given(device=find_device("edge_tpu"), batch=2).written.time == Fraction(
        2 * 2304, 2 * 10**12
    )
    assert [layer.written.peak_memory for layer in analysis.layers] == [320]


PATCHED = NET + (
    "  - {type: conv, name: two, out_channels: 4, kernel_size: 3}\n"
    "  - {type: conv, out_channels: 1, kernel_size: 1}\npublished:\n"
)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("{peak_memory: 512}", "match"),
        ("{peak_memory: 0.50KiB}", "match"),
        ("{dtype: float32, peak_memory: 2KiB}", "match"),
        ("{planner: tflm, peak_memory: 512}", "match"),
        ("{peak_memory: 500}", "mismatch"),
        ("{peak_memory: {value: 500, note: otherwise}}", "explained"),
        # two rows of tiles: 6·8 + 5·8·4 bytes, then 5·8·4 + 4·8·4; the output, 8·8·4, is held beside
        ("{patches: 2x1, until: two, peak_memory: 544}", "match"),
        ("{weight_memory: 184, activations: 576}", "match"),
    ],
)
def test_published_figures_of_memory(row: str, status: str) -> None:
    findings = verify(costcalc.loads(PATCHED + f"  {row}\n"))
    assert {finding.status for finding in findings} == {status}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{patches: 2x1, peak_memory: 544}", "patches and until go together"),
        ("{patches: 2x1, until: tow, peak_memory: 544}", 'no layer "tow" to compute patches until'),
        ("{time: 5ms}", 'unknown field "time"'),
        ("{planner: liv, peak_memory: 5}", "must be live, tflm or in_place"),
    ],
)
def test_published_figures_that_cannot_be_verified(row: str, said: str, cli: Cli) -> None:
    write("net.yaml", PATCHED + f"  {row}\n")
    result = cli("verify", "net.yaml")
    assert result.code == 2
    assert said in result.err


def test_explain_has_the_formulas_with_numbers(cli: Cli) -> None:
    write("board.yaml", DEVICE)
    write("net.yaml", NET + "device: board.yaml\n")
    text = cli("explain", "net.yaml", "one").out
    assert (
        "memory and time\n"
        "  activations    256\n"
        "  weight_memory  36·1 = 36 bytes\n"
        "  peak_memory    in + out = 64 + 256 = 320 bytes at one (int8)\n"
        "  time           max(2,304 / 1,000,000, 356 bytes: 0s) = max(2.304ms, 0s) = 2.304ms on board "
        "(multiplies / rate)\n"
    ) in text
