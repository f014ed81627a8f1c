"""Attention is found in its parts, whoever exported it: products, softmax, and the linear layers around."""

from __future__ import annotations

import pytest

from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork
from costcalc.interop.importers.recognition import structured_spec
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


def view(name, source, shape):
    return FlatLayer(name, "reshape", (source,), shape, {"to": str(shape)})


def test_a_mask_is_added_to_the_scores():
    scores, weights, mixed = products(2, 24, "input", "input", "input")
    mask = FlatLayer("mask", "parameter", (), sequence(32), {"shape": "16x32", "trainable": False})
    added = FlatLayer("a", "add", ("s", "mask"), sequence(32))
    weights = FlatLayer("w", "softmax", ("a",), sequence(32))
    layers = found(scores, mask, added, weights, mixed)
    assert [layer["type"] for layer in layers] == ["parameter", "attention"]
    assert layers[1] == {
        "type": "attention",
        "name": "m",
        "inputs": ["input", "input", "input", "mask"],
        "heads": 2,
        "projections": False,
        "score_bias": True,
    }


def test_a_mask_that_is_no_number_for_each_pair_stays_a_layer():
    scores, weights, mixed = products(2, 24, "input", "input", "input")
    mask = FlatLayer("mask", "parameter", (), Shape((1,), 32), {"shape": "1x32", "trainable": False})
    added = FlatLayer("a", "add", ("s", "mask"), sequence(32))
    weights = FlatLayer("w", "softmax", ("a",), sequence(32))
    layers = found(scores, mask, added, weights, mixed)
    assert [layer["type"] for layer in layers] == ["matmul", "parameter", "add", "softmax", "matmul"]


def packed(*cuts):
    """One linear layer of all three, and its slices."""
    whole = linear("p", "input", sum(cuts))
    starts = [sum(cuts[:at]) for at in range(3)]
    return whole, *(
        FlatLayer(name, "slice", ("p",), sequence(width), {"channels": [start, start + width]})
        for name, width, start in zip("qkv", cuts, starts, strict=True)
    )


def test_projections_that_are_one_layer():
    (layer,) = found(*packed(24, 24, 24), *products(4, 24), linear("o", "m", 24, bias=False))
    assert layer == {
        "type": "attention",
        "name": "o",
        "heads": 4,
        "packed": "qkv",
        "output_bias": False,
    }


def test_slices_that_leave_something_out_are_no_projection():
    _, query, key, value = packed(24, 24, 24)
    wider = linear("p", "input", 96)
    layers = found(wider, query, key, value, *products(4, 24), linear("o", "m", 24))
    assert [layer["type"] for layer in layers] == ["linear", "slice", "slice", "slice", "attention", "linear"]


def test_keys_and_values_that_are_one_layer():
    parts = [linear("q", "input", 24), linear("kv", "input", 48)]
    cuts = [
        FlatLayer(name, "slice", ("kv",), sequence(24), {"part": part, "of": 2})
        for name, part in (("k", 1), ("v", 2))
    ]
    (layer,) = found(*parts, *cuts, *products(4, 24), linear("o", "m", 24))
    assert layer == {"type": "attention", "name": "o", "heads": 4, "packed": "kv"}


def test_keys_that_several_heads_share():
    parts = [linear("q", "input", 24), linear("k", "input", 12), linear("v", "input", 12)]
    copies = [FlatLayer(f"{name}s", "concat", (name, name), sequence(24)) for name in "kv"]
    (layer,) = found(*parts, *copies, *products(4, 24, "q", "ks", "vs"), linear("o", "m", 24))
    assert layer == {"type": "attention", "name": "o", "heads": 4, "kv_heads": 2}


def in_windows(heads, windows, sides=(4, 4), channels=24):
    """Attention as importers read it: the windows of a map in the heads."""
    rows, whole = 16 // windows, Shape(sides, channels)
    wide = Shape((rows,), windows * channels)
    scores = Shape((rows,), windows * heads * rows)
    by_head = Shape((windows, rows, rows), heads)
    return (
        *(
            FlatLayer(name, "linear", ("input",), whole, {"out_features": channels, "per_position": True})
            for name in "qkv"
        ),
        *(view(f"{name}w", name, wide) for name in "qkv"),
        FlatLayer("s", "matmul", ("qw", "kw"), scores, {"transpose": True, "heads": windows * heads}),
        FlatLayer("t", "parameter", (), Shape((rows * rows,), heads), {"shape": f"{rows * rows}x{heads}"}),
        view("tw", "t", Shape((1, rows, rows), heads)),
        view("sw", "s", by_head),
        FlatLayer("a", "add", ("sw", "tw"), by_head),
        FlatLayer("w", "softmax", ("a",), by_head),
        view("ww", "w", scores),
        FlatLayer("m", "matmul", ("ww", "vw"), wide, {"heads": windows * heads}),
        view("mw", "m", Shape((windows, rows), channels)),
        FlatLayer(
            "o",
            "linear",
            ("mw",),
            Shape((windows, rows), channels),
            {"out_features": channels, "per_position": True},
        ),
        view("end", "o", whole),
    )


@pytest.mark.parametrize(("windows", "size"), [(4, 2), (2, [2, 4]), (8, [1, 2])])
def test_windows_of_a_map_with_a_table_of_positions(windows, size):
    layers = in_windows(3, windows)
    spec = convert(FlatNetwork("net", "", {"input": Shape((4, 4), 24)}, layers, ("end",))).spec
    assert [layer["type"] for layer in spec["layers"]] == ["parameter", "attention"]
    assert spec["layers"][1] == {
        "type": "attention",
        "name": "o",
        "inputs": ["input", "t"],
        "heads": 3,
        "window_size": size,
        "score_bias": True,
    }


def test_windows_of_a_very_long_sequence():
    """Sizes are found among divisors, not by trying every number."""
    rows, windows = 2_000_000_011, 2
    whole, wide = Shape((windows * rows,), 4), Shape((rows,), windows * 4)
    layers = (
        view("w", "input", wide),
        FlatLayer("m", "attention", ("w", "w", "w"), wide, {"heads": 4, "projections": False}),
        view("end", "m", whole),
    )
    network = FlatNetwork("net", "", {"input": whole}, layers, ("end",))
    (layer,) = structured_spec(network)["layers"]
    assert (layer["heads"], layer["window_size"]) == (2, rows)


def test_windows_that_stay_apart_behind_the_last_linear_layer():
    layers = in_windows(3, 4)[:-1]
    layers = [*layers, FlatLayer("end", "reshape", ("o",), Shape((2, 8), 24), {"to": "2x8x24"})]
    spec = convert(FlatNetwork("net", "", {"input": Shape((4, 4), 24)}, layers, ("end",))).spec
    assert [layer["type"] for layer in spec["layers"]] == ["parameter", "attention", "reshape"]
    assert spec["layers"][-1]["to"] == "2x8x24"


def test_a_product_whose_scores_are_seen_elsewhere_stays():
    layers = found(
        *products(1, 24, "input", "input", "input"),
        FlatLayer("r", "relu", ("w",), sequence(16)),
        FlatLayer("c", "concat", ("m", "r"), sequence(40)),
    )
    assert "attention" not in [layer["type"] for layer in layers]


def test_scores_that_a_view_turns_are_none_of_its_queries():
    keys, bias = sequence(16, steps=5), Shape((3, 5), 1)
    layers = (
        FlatLayer("s", "matmul", ("k", "q"), sequence(12, steps=5), {"transpose": True, "heads": 4}),
        FlatLayer("t", "reshape", ("s",), sequence(20, steps=3), {"to": "3x20"}),
        FlatLayer("b", "reshape", ("bias",), sequence(5, steps=3), {"to": "3x5"}),
        FlatLayer("c", "concat", ("b",) * 4, sequence(20, steps=3)),
        FlatLayer("a", "add", ("t", "c"), sequence(20, steps=3)),
        FlatLayer("w", "softmax", ("a",), sequence(20, steps=3)),
        FlatLayer("m", "matmul", ("w", "v"), sequence(16, steps=3), {"heads": 4}),
    )
    inputs = {"q": sequence(16, steps=3), "k": keys, "v": keys, "bias": bias}
    network = convert(FlatNetwork("net", "", inputs, layers, ("m",))).network
    assert not any(row.type == "attention" for row in network.rows)
