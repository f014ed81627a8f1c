"""Each operator as the layer that it is; derived by hand."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

from costcalc.interop.importers.errors import ModelError

pytest.importorskip("tflite", reason="needs tflite, of the dev extra")

from importers.tflite_model.builder import Graph
from importers.tflite_model.reading import flat_of, layers_of, map_graph

SAME, VALID = 0, 1
RELU, RELU6 = 1, 3
Layers = list[tuple[str, dict[str, Any], str]]


def windowed(
    operator: str, weights: tuple[int, ...], out: tuple[int, ...], *, bias: bool = False, **options: Any
) -> bytes:
    """One operator that slides weights over a map."""
    graph = map_graph()
    graph.tensor("out", out)
    given = [graph.weight("w", weights), graph.weight("b", (out[-1],)) if bias else ""]
    options = {"stride_w": 1, "stride_h": 1, **options}
    graph.add(operator, ["x", *given], ["out"], **options)
    return graph.file(["x"], ["out"])


def one(operator: str, out: tuple[int, ...], *shapes: tuple[int, ...], **options: Any) -> bytes:
    """One operator of maps alone."""
    graph = map_graph(*shapes)
    graph.tensor("out", out)
    names = list("xyz"[: max(len(shapes), 1)])
    graph.add(operator, names, ["out"], **options)
    return graph.file(names, ["out"])


def with_numbers(operator: str, out: tuple[int, ...], *numbers: Any, **options: Any) -> bytes:
    """One operator of a map and of stored whole numbers; a tuple has a shape of its own."""
    graph = map_graph()
    graph.tensor("out", out)
    names = []
    for place, each in enumerate(numbers):
        values, shape = each if isinstance(each, tuple) else (each, None)
        names.append(graph.numbers(f"n{place}", values, shape))
    graph.add(operator, ["x", *names], ["out"], **options)
    return graph.file(["x"], ["out"])


def conv_transpose(padding: int, out: tuple[int, ...]) -> bytes:
    graph = map_graph()
    graph.tensor("out", out)
    given = [graph.numbers("sizes", out), graph.weight("w", (5, 3, 3, 4)), "x", graph.weight("b", (5,))]
    graph.add("TRANSPOSE_CONV", given, ["out"], stride_w=2, stride_h=2, padding=padding)
    return graph.file(["x"], ["out"])


def mediapipe() -> bytes:
    graph = map_graph()
    graph.tensor("out", (1, 16, 12, 5))
    graph.custom = struct.pack("<3i", 1, 2, 2)
    given = ["x", graph.weight("w", (5, 2, 2, 4)), graph.weight("b", (5,))]
    graph.add("custom:Convolution2DTransposeBias", given, ["out"])
    return graph.file(["x"], ["out"])


def dense(shape: tuple[int, ...], out: tuple[int, ...], **options: Any) -> bytes:
    graph = map_graph(shape)
    graph.tensor("out", out)
    given = ["x", graph.weight("w", (5, 192 if len(shape) == 4 else 4)), graph.weight("b", (5,))]
    graph.add("FULLY_CONNECTED", given, ["out"], **options)
    return graph.file(["x"], ["out"])


def parts(operator: str, *numbers: list[int], first: bool, shape: tuple[int, ...], **options: Any) -> bytes:
    """A map taken apart, and its parts added."""
    graph = map_graph()
    names = [graph.numbers(f"n{place}", each) for place, each in enumerate(numbers)]
    for name in ("one", "other", "out"):
        graph.tensor(name, shape)
    graph.add(operator, [*names, "x"] if first else ["x", *names], ["one", "other"], **options)
    graph.add("ADD", ["one", "other"], ["out"])
    return graph.file(["x"], ["out"])


def packed() -> bytes:
    graph = map_graph((1, 8, 4), (1, 8, 4))
    graph.tensor("out", (1, 2, 8, 4))
    graph.add("PACK", ["x", "y"], ["out"], axis=1, values_count=2)
    return graph.file(["x", "y"], ["out"])


def strided(begin: list[int], end: list[int], out: tuple[int, ...], **masks: int) -> bytes:
    return with_numbers("STRIDED_SLICE", out, begin, end, [1] * len(begin), **masks)


def dilated(*, taken: bool = False) -> bytes:
    """A dilated convolution in three operators; of an odd width, what is padded for the blocks is cropped again."""
    graph = map_graph((1, 8, 7, 4))
    graph.tensor("apart", (4, 6, 6, 4))
    graph.tensor("made", (4, 4, 4, 4))
    graph.tensor("out", (1, 8, 7, 4))
    block, pads = graph.numbers("block", [2, 2]), graph.numbers("pads", [2, 2, 2, 3], [2, 2])
    crops = graph.numbers("crops", [0, 0, 0, 1], [2, 2])
    graph.add("SPACE_TO_BATCH_ND", ["x", block, pads], ["apart"])
    given = ["apart", graph.weight("w", (1, 3, 3, 4)), graph.weight("b", (4,))]
    options = {"padding": VALID, "stride_w": 1, "stride_h": 1, "depth_multiplier": 1}
    graph.add("DEPTHWISE_CONV_2D", given, ["made"], **options, fused_activation_function=RELU)
    graph.add("BATCH_TO_SPACE_ND", ["made", block, crops], ["out"])
    return graph.file(["x"], ["made", "out"] if taken else ["out"])


def prelu() -> bytes:
    graph = map_graph()
    graph.tensor("out", (1, 8, 6, 4))
    graph.add("PRELU", ["x", graph.weight("slope", (1, 1, 4))], ["out"])
    return graph.file(["x"], ["out"])


def embedding() -> bytes:
    graph = Graph()
    graph.tensor("x", (1, 3, 4))
    graph.tensor("rows", (3, 4))
    graph.tensor("out", (1, 3, 4))
    graph.numbers("places", [2, 0, 5])
    graph.add("EMBEDDING_LOOKUP", ["places", graph.weight("table", (9, 4))], ["rows"])
    graph.add("ADD", ["x", "rows"], ["out"])
    return graph.file(["x"], ["out"])


def norm() -> bytes:
    """x minus its mean along the channels, divided by the root of its variance: as converters write a layer norm."""
    graph = map_graph((1, 8, 4))
    axis = graph.numbers("axis", [2])
    for name, shape in (("mean", (1, 8, 1)), ("variance", (1, 8, 1)), ("inverse", (1, 8, 1))):
        graph.tensor(name, shape)
    for name in ("squares", "centred", "out"):
        graph.tensor(name, (1, 8, 4))
    graph.add("MEAN", ["x", axis], ["mean"], keep_dims=True)
    graph.add("SQUARED_DIFFERENCE", ["x", "mean"], ["squares"])
    graph.add("MEAN", ["squares", axis], ["variance"], keep_dims=True)
    graph.add("RSQRT", ["variance"], ["inverse"])
    graph.add("SUB", ["x", "mean"], ["centred"])
    graph.add("MUL", ["centred", "inverse"], ["out"])
    return graph.file(["x"], ["out"])


MAP = (1, 8, 6, 4)
ROWS: dict[str, tuple[Callable[[], bytes], Layers]] = {
    "CONV_2D": (
        lambda: windowed("CONV_2D", (5, 3, 3, 4), (1, 8, 6, 5), bias=True),
        [("conv", {"out_channels": 5, "kernel_size": 3, "bias": True}, "8x6x5")],
    ),
    "CONV_2D with an activation": (
        lambda: windowed(
            "CONV_2D", (5, 1, 3, 4), (1, 4, 4, 5), padding=VALID, stride_h=2, fused_activation_function=RELU6
        ),
        [
            (
                "conv",
                {"out_channels": 5, "kernel_size": [1, 3], "stride": [2, 1], "padding": "valid"},
                "4x4x5",
            ),
            ("relu6", {}, "4x4x5"),
        ],
    ),
    "CONV_2D in groups, dilated": (
        lambda: windowed("CONV_2D", (6, 3, 3, 2), (1, 8, 6, 6), dilation_w_factor=2, dilation_h_factor=2),
        [("conv", {"out_channels": 6, "groups": 2, "kernel_size": 3, "dilation": 2}, "8x6x6")],
    ),
    "DEPTHWISE_CONV_2D": (
        lambda: windowed(
            "DEPTHWISE_CONV_2D", (1, 3, 3, 8), (1, 4, 3, 8), stride_w=2, stride_h=2, depth_multiplier=2
        ),
        [("depthwise_conv", {"depth_multiplier": 2, "kernel_size": 3, "stride": 2}, "4x3x8")],
    ),
    "a dilated convolution in three operators": (
        dilated,
        [("depthwise_conv", {"kernel_size": 3, "dilation": 2, "bias": True}, "8x7x4"), ("relu", {}, "8x7x4")],
    ),
    "TRANSPOSE_CONV": (
        lambda: conv_transpose(SAME, (1, 16, 12, 5)),
        [("conv_transpose", {"out_channels": 5, "kernel_size": 3, "stride": 2, "bias": True}, "16x12x5")],
    ),
    "TRANSPOSE_CONV, valid": (
        lambda: conv_transpose(VALID, (1, 17, 13, 5)),
        [
            (
                "conv_transpose",
                {"out_channels": 5, "kernel_size": 3, "stride": 2, "padding": "valid", "bias": True},
                "17x13x5",
            )
        ],
    ),
    "Convolution2DTransposeBias": (
        mediapipe,
        [("conv_transpose", {"out_channels": 5, "kernel_size": 2, "stride": 2, "bias": True}, "16x12x5")],
    ),
    "FULLY_CONNECTED of a map": (
        lambda: dense(MAP, (1, 5)),
        [("flatten", {}, "192"), ("linear", {"out_features": 5}, "5")],
    ),
    "FULLY_CONNECTED everywhere": (
        lambda: dense((1, 8, 4), (1, 8, 5), keep_num_dims=True, fused_activation_function=RELU),
        [("linear", {"out_features": 5, "per_position": True}, "8x5"), ("relu", {}, "8x5")],
    ),
    "BATCH_MATMUL": (
        lambda: one("BATCH_MATMUL", (1, 8, 5), (1, 8, 4), (1, 5, 4), adj_y=True),
        [("matmul", {}, "8x5")],
    ),
    "AVERAGE_POOL_2D": (
        lambda: one(
            "AVERAGE_POOL_2D",
            (1, 4, 3, 4),
            padding=SAME,
            stride_w=2,
            stride_h=2,
            filter_width=3,
            filter_height=3,
        ),
        [("avg_pool", {"kernel_size": 3, "stride": 2, "padding": "same"}, "4x3x4")],
    ),
    "AVERAGE_POOL_2D of the whole map": (
        lambda: one(
            "AVERAGE_POOL_2D",
            (1, 1, 1, 4),
            padding=VALID,
            stride_w=1,
            stride_h=1,
            filter_width=6,
            filter_height=8,
        ),
        [("global_avg_pool", {}, "1x1x4")],
    ),
    "MAX_POOL_2D": (
        lambda: one(
            "MAX_POOL_2D",
            (1, 4, 3, 4),
            padding=VALID,
            stride_w=2,
            stride_h=2,
            filter_width=2,
            filter_height=2,
        ),
        [("max_pool", {"kernel_size": 2}, "4x3x4")],
    ),
    "L2_POOL_2D": (
        lambda: one(
            "L2_POOL_2D", (1, 8, 6, 4), padding=SAME, stride_w=1, stride_h=1, filter_width=3, filter_height=3
        ),
        [("lp_pool", {"kernel_size": 3, "stride": 1, "padding": "same"}, "8x6x4")],
    ),
    "ARG_MAX": (
        lambda: with_numbers("ARG_MAX", (1, 8, 6), [3]),
        [("reduce", {"function": "argmax", "axes": "channels"}, "8x6x1")],
    ),
    "ARG_MIN": (
        lambda: with_numbers("ARG_MIN", (1, 6, 4), [1]),
        [("reduce", {"function": "argmin", "axes": "height"}, "1x6x4")],
    ),
    "TOPK_V2": (
        lambda: with_numbers("TOPK_V2", (1, 8, 6, 3), ([3], ())),
        [("top_k", {"k": 3}, "8x6x3")],
    ),
    "CUMSUM": (
        lambda: with_numbers("CUMSUM", (1, 8, 6, 4), ([1], ())),
        [("elementwise", {"function": "cumsum"}, "8x6x4")],
    ),
    "RESIZE_BILINEAR": (
        lambda: with_numbers("RESIZE_BILINEAR", (1, 16, 12, 4), [16, 12]),
        [("upsample", {"scale": 2, "mode": "bilinear"}, "16x12x4")],
    ),
    "RESIZE_NEAREST_NEIGHBOR": (
        lambda: with_numbers("RESIZE_NEAREST_NEIGHBOR", (1, 12, 9, 4), [12, 9]),
        [("upsample", {"size": [12, 9]}, "12x9x4")],
    ),
    "PAD": (
        lambda: with_numbers("PAD", (1, 9, 7, 4), ([0, 0, 0, 1, 0, 1, 0, 0], [4, 2])),
        [("pad", {"padding": [0, 1, 0, 1]}, "9x7x4")],
    ),
    "PAD of channels": (
        lambda: with_numbers("PAD", (1, 8, 6, 8), ([0, 0, 0, 0, 0, 0, 0, 4], [4, 2])),
        [("pad", {"channels": [0, 4]}, "8x6x8")],
    ),
    "MEAN": (
        lambda: with_numbers("MEAN", (1, 4), [1, 2]),
        [("global_avg_pool", {}, "1x1x4")],
    ),
    "CONCATENATION": (
        lambda: one(
            "CONCATENATION", (1, 8, 6, 7), MAP, (1, 8, 6, 3), axis=-1, fused_activation_function=RELU
        ),
        [("concat", {}, "8x6x7"), ("relu", {}, "8x6x7")],
    ),
    "CONCATENATION along the height": (
        lambda: one("CONCATENATION", (1, 10, 6, 4), MAP, (1, 2, 6, 4), axis=1),
        [("concat", {"axis": "height"}, "10x6x4")],
    ),
    "SPLIT": (
        lambda: parts("SPLIT", [3], first=True, shape=(1, 8, 6, 2), num_splits=2),
        [
            ("slice", {"part": 1, "of": 2}, "8x6x2"),
            ("slice", {"part": 2, "of": 2}, "8x6x2"),
            ("add", {}, "8x6x2"),
        ],
    ),
    "SPLIT_V": (
        lambda: parts("SPLIT_V", [3, -1], [2], first=False, shape=(1, 8, 3, 4), num_splits=2),
        [
            ("slice", {"spatial": [[0, 8], [0, 3]]}, "8x3x4"),
            ("slice", {"spatial": [[0, 8], [3, 6]]}, "8x3x4"),
            ("add", {}, "8x3x4"),
        ],
    ),
    "UNPACK": (
        lambda: one_of_unpacked(),
        [
            ("slice", {"spatial": [0, 1]}, "1x4"),
            ("slice", {"spatial": [1, 2]}, "1x4"),
            ("add", {}, "1x4"),
        ],
    ),
    "PACK": (
        packed,
        [("concat", {"axis": "height"}, "2x8x4")],
    ),
    "STRIDED_SLICE": (
        lambda: strided([0, 2, 0, 0], [0, 0, 0, 4], (1, 6, 6, 4), begin_mask=5, end_mask=7),
        [("slice", {"spatial": [[2, 8], [0, 6]]}, "6x6x4")],
    ),
    "STRIDED_SLICE without the axis": (
        lambda: strided([0, -1], [0, 0], (1, 6, 4), begin_mask=1, end_mask=1, shrink_axis_mask=2),
        [("slice", {"spatial": [[7, 8], [0, 6]]}, "1x6x4")],
    ),
    "SLICE": (
        lambda: with_numbers("SLICE", (1, 8, 6, 3), [0, 0, 0, 1], [-1, -1, -1, 3]),
        [("slice", {"channels": [1, 4]}, "8x6x3")],
    ),
    "DEPTH_TO_SPACE": (
        lambda: one("DEPTH_TO_SPACE", (1, 16, 12, 1), block_size=2),
        [("reshape", {"to": "16x12x1"}, "16x12x1")],
    ),
    "SPACE_TO_DEPTH": (
        lambda: one("SPACE_TO_DEPTH", (1, 4, 3, 16), block_size=2),
        [("reshape", {"to": "4x3x16"}, "4x3x16")],
    ),
    "LOCAL_RESPONSE_NORMALIZATION": (
        lambda: one("LOCAL_RESPONSE_NORMALIZATION", MAP, radius=4),
        [("lrn", {"size": 9}, "8x6x4")],
    ),
    "PRELU": (prelu, [("prelu", {}, "8x6x4")]),
    "EMBEDDING_LOOKUP": (
        embedding,
        [("parameter", {"shape": "9x4"}, "9x4"), ("gather", {"positions": 3}, "3x4"), ("add", {}, "3x4")],
    ),
    "a layer norm in parts": (norm, [("layer_norm", {"affine": False}, "8x4")]),
    "SOFTMAX": (lambda: one("SOFTMAX", (1, 10), (1, 10)), [("softmax", {}, "10")]),
    "HARD_SWISH": (lambda: one("HARD_SWISH", MAP), [("hard_swish", {}, "8x6x4")]),
    "LOGISTIC": (lambda: one("LOGISTIC", MAP), [("sigmoid", {}, "8x6x4")]),
    "RELU": (lambda: one("RELU", MAP), [("relu", {}, "8x6x4")]),
    "RELU6": (lambda: one("RELU6", MAP), [("relu6", {}, "8x6x4")]),
    "TANH": (lambda: one("TANH", MAP), [("tanh", {}, "8x6x4")]),
    "ELU": (lambda: one("ELU", MAP), [("elu", {}, "8x6x4")]),
    "GELU": (lambda: one("GELU", MAP), [("gelu", {}, "8x6x4")]),
    "LEAKY_RELU": (lambda: one("LEAKY_RELU", MAP, alpha=0.1), [("leaky_relu", {}, "8x6x4")]),
    "ADD": (lambda: one("ADD", MAP, MAP, MAP), [("add", {}, "8x6x4")]),
    "SUB": (lambda: one("SUB", MAP, MAP, MAP), [("subtract", {}, "8x6x4")]),
    "MUL": (lambda: one("MUL", MAP, MAP, (1, 1, 1, 4)), [("multiply", {}, "8x6x4")]),
    "ADD_N": (lambda: one("ADD_N", MAP, MAP, MAP, MAP), [("add", {}, "8x6x4")]),
    "SQUARE": (lambda: one("SQUARE", MAP), [("multiply", {}, "8x6x4")]),
    "QUANTIZE": (lambda: behind("QUANTIZE"), [("relu", {}, "8x6x4")]),
    "CAST": (lambda: behind("CAST"), [("relu", {}, "8x6x4")]),
}


def one_of_unpacked() -> bytes:
    graph = map_graph((1, 2, 4))
    for name in ("one", "other", "out"):
        graph.tensor(name, (1, 4))
    graph.add("UNPACK", ["x"], ["one", "other"], num=2, axis=1)
    graph.add("ADD", ["one", "other"], ["out"])
    return graph.file(["x"], ["out"])


def behind(operator: str) -> bytes:
    graph = map_graph()
    graph.tensor("same", MAP)
    graph.tensor("out", MAP)
    graph.add(operator, ["x"], ["same"])
    graph.add("RELU", ["same"], ["out"])
    return graph.file(["x"], ["out"])


@pytest.mark.parametrize("name", ROWS)
def test_operators(name: str) -> None:
    make, layers = ROWS[name]
    assert layers_of(flat_of(make())) == layers


def test_what_is_between_is_taken() -> None:
    with pytest.raises(ModelError, match='operator 0 "SPACE_TO_BATCH_ND" "apart": has no layer kind'):
        flat_of(dilated(taken=True))
