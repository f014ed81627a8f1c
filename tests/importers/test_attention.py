"""Attention is found in its parts, whoever exported it: products, softmax, and the linear layers around."""

from __future__ import annotations

import pytest

from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork
from costcalc.shape import Shape


def sequence(channels, steps=16):
    return Shape((steps,), channels)


def linear(name, source, width, **fields):
    return FlatLayer(
        name, "linear", (source,), sequence(width), {"out_features": width, "per_position": True, **fields}
    )


def products(heads, wide, query="q", key="k", value="v"):
    split = {"heads": heads} if heads > 1 else {}
    return (
        FlatLayer("s", "matmul", (query, key), sequence(16 * heads), {"transpose": True, **split}),
        FlatLayer("w", "softmax", ("s",), sequence(16 * heads)),
        FlatLayer("m", "matmul", ("w", value), sequence(wide), split),
    )


def found(*layers):
    """The layers of the spec that is made, and that it costs the same (which convert sees to)."""
    inputs = {"input": sequence(24)}
    return convert(FlatNetwork("net", "", inputs, layers, (layers[-1].name,))).spec["layers"]


SIZES = {
    "as wide as its input": ((24, 24, 24), {}),
    "wider queries": ((32, 24, 24), {"head_size": 8, "value_size": 6}),
    "narrower values": ((24, 16, 24), {"value_size": 4}),
    "another output": ((24, 24, 10), {"out_channels": 10}),
}


@pytest.mark.parametrize(("widths", "fields"), SIZES.values(), ids=SIZES.keys())
def test_with_its_projections(widths, fields):
    query, value, out = widths
    layers = found(
        linear("q", "input", query),
        linear("k", "input", query),
        linear("v", "input", value),
        *products(4, value),
        linear("o", "m", out),
    )
    assert layers == [{"type": "attention", "name": "o", "heads": 4, **fields}]


def test_projections_without_bias():
    parts = [linear(name, "input", 24, bias=False) for name in "qkv"]
    (layer,) = found(*parts, *products(2, 24), linear("o", "m", 24, bias=False))
    assert layer == {"type": "attention", "name": "o", "heads": 2, "bias": False}


def test_projections_of_which_some_have_a_bias_stay():
    parts = [linear("q", "input", 24), linear("k", "input", 24, bias=False), linear("v", "input", 24)]
    layers = found(*parts, *products(2, 24), linear("o", "m", 24))
    assert [layer["type"] for layer in layers] == ["linear", "linear", "linear", "attention", "linear"]
    assert layers[3]["projections"] is False


def test_a_product_of_one_map_with_itself():
    layers = found(*products(3, 24, "input", "input", "input"))
    assert [(layer["type"], layer.get("inputs")) for layer in layers] == [("attention", ["input"] * 3)]


def test_a_mask_stays_a_layer():
    scores, weights, mixed = products(2, 24, "input", "input", "input")
    mask = FlatLayer("mask", "parameter", (), sequence(32), {"shape": "16x32", "trainable": False})
    added = FlatLayer("a", "add", ("s", "mask"), sequence(32))
    weights = FlatLayer("w", "softmax", ("a",), sequence(32))
    layers = found(scores, mask, added, weights, mixed)
    assert [layer["type"] for layer in layers] == ["matmul", "parameter", "add", "softmax", "matmul"]


def test_a_product_whose_scores_are_seen_elsewhere_stays():
    layers = found(
        *products(1, 24, "input", "input", "input"),
        FlatLayer("r", "relu", ("w",), sequence(16)),
        FlatLayer("c", "concat", ("m", "r"), sequence(40)),
    )
    assert "attention" not in [layer["type"] for layer in layers]
