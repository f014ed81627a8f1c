"""What each kind is in ONNX, a function for each: it adds the nodes, and gives the name of their output.

Source: https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.kinds import AXIS_NAMES, Windowed, intervals_of, of, window_of
from costcalc.interop.exporters.onnx_model.graph import WEIGHT, NodeWriter
from costcalc.layers.channel_shuffle import ChannelShuffle
from costcalc.layers.concat import Concat
from costcalc.layers.conv import Conv
from costcalc.layers.conv_transpose import ConvTranspose
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.fields import padding_per_axis, per_axis
from costcalc.layers.gather import Gather
from costcalc.layers.group_norm import GroupNorm
from costcalc.layers.instance_norm import InstanceNorm
from costcalc.layers.linear import Linear
from costcalc.layers.lrn import Lrn
from costcalc.layers.matmul import Matmul
from costcalc.layers.norm import Norm
from costcalc.layers.pad import Pad
from costcalc.layers.parameter import Parameter
from costcalc.layers.pool import Pool
from costcalc.layers.prelu import Prelu
from costcalc.layers.slice import Slice
from costcalc.layers.upsample import Upsample


def _window(step: NodeWriter, layer: Windowed) -> dict[str, Any]:
    rank = step.rank
    window = window_of(layer, rank)
    found: dict[str, Any] = {"kernel_shape": list(window.kernel), "strides": list(window.stride)}
    if not isinstance(layer, Pool) or set(window.dilation) != {1}:
        found["dilations"] = list(window.dilation)
    if layer.padding == "same":
        return {**found, "auto_pad": "SAME_UPPER"}
    pads = padding_per_axis(layer.padding, rank)
    return {**found, "pads": [before for before, _ in pads] + [after for _, after in pads]}


def _conv(step: NodeWriter, layer: Conv) -> str:
    return _convolution(step, layer, layer.groups)


def _depthwise(step: NodeWriter, layer: DepthwiseConv) -> str:
    return _convolution(step, layer, step.source.channels)


def _convolution(step: NodeWriter, layer: Conv | DepthwiseConv, groups: int) -> str:
    window = _window(step, layer)
    out, per_group = step.output.channels, step.source.channels // groups
    inputs = [*step.inputs, step.weight("weight", out, per_group, *window["kernel_shape"])]
    if layer.bias:
        inputs.append(step.weight("bias", out))
    return step.make("Conv", inputs, group=groups, **window)


def _conv_transpose(step: NodeWriter, layer: ConvTranspose) -> str:
    window = _window(step, layer)
    out = step.output.channels
    kernel = window["kernel_shape"]
    inputs = [*step.inputs, step.weight("weight", step.source.channels, out // layer.groups, *kernel)]
    if layer.bias:
        inputs.append(step.weight("bias", out))
    if layer.padding == "same":
        window["output_shape"] = list(step.output.spatial)
    else:
        window["output_padding"] = list(per_axis(layer.output_padding, step.rank, "output_padding"))
    return step.make("ConvTranspose", inputs, group=layer.groups, **window)


def _linear(step: NodeWriter, layer: Linear) -> str:
    features, channels = layer.out_features, step.source.channels
    bias = [step.weight("bias", features)] if layer.bias else []
    if not layer.per_position:
        flat = step.make("Flatten", step.inputs) if step.rank else step.inputs[0]
        return step.make("Gemm", [flat, step.weight("weight", features, channels), *bias], transB=1)
    last = step.channels_last(step.inputs[0])
    product = step.make("MatMul", [last, step.weight("weight", channels, features)])
    return step.channels_first(step.make("Add", [product, *bias]) if bias else product)


def _matmul(step: NodeWriter, layer: Matmul) -> str:
    """Positions × channels by heads: 1×h×P×C/h each."""
    heads = layer.heads
    left, right = step.node.input_shapes
    one = step.reshaped(step.inputs[0], 1, heads, left.channels // heads, left.positions)
    other = step.reshaped(step.inputs[1], 1, heads, right.channels // heads, right.positions)
    one = step.transposed(one, 0, 1, 3, 2)
    if not layer.transpose:
        other = step.transposed(other, 0, 1, 3, 2)
    product = step.transposed(step.make("MatMul", [one, other]), 0, 1, 3, 2)
    return step.reshaped(product, *step.writer.dims(step.output))


def _parameter(step: NodeWriter, layer: Parameter) -> str:
    dims = step.writer.dims(step.output)
    if layer.trainable:
        return step.weight("parameter", *dims)
    number = step.make("Constant", [], value_float=WEIGHT)
    return step.make("Expand", [number, step.writer.ints(*dims)])


def _scale_and_shift(step: NodeWriter, layer: Norm) -> list[str]:
    """The weight and bias of a norm, or neither. Raises CostcalcError where it has one of them: ONNX has both."""
    if isinstance(layer.affine, str):
        raise CostcalcError(f"{step.node.path}: ONNX has no {layer.type} with affine: {layer.affine}")
    names = ("weight", "bias") if layer.affine else ()
    return [step.weight(name, step.source.channels) for name in names]


def _batch_norm(step: NodeWriter, layer: Norm) -> str:
    affine = _scale_and_shift(step, layer)
    if not affine:
        raise CostcalcError(f"{step.node.path}: ONNX has no batch_norm with affine: false")
    statistics = [step.weight(name, step.source.channels) for name in ("mean", "variance")]
    return step.make("BatchNormalization", [*step.inputs, *affine, *statistics])


def _layer_norm(step: NodeWriter, layer: Norm) -> str:
    last = step.channels_last(step.inputs[0])
    affine = _scale_and_shift(step, layer)
    if affine:
        return step.channels_first(step.make("LayerNormalization", [last, *affine], axis=-1))
    return step.channels_first(_standardised(step, last))


def _standardised(step: NodeWriter, name: str) -> str:
    """(x − μ)/√(σ² + ε) along the last axis, in its parts."""
    axes = step.writer.ints(-1)
    centred = step.make("Sub", [name, step.make("ReduceMean", [name, axes])])
    variance = step.make("ReduceMean", [step.make("Mul", [centred, centred]), axes])
    epsilon = step.writer.filled(f"{step.node.path}.epsilon", (1,), 1e-5)
    return step.make("Div", [centred, step.make("Sqrt", [step.make("Add", [variance, epsilon])])])


def _group_norm(step: NodeWriter, layer: GroupNorm) -> str:
    affine = _scale_and_shift(step, layer)
    if affine:
        return step.make("GroupNormalization", [*step.inputs, *affine], num_groups=layer.groups)
    grouped = step.reshaped(step.inputs[0], 1, layer.groups, -1)
    normed = step.make("InstanceNormalization", [grouped, *_ones_and_zeros(step, layer.groups)])
    return step.reshaped(normed, *step.writer.dims(step.output))


def _instance_norm(step: NodeWriter, layer: InstanceNorm) -> str:
    affine = _scale_and_shift(step, layer) or _ones_and_zeros(step, step.source.channels)
    return step.make("InstanceNormalization", [*step.inputs, *affine])


def _ones_and_zeros(step: NodeWriter, count: int) -> list[str]:
    """The scale and shift of a norm that has none, as constants: operators must be given them."""
    return [step.make("Constant", [], value_floats=[value] * count) for value in (1.0, 0.0)]


def _prelu(step: NodeWriter, layer: Prelu) -> str:
    dims = (1,) if layer.shared else (step.source.channels, *(1,) * step.rank)
    return step.make("PRelu", [*step.inputs, step.weight("slope", *dims)])


def _simple(kind: str, **attributes: Any) -> Callable[[NodeWriter], str]:
    return lambda step: step.make(kind, step.inputs, **attributes)


def _relu6(step: NodeWriter) -> str:
    limits = [step.writer.filled(f"{step.node.path}.{value:.0f}", (), value) for value in (0.0, 6.0)]
    return step.make("Clip", [*step.inputs, *limits])


def _swish(step: NodeWriter) -> str:
    return step.make("Mul", [*step.inputs, step.make("Sigmoid", step.inputs)])


def _softmax(kind: str) -> Callable[[NodeWriter], str]:
    return lambda step: step.make(kind, step.inputs, axis=1)


def _pool(step: NodeWriter, layer: Pool) -> str:
    kind = "MaxPool" if layer.type == "max_pool" else "AveragePool"
    if kind == "AveragePool" and set(window_of(layer, step.rank).dilation) != {1}:
        raise CostcalcError(f"{step.node.path}: ONNX has no dilated avg_pool")
    return step.make(kind, step.inputs, ceil_mode=int(layer.ceil_mode), **_window(step, layer))


def _global_pool(kind: str) -> Callable[[NodeWriter], str]:
    return lambda step: step.make(kind if step.rank else "Identity", step.inputs)


def _adaptive(step: NodeWriter) -> str:
    """Windows that are all of one size are a pool; others a mean each, put together axis by axis."""
    name = step.inputs[0]
    for axis, (size, wanted) in enumerate(zip(step.source.spatial, step.output.spatial, strict=True)):
        edges = [(index * size // wanted, -(-(index + 1) * size // wanted)) for index in range(wanted)]
        writer = step.writer
        parts = [
            step.make(
                "ReduceMean",
                [
                    step.make("Slice", [name, writer.ints(start), writer.ints(stop), writer.ints(axis + 2)]),
                    writer.ints(axis + 2),
                ],
            )
            for start, stop in edges
        ]
        name = step.make("Concat", parts, axis=axis + 2) if len(parts) > 1 else parts[0]
    return name


def _adaptive_pool(step: NodeWriter) -> str:
    sizes, wanted = step.source.spatial, step.output.spatial
    if any(size % want for size, want in zip(sizes, wanted, strict=True)):
        return _adaptive(step)
    kernel = [size // want for size, want in zip(sizes, wanted, strict=True)]
    return step.make("AveragePool", step.inputs, kernel_shape=kernel, strides=kernel)


def _reshape(step: NodeWriter) -> str:
    return step.reshaped(step.inputs[0], *step.writer.dims(step.output))


def _lrn(step: NodeWriter, layer: Lrn) -> str:
    return step.make("LRN", step.inputs, size=layer.size)


def _pad(step: NodeWriter, layer: Pad) -> str:
    pads = [(0, 0), layer.channels, *padding_per_axis(layer.padding, step.rank)]
    numbers = [before for before, _ in pads] + [after for _, after in pads]
    return step.make("Pad", [*step.inputs, step.writer.ints(*numbers)])


_RESIZE = {"nearest": "nearest", "area": "nearest", "bicubic": "cubic"}


def _upsample(step: NodeWriter, layer: Upsample) -> str:
    sizes = step.writer.ints(*step.writer.dims(step.output))
    return step.make("Resize", [*step.inputs, "", "", sizes], mode=_RESIZE.get(layer.mode, "linear"))


def _channel_shuffle(step: NodeWriter, layer: ChannelShuffle) -> str:
    groups, channels = layer.groups, step.source.channels
    apart = step.reshaped(step.inputs[0], 1, groups, channels // groups, *step.source.spatial)
    dealt = step.transposed(apart, 0, 2, 1, *range(3, 3 + step.rank))
    return step.reshaped(dealt, *step.writer.dims(step.output))


def _slice(step: NodeWriter, layer: Slice) -> str:
    intervals, writer = intervals_of(layer, step.source), step.writer
    starts, stops = (writer.ints(*(each[at] for each in intervals)) for at in (0, 1))
    return step.make("Slice", [*step.inputs, starts, stops, writer.ints(*range(1, 1 + len(intervals)))])


def _gather(step: NodeWriter, layer: Gather) -> str:
    flat = step.reshaped(step.inputs[0], 1, step.source.channels, step.source.positions)
    places = [index % step.source.positions for index in range(layer.positions)]
    return step.make("Gather", [flat, step.writer.ints(*places)], axis=2)


def _concat(step: NodeWriter, layer: Concat) -> str:
    axes = AXIS_NAMES[3 - step.rank :]
    axis = 1 if layer.axis == "channels" else 2 + axes.index(layer.axis)
    return step.make("Concat", step.inputs, axis=axis)


WRITERS: Mapping[str, Callable[[NodeWriter], str]] = {
    "conv": of(Conv, _conv),
    "depthwise_conv": of(DepthwiseConv, _depthwise),
    "conv_transpose": of(ConvTranspose, _conv_transpose),
    "linear": of(Linear, _linear),
    "matmul": of(Matmul, _matmul),
    "parameter": of(Parameter, _parameter),
    "batch_norm": of(Norm, _batch_norm),
    "layer_norm": of(Norm, _layer_norm),
    "group_norm": of(GroupNorm, _group_norm),
    "instance_norm": of(InstanceNorm, _instance_norm),
    "relu": _simple("Relu"),
    "relu6": _relu6,
    "leaky_relu": _simple("LeakyRelu"),
    "prelu": of(Prelu, _prelu),
    "elu": _simple("Elu"),
    "selu": _simple("Selu"),
    "sigmoid": _simple("Sigmoid"),
    "hard_sigmoid": _simple("HardSigmoid", alpha=1 / 6, beta=0.5),
    "tanh": _simple("Tanh"),
    "swish": _swish,
    "hard_swish": _simple("HardSwish"),
    "gelu": _simple("Gelu"),
    "mish": _simple("Mish"),
    "softplus": _simple("Softplus"),
    "softmax": _softmax("Softmax"),
    "log_softmax": _softmax("LogSoftmax"),
    "max_pool": of(Pool, _pool),
    "avg_pool": of(Pool, _pool),
    "global_avg_pool": _global_pool("GlobalAveragePool"),
    "global_max_pool": _global_pool("GlobalMaxPool"),
    "adaptive_avg_pool": _adaptive_pool,
    "flatten": _simple("Flatten"),
    "reshape": _reshape,
    "dropout": _simple("Dropout"),
    "lrn": of(Lrn, _lrn),
    "pad": of(Pad, _pad),
    "upsample": of(Upsample, _upsample),
    "channel_shuffle": of(ChannelShuffle, _channel_shuffle),
    "slice": of(Slice, _slice),
    "gather": of(Gather, _gather),
    "concat": of(Concat, _concat),
}
