"""Convolutions and pools: a window that slides over a map with its channels last."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tflite_model.schema import PADDINGS
from costcalc.interop.importers.tflite_model.translation import OperatorWriter


def conv(op: OperatorWriter) -> None:
    """CONV_2D and CONV_3D: weights C_out×…×C_in/g, or …×C_in/g×C_out in three axes."""
    rank = _rank(op, 0)
    weights = op.shape(1)
    if len(weights) != rank:
        raise RefusedError(f"slides weights of shape {list(weights)} over {rank - 2} axes")
    three = op.type == "CONV_3D"
    order, inner = ([4, 3, 0, 1, 2], 3) if three else ([0, 3, 1, 2], 3)
    channels = op.shape(0)[-1]
    if not weights[inner] or channels % weights[inner]:
        raise RefusedError(f"its weights take {weights[inner]} channels, but {channels} come in")
    _convolved(op, order, channels // weights[inner])


def depthwise(op: OperatorWriter) -> None:
    """DEPTHWISE_CONV_2D: weights 1×…×C_out."""
    if len(op.shape(1)) != 4 or op.shape(1)[0] != 1:
        raise RefusedError(f"has weights of shape {list(op.shape(1))}")
    _rank(op, 0)
    _convolved(op, [3, 0, 1, 2], op.shape(0)[-1])


def _convolved(op: OperatorWriter, order: list[int], groups: int) -> None:
    rank = len(op.shape(0))
    weight = op.add("Transpose", [op.input(1)], perm=order)
    given = [op.first(op.input(0), rank), weight, *op.bias(2)]
    made = op.add("Conv", given, group=groups, **_window(op, rank - 2))
    op.finish(op.last(made, rank))


def _window(op: OperatorWriter, axes: int) -> dict[str, Any]:
    """Padding, stride and dilation, from the first axis."""
    words = ("d", "h", "w")[-axes:]
    stride = [op.options[f"stride_{word}"] for word in words]
    dilation = [op.options.get(f"dilation_{word}_factor", 1) for word in words]
    if min(*stride, *dilation) < 1:
        raise RefusedError(f"has a stride of {stride} and a dilation of {dilation}")
    if "pads" in op.options:
        top, bottom, left, right = op.options["pads"]
        return {"pads": [top, left, bottom, right], "strides": stride, "dilations": dilation}
    return {"auto_pad": _padding(op.options["padding"]), "strides": stride, "dilations": dilation}


def _padding(code: int) -> str:
    if not 0 <= code < len(PADDINGS):
        raise RefusedError(f"has the padding {code}: neither SAME (0) nor VALID (1)")
    return PADDINGS[code]


def _rank(op: OperatorWriter, index: int) -> int:
    rank = len(op.shape(index))
    wanted = 5 if op.type == "CONV_3D" else 4
    if rank != wanted:
        raise RefusedError(f"takes a map of {wanted} axes, not a tensor of shape {list(op.shape(index))}")
    return rank


def conv_transpose(op: OperatorWriter) -> None:
    """TRANSPOSE_CONV: the sizes of its output, weights C_out×…×C_in, then the map, then the biases."""
    window = _window(op, 2)
    _transposed(op, 2, 3, window["strides"], window["auto_pad"])


def mediapipe_conv_transpose(op: OperatorWriter) -> None:
    """Convolution2DTransposeBias of MediaPipe: the map, the weights, the biases; options as three numbers.

    Source: mediapipe/util/tflite/operations/transpose_conv_bias.cc: TfLiteTransposeConvParams is padding (1 same,
    2 valid), then the strides along width and height.
    """
    if len(op.operator.custom) < 12:
        raise RefusedError("has no padding and stride in its options")
    padding, width, height = struct.unpack_from("<3i", op.operator.custom)
    if min(width, height) < 1:
        raise RefusedError(f"has a stride of {[height, width]}")
    _transposed(op, 0, 2, [height, width], _padding(padding - 1))


def _transposed(op: OperatorWriter, at: int, bias: int, stride: Sequence[int], padding: str) -> None:
    _four(op, at)
    _four(op, 1)
    weight = op.add("Transpose", [op.input(1)], perm=[3, 0, 1, 2])
    given = [op.first(op.input(at), 4), weight, *op.bias(bias)]
    have, out = op.shape(at)[1:3], op.result().shape[1:3]
    if len(out) != 2:
        raise RefusedError(f"makes a tensor of shape {list(op.result().shape)}")
    same = padding == "SAME_UPPER" and list(out) == [
        size * step for size, step in zip(have, stride, strict=True)
    ]
    placing: dict[str, Any] = {"auto_pad": padding} if same else {"output_shape": list(out)}
    op.finish(op.last(op.add("ConvTranspose", given, strides=list(stride), **placing), 4))


def _four(op: OperatorWriter, index: int) -> None:
    if len(op.shape(index)) != 4:
        raise RefusedError(f"takes a map of two axes, not a tensor of shape {list(op.shape(index))}")


def pool(op: OperatorWriter) -> None:
    """AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D; over the whole map it is the global one."""
    _four(op, 0)
    kernel = [op.options["filter_height"], op.options["filter_width"]]
    word = _POOLS[op.type]
    window = _window(op, 2)
    given = [op.first(op.input(0), 4)]
    valid = window["auto_pad"] == "VALID" or window["strides"] == kernel
    if kernel == list(op.shape(0)[1:3]) and valid:
        op.finish(op.last(op.add(f"Global{word}Pool", given), 4))
        return
    del window["dilations"]
    op.finish(op.last(op.add(f"{word}Pool", given, kernel_shape=kernel, **window), 4))


_POOLS = {"AVERAGE_POOL_2D": "Average", "MAX_POOL_2D": "Max", "L2_POOL_2D": "Lp"}

HANDLERS: dict[str, Callable[[OperatorWriter], None]] = {
    "CONV_2D": conv,
    "CONV_3D": conv,
    "DEPTHWISE_CONV_2D": depthwise,
    "TRANSPOSE_CONV": conv_transpose,
    "custom:Convolution2DTransposeBias": mediapipe_conv_transpose,
    **dict.fromkeys(_POOLS, pool),
}
