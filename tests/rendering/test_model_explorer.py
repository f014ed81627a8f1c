"""Node data for Model Explorer: its numbers are those of the analysis, under the names that the model has itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.process import costcalc
from costcalc import analyze, load
from costcalc.application.convert import export
from costcalc.rendering.formats import render, render_files
from costcalc.rendering.report.report import View
from rendering.contract import hostile_report
from rendering.reports import mixed, of_path


@pytest.mark.parametrize("name", ["mobilenet_v1", "squeezenet1_1"])
def test_its_nodes_sum_to_the_totals(name: str) -> None:
    report = of_path(f"zoo:{name}")
    files = dict(render_files("report", "model-explorer", [report], View()))
    assert [*files] == [f"{metric}.json" for metric in report.analysis.metrics]
    for metric in ("multiplies", "params", "activations", "weight_memory"):
        values = [each["value"] for each in json.loads(files[f"{metric}.json"])["results"].values()]
        assert sum(values) == report.analysis.written[metric]
    peaks = [each["value"] for each in json.loads(files["peak_memory.json"])["results"].values()]
    assert max(peaks) == report.analysis.written["peak_memory"]


def test_a_file_is_what_the_viewer_reads() -> None:
    one = json.loads(dict(render_files("report", "model-explorer", [mixed()], View()))["peak_memory.json"])
    assert one["name"] == "peak_memory, bytes"
    assert one["hideAggregatedStats"] == ["sum", "avg"]  # peaks do not add up
    assert one["gradient"][0] == {"stop": 0, "bgColor": "#ffffff"}
    assert one["results"]["separable_conv_1/depthwise"]["value"] > 0
    two = json.loads(
        dict(render_files("report", "model-explorer", [mixed(), of_path("zoo:lenet5")], View()))[
            "params.json"
        ]
    )
    assert [*two] == ["Mixed", "LeNet-5"]
    assert {*two["Mixed"]} == {"name", "gradient", "results"}


def test_on_standard_output_the_files_are_one_object_by_metric() -> None:
    whole = json.loads(render("report", "model-explorer", [mixed()], View()))
    assert whole == {
        name.removesuffix(".json"): json.loads(text)
        for name, text in render_files("report", "model-explorer", [mixed()], View())
    }


def test_hostile_names_are_keys_and_nothing_more() -> None:
    text = render("report", "model-explorer", [hostile_report()], View())
    keys = json.loads(text)["multiplies"]["results"]
    assert {layer.name for layer in hostile_report().analysis.layers} <= {*keys}
    assert text.isascii()


def test_a_model_has_the_names_of_its_own_nodes(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = tmp_path / "model.onnx"
    model.write_bytes(export("zoo:mobilenet_v1", "onnx").document)  # type: ignore[arg-type]
    done = costcalc("analyze", str(model), "-f", "json", "-o", f"model-explorer={tmp_path / 'data'}")
    assert (done.returncode, done.stderr) == (0, "")
    results = json.loads((tmp_path / "data" / "multiplies.json").read_text())["results"]
    nodes = {node.name: node.op_type for node in onnx.load(model).graph.node}
    assert {*results} <= {*nodes}
    assert {nodes[name] for name, each in results.items() if each["value"]} == {"Conv", "Gemm"}
    written = analyze(load("zoo:mobilenet_v1")).written
    assert sum(each["value"] for each in results.values()) == written.multiplies


def test_a_node_without_a_name_goes_by_what_it_makes(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(export("zoo:lenet5", "onnx").document)
    for node in model.graph.node:
        node.name = ""
    onnx.save(model, tmp_path / "model.onnx")
    done = costcalc("analyze", str(tmp_path / "model.onnx"), "-f", "model-explorer")
    results = json.loads(done.stdout)["params"]["results"]
    assert {*results} <= {name for node in model.graph.node for name in node.output}


def test_with_a_device_there_is_time(tmp_path: Path) -> None:
    words = ("--device", "jetson_nano", "--dtype", "float16", "-f", "model-explorer")
    done = costcalc("report", "zoo:lenet5", *words, "-o", str(tmp_path / "data"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    time = json.loads((tmp_path / "data" / "time.json").read_text())
    assert time["name"] == "time, seconds"
    assert all(0 <= each["value"] < 1 for each in time["results"].values())


def test_a_folder_is_no_file_and_replaces_no_spec(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    done = costcalc("analyze", "zoo:lenet5", "-o", f"model-explorer={tmp_path / 'x.json'}")
    assert done.returncode == 2
    assert "model-explorer is several files" in done.stderr
    assert (tmp_path / "x.json").read_text() == "{}"
