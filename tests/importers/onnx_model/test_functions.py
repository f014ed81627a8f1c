"""Activations and norms in the ways that exporters write them: what they compute says what they are."""

from __future__ import annotations

import pytest

from importers.onnx_model.graphs import model, node, read_of

MAP = {"x": (1, 4, 8, 8)}
SEQUENCE = {"x": (1, 16, 24)}
NUMBERS = {
    "zero": 0.0,
    "twenty": 20.0,
    "one": 1.0,
    "two": 2.0,
    "three": 3.0,
    "six": 6.0,
    "half": 0.5,
    "sixth": 1 / 6,
    "cube": 0.044715,
    "root": 0.7978845608,
    "root2": 1.4142135,
    "quick": 1.702,
    "epsilon": 1e-5,
    "slope": 0.1,
    "tenth": 0.2,
}
AFTER_CONV = {"w": (4, 4, 1, 1)}

ACTIVATIONS = {
    "relu by Max": ("relu", [node("Max", "x zero")]),
    "relu by Clip": ("relu", [node("Clip", "x zero")]),
    "relu6": ("relu6", [node("Clip", "x zero six")]),
    "relu6 by Min of Relu": ("relu6", [node("Relu", "x", "r"), node("Min", "r six")]),
    "leaky_relu by Max": ("leaky_relu", [node("Mul", "x slope", "m"), node("Max", "x m")]),
    "swish": ("swish", [node("Sigmoid", "x", "s"), node("Mul", "x s")]),
    "swish, the other way round": ("swish", [node("Sigmoid", "x", "s"), node("Mul", "s x")]),
    "swish by division": (
        "swish",
        [node("Neg", "x", "n"), node("Exp", "n", "e"), node("Add", "e one", "a"), node("Div", "x a")],
    ),
    "hard_sigmoid": (
        "hard_sigmoid",
        [node("Add", "x three", "a"), node("Clip", "a zero six", "c"), node("Div", "c six")],
    ),
    "hard_sigmoid of Keras": ("hard_sigmoid", [node("HardSigmoid", "x")]),
    "hard_sigmoid by slope": (
        "hard_sigmoid",
        [node("Mul", "x sixth", "m"), node("Add", "m half", "a"), node("Clip", "a zero one")],
    ),
    "hard_swish by HardSigmoid": (
        "hard_swish",
        [node("HardSigmoid", "x", "h", alpha=1 / 6, beta=0.5), node("Mul", "x h")],
    ),
    "hard_swish, divided first": (
        "hard_swish",
        [
            node("Add", "x three", "a"),
            node("Clip", "a zero six", "c"),
            node("Div", "c six", "d"),
            node("Mul", "x d"),
        ],
    ),
    "hard_swish, divided last": (
        "hard_swish",
        [
            node("Add", "three x", "a"),
            node("Clip", "a zero six", "c"),
            node("Mul", "c x", "m"),
            node("Mul", "m sixth"),
        ],
    ),
    "gelu by Erf": (
        "gelu",
        [
            node("Div", "x root2", "d"),
            node("Erf", "d", "e"),
            node("Add", "e one", "a"),
            node("Mul", "x a", "m"),
            node("Mul", "m half"),
        ],
    ),
    "gelu by Erf, halved first": (
        "gelu",
        [
            node("Mul", "half x", "h"),
            node("Div", "x root2", "d"),
            node("Erf", "d", "e"),
            node("Add", "one e", "a"),
            node("Mul", "h a"),
        ],
    ),
    "gelu by Tanh": (
        "gelu",
        [
            node("Pow", "x three", "p"),
            node("Mul", "p cube", "c"),
            node("Add", "x c", "a"),
            node("Mul", "a root", "r"),
            node("Tanh", "r", "t"),
            node("Add", "t one", "u"),
            node("Mul", "u half", "h"),
            node("Mul", "x h"),
        ],
    ),
    "gelu, quick": ("gelu", [node("Mul", "x quick", "q"), node("Sigmoid", "q", "s"), node("Mul", "x s")]),
    "mish": ("mish", [node("Softplus", "x", "p"), node("Tanh", "p", "t"), node("Mul", "x t")]),
    "softplus": ("softplus", [node("Exp", "x", "e"), node("Add", "e one", "a"), node("Log", "a")]),
    "sigmoid by Exp": (
        "sigmoid",
        [node("Neg", "x", "n"), node("Exp", "n", "e"), node("Add", "e one", "a"), node("Reciprocal", "a")],
    ),
    "relu by Where": ("relu", [node("Greater", "x zero", "g"), node("Where", "g x zero")]),
    "leaky_relu by Where": (
        "leaky_relu",
        [node("Less", "x zero", "l"), node("Mul", "x slope", "m"), node("Where", "l m x")],
    ),
    "softplus as PyTorch writes it": (
        "softplus",
        [
            node("Greater", "x twenty", "g"),
            node("Exp", "x", "e"),
            node("Add", "e one", "a"),
            node("Log", "a", "p"),
            node("Where", "g x p"),
        ],
    ),
    "Swish": ("swish", [node("Swish", "x")]),
    "HardSwish": ("hard_swish", [node("HardSwish", "x")]),
    "Gelu": ("gelu", [node("Gelu", "x")]),
    "Gelu of onnxruntime": ("gelu", [node("Gelu", "x", domain="com.microsoft")]),
    "Mish": ("mish", [node("Mish", "x")]),
    "Elu": ("elu", [node("Elu", "x")]),
    "Elu with another slope": ("elu", [node("Elu", "x", alpha=0.3)]),
    "Selu": ("selu", [node("Selu", "x")]),
    "LeakyRelu": ("leaky_relu", [node("LeakyRelu", "x")]),
}


@pytest.mark.parametrize(("kind", "nodes"), ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_activation(kind, nodes):
    found = read_of(model(nodes, MAP, numbers=NUMBERS, opset=24))
    assert found.layers == [(kind, {})]
    assert (found.output, found.multiplies, found.params) == ("8x8x4", 0, 0)


def test_clip_of_old():
    assert read_of(model([node("Clip", "x", min=0.0, max=6.0)], MAP, opset=7)).kinds == ["relu6"]


def test_activation_of_an_activation_is_two():
    nodes = [node("Relu", "x", "r"), node("Sigmoid", "r", "s"), node("Mul", "r s")]
    assert read_of(model(nodes, MAP)).kinds == ["relu", "swish"]


def test_what_is_seen_elsewhere_stays():
    nodes = [node("Sigmoid", "x", "s"), node("Mul", "x s", "m"), node("Concat", "m s", axis=1)]
    assert sorted(read_of(model(nodes, MAP)).kinds) == ["concat", "sigmoid", "swish"]


def test_product_of_two_maps_is_no_activation():
    nodes = [node("Conv", "x w", "c"), node("Sigmoid", "c", "s"), node("Mul", "x s")]
    assert read_of(model(nodes, MAP, AFTER_CONV)).kinds == ["conv", "sigmoid", "multiply"]


NORMALISE = [
    node("ReduceMean", "x a", "m"),
    node("Sub", "x m", "d"),
    node("Pow", "d two", "p"),
    node("ReduceMean", "p a", "v"),
    node("Add", "v epsilon", "e"),
    node("Sqrt", "e", "s"),
    node("Div", "d s", "n"),
]
TWICE = [
    node("ReduceMean", "x a", "m"),
    node("Sub", "x m", "d"),
    node("Sub", "x m", "d2"),
    node("Mul", "d d", "p"),
    node("ReduceMean", "p a", "v"),
    node("Add", "v epsilon", "e"),
    node("Sqrt", "e", "s"),
    node("Reciprocal", "s", "r"),
    node("Mul", "d2 r", "n"),
]


@pytest.mark.parametrize("nodes", [NORMALISE, TWICE], ids=["div", "reciprocal"])
def test_layer_norm_in_its_parts(nodes):
    affine = [node("Mul", "n g", "k"), node("Add", "k b")]
    made = model([*nodes, *affine], SEQUENCE, {"g": (24,), "b": (24,)}, {**NUMBERS, "a": [-1]}, opset=18)
    found = read_of(made)
    assert found.layers == [("layer_norm", {})]
    assert (found.output, found.params) == ("16x24", 48)


def test_layer_norm_in_its_parts_without_scale_and_shift():
    made = model([*NORMALISE[:-1], node("Div", "d s")], SEQUENCE, {}, {**NUMBERS, "a": [-1]}, opset=18)
    assert read_of(made).layers == [("layer_norm", {"affine": False})]


def test_layer_norm_over_the_channels_of_a_map():
    made = model([*NORMALISE[:-1], node("Div", "d s")], MAP, {}, {**NUMBERS, "a": [1]}, opset=18)
    found = read_of(made)
    assert found.layers == [("layer_norm", {"affine": False})]
    assert found.output == "8x8x4"


def test_instance_norm_in_its_parts():
    made = model([*NORMALISE[:-1], node("Div", "d s")], MAP, {}, {**NUMBERS, "a": [2, 3]}, opset=18)
    assert read_of(made).layers == [("instance_norm", {"affine": False})]


def test_softmax_in_its_parts():
    nodes = [
        node("ReduceMax", "x a", "m"),
        node("Sub", "x m", "d"),
        node("Exp", "d", "e"),
        node("ReduceSum", "e a", "s"),
        node("Div", "e s"),
    ]
    assert read_of(model(nodes, SEQUENCE, numbers={"a": [-1]}, opset=18)).kinds == ["softmax"]


def test_root_mean_square_norm_in_its_parts():
    nodes = [
        node("Pow", "x two", "p"),
        node("ReduceMean", "p a", "m"),
        node("Add", "m epsilon", "e"),
        node("Sqrt", "e", "s"),
        node("Div", "x s", "n"),
        node("Mul", "g n"),
    ]
    found = read_of(model(nodes, SEQUENCE, {"g": (24,)}, {**NUMBERS, "a": [-1]}, opset=18))
    assert found.layers == [("rms_norm", {})]
    assert found.params == 24


def test_length_one_in_its_parts():
    nodes = [
        node("ReduceL2", "x a", "l"),
        node("Clip", "l epsilon", "c"),
        node("Shape", "x", "to"),
        node("Expand", "c to", "e"),
        node("Div", "x e"),
    ]
    made = model(nodes, SEQUENCE, numbers={**NUMBERS, "a": [-1]}, opset=18)
    assert read_of(made).layers == [("reduce", {"function": "l2", "axes": "channels"}), ("divide", {})]


def test_group_norm_as_pytorch_writes_it():
    nodes = [
        node("Reshape", "x to", "r"),
        node("Constant", "", "ones", value_floats=[1.0, 1.0]),
        node("Constant", "", "zeros", value_floats=[0.0, 0.0]),
        node("InstanceNormalization", "r ones zeros", "i"),
        node("Shape", "x", "back"),
        node("Reshape", "i back", "n"),
        node("Mul", "n g", "k"),
        node("Add", "k b"),
    ]
    made = model(nodes, MAP, {"g": (4, 1, 1), "b": (4, 1, 1)}, {"to": [0, 2, -1]})
    found = read_of(made)
    assert found.layers == [("group_norm", {"groups": 2})]
    assert (found.output, found.params) == ("8x8x4", 8)
