"""The models that the onnx package ships without their weights: exact, node by node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from costcalc.analysis.costs import analyze
from costcalc.application.load import loads
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.flat import flat_network
from costcalc.interop.importers.onnx_model import read
from costcalc.rendering.spec_yaml import render_spec

onnx = pytest.importorskip("onnx", reason="needs the onnx package: pip install 'costcalc[dev]'")

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "onnx_light.json").read_text())
FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"


@pytest.mark.parametrize("wanted", REFERENCE["models"], ids=lambda wanted: wanted["file"])
def test_costs_exactly(wanted):
    flat = read(str(FOLDER / wanted["file"]))
    network = flat_network(flat)
    weighted = [
        [node.layer.type, node.tally.sum("multiplies"), node.tally.sum("weights") + node.tally.sum("biases")]
        for node in network.nodes
        if node.layer.type in ("conv", "depthwise_conv", "linear")
    ]
    assert weighted == wanted["weighted"]
    analysis = analyze(network)
    assert analysis.written.multiplies == wanted["multiplies"]
    assert analysis.written.params == wanted["params"]
    assert analysis.written.tally.sum("statistics") == wanted["statistics"]


@pytest.mark.parametrize("wanted", REFERENCE["models"], ids=lambda wanted: wanted["file"])
def test_its_spec_costs_the_same(wanted):
    conversion = convert(read(str(FOLDER / wanted["file"])))
    analysis = analyze(loads(render_spec(conversion.spec)))
    assert analysis.written.multiplies == wanted["multiplies"]
    assert analysis.written.params == wanted["params"]
    assert len(analysis.layers) <= wanted["rows"]
