"""Each operation: the layer it becomes, its shape, and the costs worked out by hand."""

from __future__ import annotations

import pytest

from importers.onnx_model.graphs import IMAGE, helper, model, node, onnx, read_of

SEQUENCE = {"x": (1, 16, 24)}
VECTOR = {"x": (1, 32)}


def case(name, made, layers, output, multiplies=0, params=0):
    return pytest.param(made, layers, output, multiplies, params, id=name)


CONVOLUTIONS = [
    case(
        "same, with a bias",
        model([node("Conv", "x w b", pads=[1, 1, 1, 1])], weights={"w": (6, 4, 3, 3), "b": (6,)}),
        [("conv", {"out_channels": 6, "kernel_size": 3, "bias": True})],
        "8x8x6",
        8 * 8 * 9 * 4 * 6,
        9 * 4 * 6 + 6,
    ),
    case(
        "stride, asymmetric padding, dilation",
        model(
            [node("Conv", "x w", pads=[1, 2, 3, 4], strides=[2, 1], dilations=[2, 1])],
            weights={"w": (6, 4, 3, 5)},
        ),
        [
            (
                "conv",
                {
                    "out_channels": 6,
                    "kernel_size": [3, 5],
                    "stride": [2, 1],
                    "dilation": [2, 1],
                    "padding": [1, 3, 2, 4],
                },
            )
        ],
        "4x10x6",
        4 * 10 * 15 * 4 * 6,
        15 * 4 * 6,
    ),
    case(
        "no padding",
        model([node("Conv", "x w")], weights={"w": (6, 4, 3, 3)}),
        [("conv", {"out_channels": 6, "kernel_size": 3, "padding": "valid"})],
        "6x6x6",
        6 * 6 * 9 * 4 * 6,
        9 * 4 * 6,
    ),
    case(
        "auto_pad",
        model([node("Conv", "x w", auto_pad="SAME_UPPER", strides=[3, 3])], weights={"w": (6, 4, 5, 5)}),
        [("conv", {"out_channels": 6, "kernel_size": 5, "stride": 3})],
        "3x3x6",
        9 * 25 * 4 * 6,
        25 * 4 * 6,
    ),
    case(
        "auto_pad below",
        model([node("Conv", "x w", auto_pad="SAME_LOWER", strides=[2, 2])], weights={"w": (6, 4, 3, 3)}),
        [("conv", {"out_channels": 6, "kernel_size": 3, "stride": 2})],
        "4x4x6",
        16 * 9 * 4 * 6,
        9 * 4 * 6,
    ),
    case(
        "auto_pad none",
        model([node("Conv", "x w", auto_pad="VALID")], weights={"w": (6, 4, 3, 3)}),
        [("conv", {"out_channels": 6, "kernel_size": 3, "padding": "valid"})],
        "6x6x6",
        36 * 9 * 4 * 6,
        9 * 4 * 6,
    ),
    case(
        "a 1×1 with a stride",
        model([node("Conv", "x w", strides=[2, 2])], weights={"w": (6, 4, 1, 1)}),
        [("conv", {"out_channels": 6, "kernel_size": 1, "stride": 2})],
        "4x4x6",
        16 * 4 * 6,
        4 * 6,
    ),
    case(
        "groups",
        model([node("Conv", "x w", group=2, pads=[1, 1, 1, 1])], weights={"w": (6, 2, 3, 3)}),
        [("conv", {"out_channels": 6, "groups": 2, "kernel_size": 3})],
        "8x8x6",
        64 * 9 * 2 * 6,
        9 * 2 * 6,
    ),
    case(
        "depthwise",
        model([node("Conv", "x w", group=4, pads=[1, 1, 1, 1])], weights={"w": (4, 1, 3, 3)}),
        [("depthwise_conv", {"kernel_size": 3})],
        "8x8x4",
        64 * 9 * 4,
        9 * 4,
    ),
    case(
        "depthwise with a multiplier",
        model([node("Conv", "x w", group=4, pads=[1, 1, 1, 1])], weights={"w": (8, 1, 3, 3)}),
        [("depthwise_conv", {"depth_multiplier": 2, "kernel_size": 3})],
        "8x8x8",
        64 * 9 * 8,
        9 * 8,
    ),
    case(
        "of one channel it is a standard one",
        model([node("Conv", "x w", pads=[1, 1, 1, 1])], {"x": (1, 1, 8, 8)}, {"w": (5, 1, 3, 3)}),
        [("conv", {"out_channels": 5, "kernel_size": 3})],
        "8x8x5",
        64 * 9 * 5,
        9 * 5,
    ),
    case(
        "one axis",
        model([node("Conv", "x w", pads=[2, 2], strides=[2])], {"x": (1, 4, 100)}, {"w": (6, 4, 5)}),
        [("conv", {"out_channels": 6, "kernel_size": 5, "stride": 2, "padding": 2})],
        "50x6",
        50 * 5 * 4 * 6,
        5 * 4 * 6,
    ),
    case(
        "three axes",
        model([node("Conv", "x w", pads=[1] * 6)], {"x": (1, 4, 6, 8, 10)}, {"w": (6, 4, 3, 3, 3)}),
        [("conv", {"out_channels": 6, "kernel_size": 3})],
        "6x8x10x6",
        6 * 8 * 10 * 27 * 4 * 6,
        27 * 4 * 6,
    ),
    case(
        "transposed",
        model(
            [node("ConvTranspose", "x w b", strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])],
            weights={"w": (4, 6, 3, 3), "b": (6,)},
        ),
        [
            (
                "conv_transpose",
                {
                    "out_channels": 6,
                    "kernel_size": 3,
                    "stride": 2,
                    "padding": 1,
                    "output_padding": 1,
                    "bias": True,
                },
            )
        ],
        "16x16x6",
        64 * 9 * 4 * 6,
        9 * 4 * 6 + 6,
    ),
    case(
        "transposed to an output shape",
        model(
            [node("ConvTranspose", "x w", strides=[2, 2], output_shape=[16, 16])], weights={"w": (4, 6, 4, 4)}
        ),
        [("conv_transpose", {"out_channels": 6, "kernel_size": 4, "stride": 2})],
        "16x16x6",
        64 * 16 * 4 * 6,
        16 * 4 * 6,
    ),
    case(
        "transposed to a larger output shape",
        model(
            [node("ConvTranspose", "x w", strides=[2, 2], output_shape=[19, 18])], weights={"w": (4, 6, 2, 2)}
        ),
        [
            (
                "conv_transpose",
                {
                    "out_channels": 6,
                    "kernel_size": 2,
                    "stride": 2,
                    "padding": "valid",
                    "output_padding": [3, 2],
                },
            )
        ],
        "19x18x6",
        64 * 4 * 4 * 6,
        4 * 4 * 6,
    ),
    case(
        "transposed in groups",
        model(
            [node("ConvTranspose", "x w", group=2, auto_pad="SAME_UPPER", strides=[2, 2])],
            weights={"w": (4, 3, 3, 3)},
        ),
        [("conv_transpose", {"out_channels": 6, "groups": 2, "kernel_size": 3, "stride": 2})],
        "16x16x6",
        64 * 9 * 2 * 6,
        9 * 4 * 3,
    ),
    case(
        "a bias that is added after",
        model(
            [node("Conv", "x w", "c", pads=[1, 1, 1, 1]), node("Add", "c b")],
            weights={"w": (6, 4, 3, 3), "b": (6, 1, 1)},
        ),
        [("conv", {"out_channels": 6, "kernel_size": 3, "bias": True})],
        "8x8x6",
        64 * 9 * 4 * 6,
        9 * 4 * 6 + 6,
    ),
]
PRODUCTS = [
    case(
        "Gemm",
        model([node("Gemm", "x w b", transB=1)], VECTOR, {"w": (10, 32), "b": (10,)}),
        [("linear", {"out_features": 10})],
        "10",
        320,
        330,
    ),
    case(
        "Gemm without a bias",
        model([node("Gemm", "x w")], VECTOR, {"w": (32, 10)}),
        [("linear", {"out_features": 10, "bias": False})],
        "10",
        320,
        320,
    ),
    case(
        "Gemm of a map that was flattened",
        model([node("Flatten", "x", "f"), node("Gemm", "f w b")], IMAGE, {"w": (256, 10), "b": (10,)}),
        [("flatten", {}), ("linear", {"out_features": 10})],
        "10",
        2560,
        2570,
    ),
    case(
        "MatMul, then a bias",
        model([node("MatMul", "x w", "m"), node("Add", "m b")], SEQUENCE, {"w": (24, 10), "b": (10,)}),
        [("linear", {"out_features": 10, "per_position": True})],
        "16x10",
        16 * 240,
        250,
    ),
    case(
        "MatMul to one channel, with a bias",
        model([node("MatMul", "x w", "m"), node("Add", "b m")], SEQUENCE, {"w": (24, 1), "b": (1,)}),
        [("linear", {"out_features": 1, "per_position": True})],
        "16x1",
        16 * 24,
        25,
    ),
    case(
        "MatMul to several channels, and one number for all",
        model([node("MatMul", "x w", "m"), node("Add", "m b")], SEQUENCE, {"w": (24, 10), "b": (1,)}),
        [("linear", {"out_features": 10, "per_position": True, "bias": False})],
        "16x10",
        16 * 240,
        240,
    ),
    case(
        "MatMul by weights from the left",
        model([node("MatMul", "w x")], SEQUENCE, {"w": (10, 16)}),
        [("linear", {"out_features": 10, "per_position": True, "bias": False})],
        "24x10",
        24 * 160,
        160,
    ),
    case(
        "MatMul of two maps",
        model([node("Transpose", "x", "t", perm=[0, 2, 1]), node("MatMul", "x t")], SEQUENCE),
        [("matmul", {"transpose": True})],
        "16x16",
        16 * 16 * 24,
    ),
    case(
        "MatMul of two maps, positions summed over",
        model([node("MatMul", "a b")], {"a": (1, 16, 24), "b": (1, 24, 10)}),
        [("matmul", {})],
        "16x10",
        16 * 24 * 10,
    ),
    case(
        "MatMul with weights for each head",
        model([node("MatMul", "x w")], {"x": (1, 3, 16, 8)}, {"w": (3, 8, 5)}),
        [
            ("reshape", {"to": "16x24"}),
            ("conv", {"out_channels": 15, "kernel_size": 1, "groups": 3}),
            ("reshape", {"to": "16x5x3"}),
        ],
        "16x5x3",
        16 * 3 * 8 * 5,
        3 * 8 * 5,
    ),
    case(
        "Einsum with weights",
        model([node("Einsum", "x w", equation="bpc,cd->bpd")], SEQUENCE, {"w": (24, 10)}),
        [("linear", {"out_features": 10, "per_position": True, "bias": False})],
        "16x10",
        16 * 240,
        240,
    ),
    case(
        "Einsum of two maps by heads",
        model([node("Einsum", "a b", equation="bhpd,bhqd->bhpq")], {"a": (1, 3, 16, 8), "b": (1, 3, 12, 8)}),
        [
            ("reshape", {"to": "16x24"}),
            ("reshape", {"to": "12x24"}),
            ("matmul", {"transpose": True, "heads": 3}),
            ("reshape", {"to": "16x12x3"}),
        ],
        "16x12x3",
        3 * 16 * 12 * 8,
    ),
    case(
        "Attention of four axes",
        model([node("Attention", "q k v")], dict.fromkeys("qkv", (1, 3, 16, 8)), opset=23),
        [
            ("reshape", {"to": "16x24"}),
            ("reshape", {"to": "16x24"}),
            ("reshape", {"to": "16x24"}),
            ("attention", {"heads": 3, "projections": False}),
            ("reshape", {"to": "16x8x3"}),
        ],
        "16x8x3",
        2 * 3 * 16 * 16 * 8,
    ),
    case(
        "Attention of three axes",
        model(
            [node("Attention", "q k v", q_num_heads=3, kv_num_heads=3)],
            {"q": (1, 16, 24), "k": (1, 12, 24), "v": (1, 12, 24)},
            opset=23,
        ),
        [("attention", {"heads": 3, "projections": False})],
        "16x24",
        2 * 16 * 12 * 24,
    ),
]
NORMS = [
    case(
        "BatchNormalization",
        model([node("BatchNormalization", "x s b m v")], weights=dict.fromkeys("sbmv", (4,))),
        [("batch_norm", {})],
        "8x8x4",
        0,
        8,
    ),
    case(
        "LayerNormalization",
        model([node("LayerNormalization", "x s b")], SEQUENCE, {"s": (24,), "b": (24,)}, opset=17),
        [("layer_norm", {})],
        "16x24",
        0,
        48,
    ),
    case(
        "LayerNormalization without a shift",
        model([node("LayerNormalization", "x s")], SEQUENCE, {"s": (24,)}, opset=17),
        [("layer_norm", {"affine": "scale"})],
        "16x24",
        0,
        24,
    ),
    case(
        "GroupNormalization",
        model([node("GroupNormalization", "x s b", num_groups=2)], weights={"s": (4,), "b": (4,)}),
        [("group_norm", {"groups": 2})],
        "8x8x4",
        0,
        8,
    ),
    case(
        "InstanceNormalization",
        model([node("InstanceNormalization", "x s b")], weights={"s": (4,), "b": (4,)}),
        [("instance_norm", {})],
        "8x8x4",
        0,
        8,
    ),
    case(
        "RMSNormalization",
        model([node("RMSNormalization", "x s")], SEQUENCE, {"s": (24,)}, opset=23),
        [("rms_norm", {})],
        "16x24",
        0,
        24,
    ),
    case("LRN", model([node("LRN", "x", size=3)]), [("lrn", {"size": 3})], "8x8x4"),
]
POOLS = [
    case(
        "MaxPool",
        model([node("MaxPool", "x", kernel_shape=[2, 2], strides=[2, 2])]),
        [("max_pool", {"kernel_size": 2})],
        "4x4x4",
    ),
    case(
        "AveragePool that rounds up",
        model([node("AveragePool", "x", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)]),
        [("avg_pool", {"kernel_size": 3, "stride": 2, "ceil_mode": True})],
        "4x4x4",
    ),
    case(
        "a window that would start outside is none",
        model([node("MaxPool", "x", kernel_shape=[1, 1], strides=[3, 3], ceil_mode=1, pads=[0, 0, 2, 2])]),
        [("max_pool", {"kernel_size": 1, "stride": 3, "padding": [0, 2, 0, 2]})],
        "4x4x4",
    ),
    case(
        "MaxPool, same",
        model([node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")]),
        [("max_pool", {"kernel_size": 3, "stride": 2, "padding": "same"})],
        "4x4x4",
    ),
    case(
        "MaxPool with a padding of its own on each side",
        model([node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1])]),
        [("max_pool", {"kernel_size": 3, "stride": 2, "padding": [0, 1, 0, 1]})],
        "4x4x4",
    ),
    case("GlobalAveragePool", model([node("GlobalAveragePool", "x")]), [("global_avg_pool", {})], "1x1x4"),
    case("GlobalMaxPool", model([node("GlobalMaxPool", "x")]), [("global_max_pool", {})], "1x1x4"),
    case(
        "ReduceMean over positions, axes as an attribute",
        model([node("ReduceMean", "x", axes=[2, 3], keepdims=0)], opset=13),
        [("global_avg_pool", {})],
        "1x1x4",
    ),
    case(
        "ReduceMean over positions, axes as an input",
        model([node("ReduceMean", "x a")], numbers={"a": [-1, -2]}),
        [("global_avg_pool", {})],
        "1x1x4",
    ),
    case(
        "ReduceMax over one axis",
        model([node("ReduceMax", "x a")], numbers={"a": [2]}, opset=18),
        [("max_pool", {"kernel_size": [8, 1]})],
        "1x8x4",
    ),
    case(
        "ReduceMean over a sequence",
        model([node("ReduceMean", "x a", keepdims=0)], SEQUENCE, numbers={"a": [1]}),
        [("global_avg_pool", {})],
        "1x24",
    ),
    case(
        "ReduceMean over channels",
        model([node("ReduceMean", "x a")], numbers={"a": [1]}),
        [("reshape", {"to": "4x64"}), ("global_avg_pool", {}), ("reshape", {"to": "8x8x1"})],
        "8x8x1",
    ),
]
SHAPES = [
    case(
        "Resize by scales",
        model([node("Upsample", "x", scales=[1.0, 1.0, 2.0, 2.0])], opset=7),
        [("upsample", {"scale": 2})],
        "16x16x4",
    ),
    case(
        "Resize to sizes",
        model([node("Resize", "x - - s", mode="linear")], numbers={"s": [1, 4, 12, 16]}),
        [("upsample", {"size": [12, 16], "mode": "bilinear"})],
        "12x16x4",
    ),
    case(
        "Pad",
        model([node("Pad", "x p")], numbers={"p": [0, 1, 2, 3, 0, 4, 5, 6]}),
        [("pad", {"padding": [2, 5, 3, 6], "channels": [1, 4]})],
        "15x17x9",
    ),
    case(
        "Pad of old",
        model([node("Pad", "x", pads=[0, 0, 1, 1, 0, 0, 1, 1])], opset=7),
        [("pad", {"padding": 1})],
        "10x10x4",
    ),
    case(
        "Pad that takes away",
        model([node("Pad", "x p")], numbers={"p": [0, 0, -1, 0, 0, 0, -2, 0]}),
        [("slice", {"spatial": [[1, 6], [0, 8]]})],
        "5x8x4",
    ),
    case(
        "Slice of channels",
        model([node("Slice", "x s e a")], numbers={"s": [1], "e": [4], "a": [1]}),
        [("slice", {"channels": [1, 4]})],
        "8x8x3",
    ),
    case(
        "Slice of old, from the end",
        model([node("Slice", "x", starts=[-3], ends=[2**31 - 1], axes=[3])], opset=9),
        [("slice", {"spatial": [[0, 8], [5, 8]]})],
        "8x3x4",
    ),
    case(
        "Slice of every second position",
        model([node("Slice", "x s e a t")], numbers={"s": [1], "e": [8], "a": [2], "t": [2]}),
        [("reshape", {"to": "4x8x8"}), ("slice", {"part": 2, "of": 2})],
        "4x8x4",
    ),
    case(
        "Split, one part used",
        model([node("Split", "x", "a b", axis=1), node("Relu", "b")], opset=13),
        [("slice", {"part": 2, "of": 2}), ("relu", {})],
        "8x8x2",
    ),
    case(
        "Split in given parts",
        model([node("Split", "x p", "a b", axis=1), node("Concat", "b a", axis=1)], numbers={"p": [1, 3]}),
        [("slice", {"part": 1, "of": 4}), ("slice", {"channels": [1, 4]}), ("concat", {})],
        "8x8x4",
    ),
    case(
        "Gather of one position",
        model([node("Gather", "x i", axis=1)], SEQUENCE, numbers={"i": 0}),
        [("slice", {"spatial": [0, 1]})],
        "1x24",
    ),
    case(
        "Gather of scattered channels",
        model([node("Gather", "x i", axis=1)], numbers={"i": [3, 0, 0, 2, 1]}),
        [("reshape", {"to": "4x64"}), ("gather", {"positions": 5}), ("reshape", {"to": "8x8x5"})],
        "8x8x5",
    ),
    case(
        "Concat along the width",
        model([node("Concat", "x x", axis=3)]),
        [("concat", {"axis": "width"})],
        "8x16x4",
    ),
    case(
        "Concat with zeros is a pad",
        model(
            [node("ConstantOfShape", "s", "z"), node("Concat", "z x", axis=1)],
            numbers={"s": [1, 2, 8, 8]},
        ),
        [("parameter", {"shape": "8x8x2"}), ("concat", {})],
        "8x8x6",
        0,
        128,
    ),
    case(
        "Concat with a Constant is a pad",
        model(
            [
                node("Constant", "", "z", value=helper.make_tensor("z", 1, [1, 2, 8, 8], [0.0] * 128)),
                node("Concat", "z x", axis=1),
            ],
        ),
        [("pad", {"channels": [2, 0]})],
        "8x8x6",
    ),
    case(
        "channel shuffle",
        model(
            [
                node("Reshape", "x a", "r"),
                node("Transpose", "r", "t", perm=[0, 2, 1, 3, 4]),
                node("Reshape", "t b", "s"),
                node("Conv", "s w"),
            ],
            weights={"w": (5, 4, 1, 1)},
            numbers={"a": [1, 2, 2, 8, 8], "b": [1, 4, 8, 8]},
        ),
        [("channel_shuffle", {"groups": 2}), ("conv", {"out_channels": 5, "kernel_size": 1})],
        "8x8x5",
        64 * 20,
        20,
    ),
    case(
        "channels last in, and no reshape is needed",
        model(
            [node("Transpose", "x", "t", perm=[0, 3, 1, 2]), node("Conv", "t w")],
            {"x": (1, 8, 8, 4)},
            {"w": (5, 4, 1, 1)},
        ),
        [("conv", {"out_channels": 5, "kernel_size": 1})],
        "8x8x5",
        64 * 20,
        20,
    ),
    case(
        "DepthToSpace, then a convolution",
        model(
            [node("DepthToSpace", "x", "d", blocksize=2), node("Conv", "d w")], weights={"w": (5, 1, 1, 1)}
        ),
        [("reshape", {"to": "16x16x1"}), ("conv", {"out_channels": 5, "kernel_size": 1})],
        "16x16x5",
        256 * 5,
        5,
    ),
    case(
        "DepthToSpace at the end",
        model([node("Relu", "x", "r"), node("DepthToSpace", "r", blocksize=2)]),
        [("relu", {}), ("reshape", {"to": "16x16x1"})],
        "16x16x1",
    ),
    case(
        "SpaceToDepth, then a convolution",
        model(
            [node("SpaceToDepth", "x", "d", blocksize=2), node("Conv", "d w")], weights={"w": (5, 16, 1, 1)}
        ),
        [("reshape", {"to": "4x4x16"}), ("conv", {"out_channels": 5, "kernel_size": 1})],
        "4x4x5",
        16 * 16 * 5,
        80,
    ),
    case(
        "shapes that are computed in the graph",
        model(
            [
                node("Shape", "x", "s"),
                node("Gather", "s zero", "n"),
                node("Unsqueeze", "n axes", "u"),
                node("Concat", "u rest", "to", axis=0),
                node("Reshape", "x to", "f"),
                node("Gemm", "f w"),
            ],
            weights={"w": (256, 10)},
            numbers={"zero": 0, "axes": [0], "rest": [-1]},
        ),
        [("flatten", {}), ("linear", {"out_features": 10, "bias": False})],
        "10",
        2560,
        2560,
    ),
]
ELEMENTS = [
    case("Add", model([node("Relu", "x", "r"), node("Add", "x r")]), [("relu", {}), ("add", {})], "8x8x4"),
    case(
        "Sum of three",
        model([node("Sum", "x x z")], {"x": (1, 4, 8, 8), "z": (1, 4, 8, 8)}),
        [("add", {})],
        "8x8x4",
    ),
    case(
        "Mul that is broadcast",
        model([node("GlobalAveragePool", "x", "g"), node("Mul", "x g")]),
        [("global_avg_pool", {}), ("multiply", {})],
        "8x8x4",
    ),
    case(
        "Mul by a learned vector",
        model([node("Mul", "x w")], weights={"w": (4, 1, 1)}),
        [("parameter", {"shape": "1x1x4"}), ("multiply", {})],
        "8x8x4",
        0,
        4,
    ),
    case(
        "Add of a learned map",
        model([node("Add", "x w")], SEQUENCE, {"w": (1, 16, 24)}),
        [("parameter", {"shape": "16x24"}), ("add", {})],
        "16x24",
        0,
        384,
    ),
    case(
        "a learned tensor twice is counted once",
        model([node("Add", "x w", "a"), node("Mul", "a w")], SEQUENCE, {"w": (1, 16, 24)}),
        [("parameter", {"shape": "16x24"}), ("add", {}), ("multiply", {})],
        "16x24",
        0,
        384,
    ),
    case(
        "a number changes nothing",
        model([node("Mul", "x two", "m"), node("Relu", "m")], numbers={"two": 2.0}),
        [("relu", {})],
        "8x8x4",
    ),
    case(
        "PRelu",
        model([node("PRelu", "x w")], weights={"w": (4, 1, 1)}),
        [("prelu", {})],
        "8x8x4",
        0,
        4,
    ),
    case(
        "PRelu with one slope",
        model([node("PRelu", "x w")], weights={"w": (1,)}),
        [("prelu", {"shared": True})],
        "8x8x4",
        0,
        1,
    ),
    case("Softmax", model([node("Softmax", "x")], VECTOR), [("softmax", {})], "32"),
    case("Dropout", model([node("Dropout", "x", "d"), node("Relu", "d")]), [("relu", {})], "8x8x4"),
]
QUANTISED = [
    case(
        "QLinearConv",
        model(
            [node("QLinearConv", "x s z w s z s z b", pads=[1, 1, 1, 1])],
            weights={"w": (6, 4, 3, 3), "b": (6,)},
            numbers={"s": 0.5, "z": 0},
        ),
        [("conv", {"out_channels": 6, "kernel_size": 3, "bias": True})],
        "8x8x6",
        64 * 9 * 4 * 6,
        9 * 4 * 6 + 6,
    ),
    case(
        "ConvInteger",
        model(
            [node("ConvInteger", "x w z", pads=[1, 1, 1, 1])], weights={"w": (6, 4, 3, 3)}, numbers={"z": 0}
        ),
        [("conv", {"out_channels": 6, "kernel_size": 3})],
        "8x8x6",
        64 * 9 * 4 * 6,
        9 * 4 * 6,
    ),
    case(
        "MatMulInteger",
        model([node("MatMulInteger", "x w z z")], VECTOR, {"w": (32, 10)}, {"z": 0}),
        [("linear", {"out_features": 10, "bias": False})],
        "10",
        320,
        320,
    ),
    case(
        "QLinearMatMul",
        model([node("QLinearMatMul", "x s z w s z s z")], VECTOR, {"w": (32, 10)}, {"s": 0.5, "z": 0}),
        [("linear", {"out_features": 10, "bias": False})],
        "10",
        320,
        320,
    ),
    case(
        "QGemm of onnxruntime",
        model(
            [node("QGemm", "x s z w s z b", transB=1, domain="com.microsoft")],
            VECTOR,
            {"w": (10, 32), "b": (10,)},
            {"s": 0.5, "z": 0},
        ),
        [("linear", {"out_features": 10})],
        "10",
        320,
        330,
    ),
]


@pytest.mark.parametrize(
    ("made", "layers", "output", "multiplies", "params"),
    [*CONVOLUTIONS, *PRODUCTS, *NORMS, *POOLS, *SHAPES, *ELEMENTS, *QUANTISED],
)
def test_operation(made, layers, output, multiplies, params):
    found = read_of(made)
    assert found.layers == layers
    assert (found.output, found.multiplies, found.params) == (output, multiplies, params)


@pytest.mark.parametrize("columns", [(), (5,)], ids=["one scale", "a scale for each column"])
def test_dynamic_quantisation_scales_what_it_multiplied(columns):
    """As onnxruntime writes it: the scales of the map and of the weights are no params."""
    nodes = [
        node("DynamicQuantizeLinear", "x", "q s z"),
        node("MatMulInteger", "q w z", "m"),
        node("Cast", "m", "f", to=onnx.TensorProto.FLOAT),
        node("Mul", "s k", "scales"),
        node("Mul", "f scales", "g"),
        node("Add", "g b"),
    ]
    made = model(nodes, {"x": (1, 7, 6)}, {"k": columns, "b": (5,)})
    made.graph.initializer.append(helper.make_tensor("w", onnx.TensorProto.INT8, [6, 5], bytes(30), raw=True))
    read = read_of(made)
    assert read.layers == [("linear", {"out_features": 5, "per_position": True})]
    assert (read.output, read.multiplies, read.params) == ("7x5", 7 * 6 * 5, 6 * 5 + 5)


def test_ones_like_a_map_are_not_learned():
    ones = helper.make_tensor("v", 1, [1], [1.0])
    nodes = [node("Shape", "x", "s"), node("ConstantOfShape", "s", "o", value=ones), node("Mul", "x o", "m")]
    assert read_of(model([*nodes, node("Relu", "m")])).layers == [("relu", {})]


def test_quantised_weights_are_the_same_weights():
    made = model(
        [
            node("QuantizeLinear", "x s z", "q"),
            node("DequantizeLinear", "q s z", "d"),
            node("DequantizeLinear", "w s z", "v"),
            node("Conv", "d v", pads=[1, 1, 1, 1]),
        ],
        numbers={"s": 0.5, "z": 0},
    )
    made.graph.initializer.append(
        helper.make_tensor("w", onnx.TensorProto.INT8, [6, 4, 3, 3], bytes(216), raw=True)
    )
    found = read_of(made)
    assert found.layers == [("conv", {"out_channels": 6, "kernel_size": 3})]
    assert (found.multiplies, found.params) == (64 * 9 * 24, 216)


MORE = [
    case(
        "Tile of a learned token along the batch",
        model(
            [node("Tile", "w r", "t"), node("Concat", "t x", axis=1)],
            {"x": (3, 16, 24)},
            {"w": (1, 1, 24)},
            {"r": [3, 1, 1]},
        ),
        [("parameter", {"shape": "1x24"}), ("concat", {"axis": "width"})],
        "17x24",
        0,
        24,
    ),
    case(
        "Tile of a map",
        model([node("Tile", "x r")], numbers={"r": [1, 1, 2, 1]}),
        [("concat", {"axis": "height"})],
        "16x8x4",
    ),
    case(
        "Expand of a learned token",
        model(
            [node("Expand", "w to", "e"), node("Concat", "e x", axis=1)],
            {"x": (3, 16, 24)},
            {"w": (1, 1, 24)},
            {"to": [3, 1, 24]},
        ),
        [("parameter", {"shape": "1x24"}), ("concat", {"axis": "width"})],
        "17x24",
        0,
        24,
    ),
    case(
        "Expand of a mean over the map",
        model([node("GlobalAveragePool", "x", "g"), node("Expand", "g to")], numbers={"to": [1, 4, 8, 8]}),
        [("global_avg_pool", {}), ("upsample", {"size": [8, 8]})],
        "8x8x4",
    ),
    case(
        "SkipLayerNormalization of onnxruntime",
        model(
            [
                node("SkipLayerNormalization", "x r s b bias", "n - - t", domain="com.microsoft"),
                node("Add", "n t"),
            ],
            {"x": (1, 16, 24), "r": (1, 16, 24)},
            {"s": (24,), "b": (24,), "bias": (24,)},
        ),
        [("add", {}), ("parameter", {"shape": "1x24"}), ("add", {}), ("layer_norm", {}), ("add", {})],
        "16x24",
        0,
        72,
    ),
    case(
        "LayerNormalization over all but the batch",
        model(
            [node("LayerNormalization", "x s b", axis=1)], weights={"s": (4, 8, 8), "b": (4, 8, 8)}, opset=17
        ),
        [("flatten", {}), ("layer_norm", {}), ("reshape", {"to": "8x8x4"})],
        "8x8x4",
        0,
        512,
    ),
    case(
        "QLinearAdd of onnxruntime",
        model(
            [
                node("QLinearAdd", "x s z x s z s z", "a", domain="com.microsoft"),
                node("QLinearSigmoid", "a s z s z", domain="com.microsoft"),
            ],
            numbers={"s": 0.5, "z": 0},
        ),
        [("add", {}), ("sigmoid", {})],
        "8x8x4",
    ),
    case(
        "DynamicQuantizeLinear",
        model(
            [
                node("DynamicQuantizeLinear", "x", "q s z"),
                node("MatMulInteger", "q w z", "i"),
                node("Cast", "i", to=1),
            ],
            VECTOR,
            {"w": (32, 10)},
        ),
        [("linear", {"out_features": 10, "bias": False})],
        "10",
        320,
        320,
    ),
    case(
        "GatherND of rows",
        model(
            [
                node("Constant", "", "i", value=helper.make_tensor("i", 7, [3, 2], [0, 3, 0, 5, 0, 3])),
                node("GatherND", "w i", "g"),
                node("Add", "x g"),
            ],
            {"x": (1, 3, 24)},
            {"w": (1, 16, 24)},
        ),
        [
            ("parameter", {"shape": "16x24"}),
            ("gather", {"positions": 3}),
            ("add", {}),
        ],
        "3x24",
        0,
        384,
    ),
    case(
        "Gemm with a map to add",
        model([node("Gemm", "x w z")], {"x": (1, 32), "z": (1, 10)}, {"w": (32, 10)}),
        [("linear", {"out_features": 10, "bias": False}), ("add", {})],
        "10",
        320,
        320,
    ),
    case(
        "Einsum that mixes labels in another order",
        model([node("Einsum", "x w", equation="bhwc,cd->bhwd")], {"x": (1, 8, 8, 4)}, {"w": (4, 6)}),
        [("linear", {"out_features": 6, "per_position": True, "bias": False})],
        "8x8x6",
        64 * 24,
        24,
    ),
    case(
        "Where by a fixed mask",
        model(
            [node("Where", "m x z", "w"), node("Softmax", "w")],
            {"x": (1, 16, 24)},
            numbers={"z": 0.0, "m": [1] * 24},
        ),
        [("softmax", {})],
        "16x24",
    ),
    case(
        "Add that broadcasts both ways",
        model(
            [
                node("ReduceMean", "x rows", "r", keepdims=1),
                node("ReduceMean", "x columns", "c", keepdims=1),
                node("Add", "r c"),
            ],
            numbers={"rows": [2], "columns": [3]},
        ),
        [("avg_pool", {"kernel_size": [8, 1]}), ("avg_pool", {"kernel_size": [1, 8]}), ("add", {})],
        "8x8x4",
    ),
    case(
        "a learned bias for each head in windows",
        model(
            [
                node("Reshape", "x to", "w"),
                node("Transpose", "w", "t", perm=[0, 1, 3, 2]),
                node("MatMul", "w t", "s"),
                node("Add", "s bias", "a"),
                node("Softmax", "a", "p"),
                node("MatMul", "p w"),
            ],
            {"x": (1, 48, 10)},
            {"bias": (3, 4, 4)},
            {"to": [4, 3, 4, 10]},
        ),
        [
            ("reshape", {"to": "4x120"}),
            ("matmul", {"transpose": True, "heads": 12}),
            ("reshape", {"to": "4x4x4x3"}),
            ("parameter", {"shape": "1x4x4x3"}),
            ("add", {}),
            ("softmax", {}),
            ("reshape", {"to": "4x48"}),
            ("matmul", {"heads": 12}),
            ("reshape", {"to": "4x4x10x3"}),
        ],
        "4x4x10x3",
        2 * 12 * 4 * 4 * 10,
        48,
    ),
]


@pytest.mark.parametrize(("made", "layers", "output", "multiplies", "params"), MORE)
def test_more_operations(made, layers, output, multiplies, params):
    found = read_of(made)
    assert found.layers == layers
    assert (found.output, found.multiplies, found.params) == (output, multiplies, params)
