"""``costcalc memory``, ``time`` and ``devices``: what a user sees, in each format; questions that are wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

import costcalc
from costcalc.analysis.costs import analyze
from costcalc.analysis.memory.answer import memory_of
from costcalc.analysis.time.answer import Times
from costcalc.cli import run
from costcalc.devices import DEVICES
from costcalc.dtype import FLOAT32
from costcalc.planners import planner
from costcalc.rendering.memory import memory_sheet
from costcalc.rendering.report.report import View
from costcalc.rendering.results import _lines
from costcalc.rendering.text.folding import cell_width
from costcalc.rendering.time import time_sheet
from costcalc.spec.named import find_device

MEASURED = Path(__file__).parent.parent / "reference" / "measured_rtx4090.csv"


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert run(words) == code
    out, err = capsys.readouterr()
    assert (err == "") == (code == 0)
    return out if code == 0 else err


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(said(capsys, *words, "-f", "json"))


def test_memory_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "memory", "zoo:mobilenet_v2", "--dtype", "int8")
    lines = text.splitlines()
    (peak,) = [line for line in lines if line.endswith(" peak")]
    assert peak.split() == [
        "inverted_residual_2/depthwise", "56x56x96", "294KiB", "2", "1.44MiB", "████████", "peak"
    ]  # fmt: skip
    assert (
        "peak_memory: 1,505,280 bytes (1.44MiB) at inverted_residual_2/depthwise: "
        "inverted_residual_2/expand 1,204,224 + inverted_residual_2/depthwise 301,056"
    ) in text
    assert "weight_memory: 3,541,984 bytes" in text
    assert "activations: 6,679,112 outputs" in text
    assert "--planner in_place: 1,404,928 bytes (1.34MiB), 6.7% less" in lines
    assert (
        "--patches 4x4 --until inverted_residual_4: 326,144 bytes (319KiB), 78.3% less, for 9.3% more multiplies"
        in lines
    )


@pytest.mark.parametrize("name", ["mobilenet_v2", "inception_v3", "mobilenet_v1_025_vww"])
def test_tables_keep_to_eighty_columns(name: str) -> None:
    view = View(width=80)
    network = costcalc.load(f"zoo:{name}")
    memory = memory_of(network, name, FLOAT32, planner("live"))
    sheets = [memory_sheet(memory, view)]
    for device in ("rtx4090", "stm32h743_tinyengine", "edge_tpu"):
        sheets.append(time_sheet(Times(analyze(network), name, find_device(device), None, 1), view))
    for sheet in sheets:
        for result in sheet.results:
            for line in _lines(result._replace(before=(), after=(), title=""), view):
                assert cell_width(line.text) <= 80, line.text


def test_memory_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("memory", "zoo:mobilenet_v2", "--dtype", "int8", "--planner", "in_place")
    found = as_json(capsys, *words, "--patches", "4x4", "--until", "inverted_residual_4")
    assert found["totals"]["written"] == {
        "peak_memory": 200_704, "weight_memory": 3_541_984, "activations": 6_679_112
    }  # fmt: skip
    assert found["patches"]["tile_peak"] + found["patches"]["held"] == 162_288
    assert found["patches"]["recomputed"] == 27_919_344
    assert found["planner"] == {"name": "in_place", "version": "1"}
    assert max(step["alive"] for step in found["steps"]) == 200_704
    rows = list(csv.DictReader(io.StringIO(said(capsys, *words, "-f", "csv"))))
    assert max(int(row["alive"]) for row in rows) == 1_404_928
    assert [row["peak"] for row in rows].count("true") == 1


@pytest.mark.parametrize("version", [()])
def test_the_best_order_is_one_of_all_steps(
    version: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    written = as_json(capsys, "memory", "zoo:xception", "--dtype", "int8")
    best = as_json(capsys, "memory", "zoo:xception", "--dtype", "int8", "--order", "best")
    assert best["totals"]["written"]["peak_memory"] == 6_232_832 < written["totals"]["written"]["peak_memory"]
    assert sorted(step["name"] for step in best["steps"]) == sorted(step["name"] for step in written["steps"])
    assert written["savings"][0] == {"option": "--order best", "peak_memory": 6_232_832, "recomputed": 0}
    assert best["no_order_below"] is None


def test_a_planner_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("name: own\nextends: live\nalignment: 64\nrules: {relu: own}\n", encoding="utf-8")
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "input: 10\ndtype: int8\nlayers: [{type: linear, out_features: 70, activation: relu}]\n", "utf-8"
    )
    found = as_json(capsys, "memory", str(spec), "--planner", str(own))
    assert [step["alive"] for step in found["steps"]] == [64 + 128, 128 + 128]
    own.write_text(
        "name: live\nextends: lve\nrules: {rlu: own, conv: owns, residual: own}\n", encoding="utf-8"
    )
    text = said(capsys, "memory", str(spec), "--planner", str(own), code=2)
    assert 'extends of the planner names no planner: "lve"; did you mean "live"?' in text
    assert 'name of the planner is that of one that comes with costcalc: "live"' in text
    assert 'unknown kind of layer "rlu"; did you mean "relu"?' in text
    assert (
        'rule of conv must be own, shared, overwrites, by_channel or ignored, not "owns"; did you mean "own"?'
        in text
    )
    assert '"residual" makes nothing itself: give a rule to what it expands into' in text
    own.write_text("name: own\nrules: {conv: own}\n", encoding="utf-8")
    text = said(capsys, "memory", str(spec), "--planner", str(own), code=2)
    assert "the planner has no rule for depthwise_conv, " in text
    assert " linear, matmul, " in text


def test_time_says_what_bounds_each_layer_and_what_separable_really_gives(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = said(capsys, "time", "zoo:mobilenet_v1", "--device", "rtx4090", "--batch", "64")
    assert "NVIDIA GeForce RTX 4090; float16, batch 64" in text
    (line,) = [
        line for line in text.splitlines() if line.startswith("separable_conv_7") and "compute" in line
    ]
    assert line.split()[2:] == ["16.7G", "248MiB", "64.5", "compute", "327us", "581us"]
    assert "at least 1.41ms, op by op 2.69ms: 23,765 to 45,523 images per second" in text
    assert "separable instead of standard: 8.56x fewer multiplies, at most 2.73x faster here" in text
    assert "at least: a lower bound, not a prediction" in text
    tables = [
        line for line in text.splitlines() if not line.startswith(("at least", "op by op", "separable inst"))
    ]
    assert max(map(len, tables)) <= 101
    found = as_json(capsys, "time", "zoo:mobilenet_v1", "--device", "rtx4090", "--batch", "64")
    assert set(found["totals"]["written"]["time"]) == {"at_least", "op_by_op"}
    assert f"{64 / found['totals']['written']['time']['at_least']:.0f}" == "45523"
    by_layer = sum(layer["written"]["time"]["at_least"] for layer in found["layers"])
    assert by_layer == pytest.approx(found["totals"]["written"]["time"]["at_least"])
    rows = list(
        csv.DictReader(
            io.StringIO(said(capsys, "time", "zoo:mobilenet_v1", "--device", "rtx4090", "-f", "csv"))
        )
    )
    assert len(rows) == 3 * 12


def test_a_clock_has_an_estimate_beside_null(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "time", "zoo:mobilenet_v1_025_vww", "--device", "stm32h743_tinyengine")
    time = found["totals"]["written"]["time"]
    assert (time["at_least"], time["op_by_op"]) == (None, None)
    low, high = time["estimate"]
    assert low == pytest.approx(7_489_664 / (480e6 * 0.533))
    assert high == pytest.approx(7_489_664 / (480e6 * 0.453))
    assert "29.3ms to 34.4ms" in said(
        capsys, "time", "zoo:mobilenet_v1_025_vww", "--device", "stm32h743_tinyengine"
    )


def test_a_spec_names_its_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "board.yaml").write_text(
        "name: board\nsource: its data sheet\nmultiplies_per_second: {int8: 1G}\n", encoding="utf-8"
    )
    spec = tmp_path / "net.yaml"
    text = "input: 10\nlayers: [{type: linear, out_features: 100}]\ndevice: "
    spec.write_text(text + "board.yaml\n", encoding="utf-8")
    assert as_json(capsys, "time", str(spec))["totals"]["written"]["time"]["at_least"] == 1e-6
    spec.write_text(text + "rtx490\n", encoding="utf-8")
    assert f'{spec}:3:9: error: no device "rtx490"; did you mean "rtx4090"?' in said(
        capsys, "time", str(spec), code=2
    )
    spec.write_text(text + "../board.yaml\n", encoding="utf-8")
    err = said(capsys, "time", str(spec), code=2)
    assert '"../board.yaml" leads out of the folder of the file that names it' in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["time", "zoo:resnet8"], "on which device? say --device NAME"),
        (["time", "zoo:resnet8", "--device", "rtx4090", "--dtype", "int8"], "has no rate for int8: it has float16"),
        (["time", "zoo:resnet8", "--device", "rtx4090", "--batch", "0"], "--batch must be between 1 and"),
        (["time", "zoo:resnet8", "--device", "nothing"], 'no device "nothing"; costcalc devices lists'),
        (["memory", "zoo:resnet8", "--dtype", "int9"], '--dtype must be float32, float16'),
        (["memory", "zoo:resnet8", "--dtype", "weigths=int8"], '; did you mean "weights"?'),
        (["memory", "zoo:resnet8", "--planner", "liv"], 'no planner "liv"; did you mean "live"?'),
        (["memory", "zoo:resnet8", "--order", "worst"], '--order must be written or best, not "worst"'),
        (["memory", "zoo:resnet8", "--patches", "2x2"], "--patches and --until go together"),
        (["memory", "zoo:resnet8", "--patches", "2by2", "--until", "stem"], "--patches must be a grid such as 4x4"),
        (["memory", "zoo:resnet8", "--patches", "2x2", "--until", "steam"], 'no layer "steam" to compute patches'),
        (["devices", "--against", "x.csv"], "which device is to be held against measurements?"),
        (["devices", "rtx4090", "--against", "no.csv"], "no.csv"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in said(capsys, *words, code=2)


def test_devices_are_listed_and_printed_with_their_sources(capsys: pytest.CaptureFixture[str]) -> None:
    listed = said(capsys, "devices")
    for name in DEVICES:
        assert f"\n{name} " in listed
        found = as_json(capsys, "devices", name)["device"]
        assert found["source"] in said(capsys, "devices", name)
    assert len(as_json(capsys, "devices")["devices"]) == len(DEVICES)


def test_a_device_against_measurements(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "devices", "rtx4090", "--against", str(MEASURED))
    fits = {fit["figure"]: fit for fit in found["fits"]}
    assert len(found["measurements"]) == 18
    assert fits["at least"]["least"] >= 1  # never beaten
    assert round(fits["op by op"]["rank"], 3) == 0.977
    assert round(fits["op by op"]["spread"], 2) == 1.26
    assert fits["multiplies"]["spread"] > 8
    assert fits["op by op"]["rank"] > fits["multiplies"]["rank"]
    text = said(capsys, "devices", "rtx4090", "--against", str(MEASURED))
    assert "op by op    0.94x   1.41x   1.26x             0.977" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": has no measurements"),
        ("network,ips\nresnet8,5\n", ":1: has no column images_per_second"),
        ("network,images_per_second\nresnet8\n", ":2: has 1 cells, where the header has 2"),
        ("# about\nnetwork,images_per_second\nresnet8,0\n", ":3: images_per_second must be above 0"),
        ("network,batch,images_per_second\nresnet8,x,5\n", ":2: batch must be a"),
        ("network,images_per_second,resolution\nresnet8,5,x\n", ":2: resolution "),
        ("network,images_per_second\nno_such.yaml,5\n", "no_such.yaml"),
    ],
)
def test_measurements_that_are_wrong(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.csv"
    path.write_text(text, encoding="utf-8")
    assert message in said(capsys, "devices", "rtx4090", "--against", str(path), code=2)


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ("{int8: 4 TOPS}", 'counts multiply-adds, and "4 TOPS" counts each as two: say 2T'),
        ("{float16: 165.2 tflops}", 'and "165.2 tflops" counts each as two: say 82.6T'),
        ("{int8: 3e9 OPS/s}", 'and "3e9 OPS/s" counts each as two: say 1500000000'),
        (
            "{int8: 0, int9: 3G}",
            'of int8 must be above 0, not 0, and has no dtype "int9"; did you mean "int8"?',
        ),
    ],
)
def test_rates_that_are_wrong(
    rates: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(f"name: d\nsource: s\nmultiplies_per_second: {rates}\n", encoding="utf-8")
    assert message in said(capsys, "devices", str(path), code=2)


def test_fields_of_a_bus_are_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "d.yaml"
    text = "name: d\nsource: s\nmultiplies_per_second: {int8: 1G}\nbytes_per_second: {map: 1GB}\n"
    path.write_text(text, encoding="utf-8")
    assert "fields: maps, weights\n" in said(capsys, "devices", str(path), code=2)


def test_patches_that_gain_nothing_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("memory", "zoo:ds_cnn", "--dtype", "int8", "--patches", "4x4", "--until", "separable_conv_1")
    assert "these patches need no less memory: without them the peak is 16,000 bytes" in said(capsys, *words)
    words = ("memory", "zoo:mobilenet_v2", "--patches", "4x4", "--until", "inverted_residual_4")
    assert "need no less memory" not in said(capsys, *words)
    words = ("memory", "zoo:autoencoder", "--patches", "2x2", "--until", "linear_1")
    assert 'patches cannot end at "linear_1": its output 640 has no positions to divide' in said(
        capsys, *words, code=2
    )
