"""Every network of the zoo, flattened to bare nodes and structured again: the same facts, node for node."""

from __future__ import annotations

from pathlib import Path

import pytest

import costcalc
from costcalc.interop.importers.conversion import counted
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork, flat_network
from costcalc.interop.importers.recognition import structured_spec
from costcalc.reading.document import parse
from costcalc.rendering.spec_yaml import render_spec
from costcalc.shape import Shape
from importers.flattening import flattened

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_structure_keeps_every_fact(path: Path) -> None:
    network = costcalc.load(str(path))
    flat = flattened(network)
    text = render_spec(structured_spec(flat))
    assert costcalc.analyze(flat_network(flat)).written.tally == costcalc.analyze(network).written.tally
    assert counted(costcalc.loads(text)) == counted(network)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_yaml_reads_back_as_the_same_data(path: Path) -> None:
    spec = structured_spec(flattened(costcalc.load(str(path))))
    assert parse(render_spec(spec), "x").data == spec


def test_a_residual_network_reads_as_a_person_would_have_written_it() -> None:
    text = render_spec(structured_spec(flattened(costcalc.load("zoo:resnet8"))))
    assert text == (Path(__file__).parent / "resnet8.yaml").read_text(encoding="utf-8")


def test_an_expansion_to_as_many_channels_is_no_inverted_residual() -> None:
    body = "[{type: conv, out_channels: 8, kernel_size: 1, activation: relu}, "
    body += "{type: depthwise_conv, activation: relu}, {type: conv, out_channels: 8, kernel_size: 1}]"
    network = costcalc.loads(
        f"input: 8x8x8\ndefaults: {{norm: batch}}\nlayers: [{{type: residual, body: {body}}}]"
    )
    spec = structured_spec(flattened(network))
    assert [layer["type"] for layer in spec["layers"]] == ["residual"]
    written = costcalc.analyze(costcalc.loads(render_spec(spec))).written
    assert (written.multiplies, written.params) == (64 * (64 + 9 * 8 + 64), 64 + 9 * 8 + 64 + 3 * 16)


def test_a_layer_whose_weights_are_shared_ends_no_run() -> None:
    conv = "{type: conv, out_channels: 4, kernel_size: 3}"
    text = f"input: 8x8x4\nlayers: [{conv}, {conv}, {conv.replace('conv,', 'conv, name: last,')}, {{shares: last}}]"
    spec = structured_spec(flattened(costcalc.loads(text)))
    assert [layer.get("repeat") for layer in spec["layers"]] == [2, None, None]
    assert costcalc.analyze(costcalc.loads(render_spec(spec))).written.params == 3 * 9 * 16


def test_a_group_norm_that_fits_no_depthwise_stays_a_layer_of_its_own() -> None:
    text = (
        "input: 8x8x3\nlayers: [{type: conv, out_channels: 8, kernel_size: 3}, {type: group_norm, groups: 4}]"
    )
    spec = structured_spec(flattened(costcalc.loads(text)))
    assert [layer["type"] for layer in spec["layers"]] == ["conv", "group_norm"]
    assert costcalc.analyze(costcalc.loads(render_spec(spec))).separable.multiplies == 64 * (9 * 3 + 3 * 8)


def test_a_gate_takes_no_name_that_another_layer_has() -> None:
    """Names of a converter: every layer is ``net.…``, and one product is ``net`` itself."""
    size, one = Shape((4, 4), 8), Shape((1, 1), 8)
    layers = [FlatLayer("net", "relu", ("input",), size)]
    for before, number in (("net", 1), ("net.product1", 2)):
        names = [f"net.{word}{number}" for word in ("mean", "squeeze", "relu", "excite", "gate", "product")]
        pointwise = {"out_channels": 8, "kernel_size": 1, "bias": True}
        layers += [
            FlatLayer(names[0], "global_avg_pool", (before,), one),
            FlatLayer(names[1], "conv", (names[0],), one, pointwise),
            FlatLayer(names[2], "relu", (names[1],), one),
            FlatLayer(names[3], "conv", (names[2],), one, pointwise),
            FlatLayer(names[4], "sigmoid", (names[3],), one),
            FlatLayer(names[5], "multiply", (before, names[4]), size),
        ]
    flat = FlatNetwork("net", "", {"input": size}, tuple(layers), (layers[-1].name,))
    text = render_spec(structured_spec(flat))
    assert (
        costcalc.analyze(costcalc.loads(text)).written.tally
        == costcalc.analyze(flat_network(flat)).written.tally
    )
    assert "squeeze_channels: 8, repeat: 2}" in text
