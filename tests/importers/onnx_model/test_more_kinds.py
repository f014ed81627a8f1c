"""Operations that are kinds of their own: functions, reductions, recurrent layers, embeddings; hand-derived numbers."""

from __future__ import annotations

import pytest

from importers.onnx_model.graphs import flat_of, model, node, read_of

MAP = {"x": (1, 4, 8, 6)}
TOKENS = {"x": (1, 7)}


def layers_of(made):
    return [
        (layer.kind, dict(layer.fields), str(layer.output))
        for layer in flat_of(made).layers
        if layer.kind != "parameter"
    ]


def totals(made):
    found = read_of(made)
    return found.multiplies, found.params


FUNCTIONS = {
    "Abs": "abs",
    "Acos": "acos",
    "Asin": "asin",
    "Atan": "atan",
    "Ceil": "ceil",
    "Cos": "cos",
    "Cosh": "cosh",
    "Erf": "erf",
    "Exp": "exp",
    "Floor": "floor",
    "Log": "log",
    "Not": "not",
    "Reciprocal": "reciprocal",
    "Round": "round",
    "Sign": "sign",
    "Sin": "sin",
    "Sinh": "sinh",
    "Sqrt": "sqrt",
    "Tan": "tan",
}


@pytest.mark.parametrize(("operator", "function"), FUNCTIONS.items())
def test_function(operator, function):
    assert layers_of(model([node(operator, "x")], MAP)) == [("elementwise", {"function": function}, "8x6x4")]


POOLS = {
    # on 8×6: a window of 3 that reaches over 5 gives 4×2, with a stride of 2 and padding 1 three by two
    "a dilated pool": (
        node("MaxPool", "x", kernel_shape=[3, 3], dilations=[2, 2]),
        ("max_pool", {"kernel_size": 3, "dilation": 2, "stride": 1}, "4x2x4"),
    ),
    "dilated, strided, padded, rounded up": (
        node(
            "MaxPool",
            "x",
            kernel_shape=[3, 2],
            dilations=[2, 1],
            strides=[2, 2],
            pads=[1, 0, 1, 1],
            ceil_mode=1,
        ),
        (
            "max_pool",
            {
                "kernel_size": [3, 2],
                "dilation": [2, 1],
                "stride": 2,
                "padding": [1, 1, 0, 1],
                "ceil_mode": True,
            },
            "4x3x4",
        ),
    ),
    "a dilated mean": (
        node("AveragePool", "x", kernel_shape=[2, 2], dilations=[3, 1], auto_pad="SAME_UPPER"),
        ("avg_pool", {"kernel_size": 2, "dilation": [3, 1], "stride": 1, "padding": "same"}, "8x6x4"),
    ),
    "LpPool": (
        node("LpPool", "x", kernel_shape=[2, 2], strides=[2, 2]),
        ("lp_pool", {"kernel_size": 2}, "4x3x4"),
    ),
    "LpPool of another order": (
        node("LpPool", "x", kernel_shape=[3, 3], p=3, pads=[1, 1, 1, 1]),
        ("lp_pool", {"kernel_size": 3, "p": 3, "stride": 1, "padding": 1}, "8x6x4"),
    ),
    "GlobalLpPool": (node("GlobalLpPool", "x"), ("reduce", {"function": "l2"}, "1x1x4")),
    "GlobalLpPool of order 1": (node("GlobalLpPool", "x", p=1), ("reduce", {"function": "l1"}, "1x1x4")),
    "GlobalLpPool of order 4": (
        node("GlobalLpPool", "x", p=4),
        ("lp_pool", {"kernel_size": [8, 6], "p": 4}, "1x1x4"),
    ),
}


@pytest.mark.parametrize("case", POOLS)
def test_pool(case):
    operator, layer = POOLS[case]
    made = model([operator], MAP)
    assert layers_of(made) == [layer]
    assert totals(made) == (0, 0)


@pytest.mark.parametrize(
    ("axis", "k", "layer"),
    [
        (1, 3, ("top_k", {"k": 3}, "8x6x3")),
        (2, 5, ("top_k", {"k": 5, "axis": "height"}, "5x6x4")),
        (-1, 6, ("top_k", {"k": 6, "axis": "width"}, "8x6x4")),
    ],
)
def test_top_k(axis, k, layer):
    made = model([node("TopK", "x k", "v i", axis=axis)], MAP, numbers={"k": [k]}, outputs=["v"])
    assert layers_of(made) == [layer]


EXPONENTS = {2.0: "square", 0.5: "sqrt", -0.5: "rsqrt", -1.0: "reciprocal", 3.0: "pow"}


@pytest.mark.parametrize(("exponent", "function"), EXPONENTS.items())
def test_power(exponent, function):
    made = model([node("Pow", "x e")], MAP, numbers={"e": exponent})
    assert layers_of(made) == [("elementwise", {"function": function}, "8x6x4")]


SEVERAL = {
    "Max": "maximum",
    "Min": "minimum",
    "Sub": "subtract",
    "Div": "divide",
    "Mean": "add",
    "Equal": "compare",
    "Less": "compare",
    "GreaterOrEqual": "compare",
    "And": "minimum",
    "Or": "maximum",
    "Xor": "compare",
}


@pytest.mark.parametrize(("operator", "kind"), SEVERAL.items())
def test_of_two(operator, kind):
    made = model([node(operator, "x z")], {"x": (1, 4, 8, 6), "z": (1, 4, 1, 1)})
    assert layers_of(made) == [(kind, {}, "8x6x4")]


ROWS = {
    "one over a map": ([node("Div", "one x")], [("elementwise", {"function": "reciprocal"}, "8x6x4")]),
    "a limit": ([node("Max", "x half")], [("elementwise", {"function": "clip"}, "8x6x4")]),
    "limits of any kind": ([node("Clip", "x half two")], [("elementwise", {"function": "clip"}, "8x6x4")]),
    "a number to the power of a map": (
        [node("Pow", "two x")],
        [("elementwise", {"function": "exp"}, "8x6x4")],
    ),
    "a comparison with a number": ([node("Greater", "x half")], [("compare", {}, "8x6x4")]),
    "a choice between maps": (
        [node("Greater", "x half", "g"), node("Exp", "x", "e"), node("Where", "g x e")],
        [("compare", {}, "8x6x4"), ("elementwise", {"function": "exp"}, "8x6x4"), ("where", {}, "8x6x4")],
    ),
    "a sum along the channels": (
        [node("ReduceSum", "x channels")],
        [("reduce", {"function": "sum", "axes": "channels"}, "8x6x1")],
    ),
    "a norm along all positions": (
        [node("ReduceL2", "x positions")],
        [("reduce", {"function": "l2"}, "1x1x4")],
    ),
    "a product of everything": (
        [node("ReduceProd", "x", keepdims=0)],
        [("reduce", {"function": "product", "axes": ["height", "width", "channels"]}, "1x1x1")],
    ),
    "a sum of squares along the rows": (
        [node("ReduceSumSquare", "x rows", keepdims=0)],
        [
            ("elementwise", {"function": "square"}, "8x6x4"),
            ("reduce", {"function": "sum", "axes": "height"}, "1x6x4"),
        ],
    ),
    "the largest channel": (
        [node("ArgMax", "x", axis=1)],
        [("reduce", {"function": "argmax", "axes": "channels"}, "8x6x1")],
    ),
    "sums up to each": ([node("CumSum", "x axis")], [("elementwise", {"function": "cumsum"}, "8x6x4")]),
    "products up to each": ([node("CumProd", "x axis")], [("elementwise", {"function": "cumsum"}, "8x6x4")]),
    "x / (1 + |x|)": (
        [node("Softsign", "x")],
        [("elementwise", {"function": "abs"}, "8x6x4"), ("divide", {}, "8x6x4")],
    ),
    "none near zero": ([node("Shrink", "x", bias=0.5)], [("elementwise", {"function": "clip"}, "8x6x4")]),
    "none below a limit": ([node("ThresholdedRelu", "x")], [("elementwise", {"function": "clip"}, "8x6x4")]),
    "none below zero": ([node("ThresholdedRelu", "x", alpha=0.0)], [("relu", {}, "8x6x4")]),
    "what is no number": ([node("IsNaN", "x")], [("compare", {}, "8x6x4")]),
    "what is no number, put right": (
        [node("Softmax", "x", "s"), node("IsNaN", "s", "n"), node("Where", "n half s")],
        [("softmax", {}, "8x6x4")],
    ),
    "where the largest stands": (
        [node("Hardmax", "x", axis=1)],
        [("reduce", {"function": "max", "axes": "channels"}, "8x6x1"), ("compare", {}, "8x6x4")],
    ),
    "channels of length 1": (
        [node("LpNormalization", "x", axis=1)],
        [("reduce", {"function": "l2", "axes": "channels"}, "8x6x1"), ("divide", {}, "8x6x4")],
    ),
    "rows of sum 1": (
        [node("LpNormalization", "x", p=1)],
        [("reduce", {"function": "l1", "axes": "width"}, "8x1x4"), ("divide", {}, "8x6x4")],
    ),
    "the middle, and more around it": (
        [node("CenterCropPad", "x sizes", axes=[2, 3])],
        [("slice", {"spatial": [[1, 6], [0, 6]]}, "5x6x4"), ("pad", {"padding": [0, 0, 1, 2]}, "5x9x4")],
    ),
    "backwards": (
        [node("ReverseSequence", "x one_length", "r", batch_axis=0, time_axis=2), node("Relu", "r")],
        [("relu", {}, "8x6x4")],
    ),
}
NUMBERS = {
    "one": 1.0,
    "half": 0.5,
    "two": 2.0,
    "channels": [1],
    "positions": [2, 3],
    "rows": [2],
    "axis": [1],
    "sizes": [5, 9],
    "one_length": [8],
}


@pytest.mark.parametrize(("nodes", "layers"), ROWS.values(), ids=ROWS.keys())
def test_layers(nodes, layers):
    assert layers_of(model(nodes, MAP, numbers=NUMBERS, opset=18)) == layers


COLUMNS = {
    # 5×6 has (5 − 2 + 1)×(6 − 3 + 1) windows of 2×3
    "one by one": (16, {}, {}),
    # ⌊(5 + 2 − 2)/2⌋ + 1 = 3 and ⌊(6 − 3)/3⌋ + 1 = 2
    "strided, padded": (
        6,
        {"strides": [2, 3], "pads": [1, 0, 1, 0]},
        {"stride": [2, 3], "padding": [1, 0]},
    ),
    # taps reach over 3×5
    "dilated": (6, {"dilations": [2, 2]}, {"dilation": 2}),
}


@pytest.mark.parametrize(("windows", "attributes", "fields"), COLUMNS.values(), ids=COLUMNS.keys())
def test_windows_added_up(windows, attributes, fields):
    made = model(
        [node("Relu", "x", "r"), node("Col2Im", "r size block", **attributes)],
        {"x": (1, 18, windows)},
        numbers={"size": [5, 6], "block": [2, 3]},
    )
    assert layers_of(made)[-1] == ("fold", {"size": [5, 6], "kernel_size": [2, 3], **fields}, "5x6x3")
    assert totals(made) == (0, 0)


SAMPLED = {
    "offsets": ("x w o", 1),
    "offsets and a bias": ("x w o b", 1),
    "offsets, no bias, weights of taps": ("x w o - m", 1),
    "offsets and weights for each of two groups": ("x w o b m", 2),
}


@pytest.mark.parametrize(("inputs", "groups"), SAMPLED.values(), ids=SAMPLED.keys())
def test_taps_that_are_moved(inputs, groups):
    # 8×6 under 3×2 with strides 2 and 1: ⌊(8 + 2 − 3)/2⌋ + 1 = 4 by 6 + 1 − 2 + 1 = 6
    attributes = {"group": 2, "strides": [2, 1], "pads": [1, 0, 1, 1], "offset_group": groups}
    maps = {"x": (1, 4, 8, 6), "o": (1, 12 * groups, 4, 6), "m": (1, 6 * groups, 4, 6)}
    made = model(
        [node("DeformConv", inputs, kernel_shape=[3, 2], **attributes)],
        {name: dims for name, dims in maps.items() if name in inputs},
        {name: dims for name, dims in {"w": (10, 2, 3, 2), "b": (10,)}.items() if name in inputs},
        opset=22,
    )
    biased = "b" in inputs
    fields = {"out_channels": 10, "groups": 2, "kernel_size": [3, 2], "stride": [2, 1]}
    fields |= {"padding": [1, 1, 0, 1]}
    ((kind, found, output),) = layers_of(made)
    assert (kind, {**found, "bias": biased}, output) == (
        "deformable_conv",
        {**fields, "bias": biased},
        "4x6x10",
    )
    # K² = 6 taps of C_in/g = 2 channels, 10 channels at 24 places
    assert totals(made) == (6 * 2 * 10 * 24, 6 * 2 * 10 + 10 * biased)


# T = 7 steps, C_in = 5, N = 3
RECURRENT = {
    "LSTM": ("LSTM", 4, 1, "lstm"),
    "LSTM, both ways": ("LSTM", 4, 2, "lstm"),
    "GRU": ("GRU", 3, 1, "gru"),
    "GRU, both ways": ("GRU", 3, 2, "gru"),
    "RNN": ("RNN", 1, 1, "rnn"),
}


@pytest.mark.parametrize(("operator", "gates", "ways", "kind"), RECURRENT.values(), ids=RECURRENT.keys())
@pytest.mark.parametrize("biases", [True, False])
def test_recurrent(operator, gates, ways, kind, biases):
    weights = {"w": (ways, gates * 3, 5), "r": (ways, gates * 3, 3), "b": (ways, 2 * gates * 3)}
    direction = {} if ways == 1 else {"direction": "bidirectional"}
    made = model(
        [
            node("Transpose", "x", "t", perm=[1, 0, 2]),
            node(operator, "t w r b" if biases else "t w r", "s h", hidden_size=3, **direction),
            node("Transpose", "s", "back", perm=[2, 0, 1, 3]),
            node("Reshape", "back to"),
        ],
        {"x": (1, 7, 5)},
        weights,
        {"to": [1, 7, -1]},
    )
    (layer,) = flat_of(made).layers
    assert (layer.kind, str(layer.output)) == (kind, f"7x{3 * ways}")
    per_step = ways * gates * 3 * (5 + 3)
    assert totals(made) == (7 * per_step, per_step + (ways * 2 * gates * 3 if biases else 0))


def test_the_last_state_alone():
    weights = {"w": (1, 9, 5), "r": (1, 9, 3)}
    made = model(
        [node("GRU", "x w r", "s h", hidden_size=3, layout=1), node("Squeeze", "h axes")],
        {"x": (1, 7, 5)},
        weights,
        {"axes": [1]},
    )
    assert layers_of(made) == [("gru", {"hidden_size": 3, "biases": 0, "returns": "last"}, "3")]


def test_peepholes_and_states_from_before():
    weights = {"w": (1, 12, 5), "r": (1, 12, 3), "p": (1, 9)}
    made = model(
        [node("LSTM", "x w r - - h c p", "y hh cc", hidden_size=3)],
        {"x": (7, 1, 5), "h": (1, 1, 3), "c": (1, 1, 3)},
        weights,
        outputs=("y", "hh", "cc"),
    )
    assert [kind for kind, _, _ in layers_of(made)] == ["lstm", "slice"]
    assert totals(made) == (7 * 12 * 8, 12 * 8 + 9)


@pytest.mark.parametrize(
    ("axis", "table", "output"),
    [(0, (100, 8), "7x8"), (1, (8, 100), "7x8")],
)
def test_embedding(axis, table, output):
    made = model([node("Gather", "t x", axis=axis)], TOKENS, {"t": table})
    assert layers_of(made) == [("embedding", {"num_embeddings": 100, "embedding_dim": 8}, output)]
    assert totals(made) == (0, 800)


def test_one_hot_is_a_row_of_the_identity():
    made = model([node("OneHot", "x depth values")], TOKENS, numbers={"depth": [10], "values": [0, 1]})
    fields = {"num_embeddings": 10, "embedding_dim": 10, "trainable": False}
    assert layers_of(made) == [("embedding", fields, "7x10")]
    assert totals(made) == (0, 0)
