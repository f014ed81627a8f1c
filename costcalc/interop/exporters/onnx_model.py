"""A network as an ONNX model: N×C×H×W, a node or a few for each primitive, weights that are one number everywhere.

The weights are made by ConstantOfShape nodes, so that the file is small, and still runs. Source of the operations:
https://onnx.ai/onnx/operators, operator set 21.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from costcalc.errors import CostcalcError
from costcalc.layers.fields import padding_per_axis, per_axis
from costcalc.network import Network, Node
from costcalc.shape import Shape

MISSING = "writing ONNX needs the onnx package: pip install 'costcalc[onnx]'"
OPSET, IR_VERSION = 21, 10
_WEIGHT = 0.01
_FLOAT, _INT64 = 1, 7
Dims = tuple[int, ...]


def export(network: Network) -> bytes:
    """The model as bytes. Raises CostcalcError where onnx is missing, or has nothing for a layer."""
    onnx = _onnx()
    writer = _OnnxWriter(network)
    writer.write()
    helper = onnx.helper
    names = list(network.inputs)
    shape = writer.dims(network.shape(network.output))
    output = writer.names[network.output] if network.output >= 0 else names[~network.output]
    graph = helper.make_graph(
        [
            helper.make_node(kind, inputs, outputs, name=name, **more)
            for kind, inputs, outputs, name, more in writer.nodes
        ],
        network.name or "network",
        [helper.make_tensor_value_info(name, _FLOAT, writer.dims(network.inputs[name])) for name in names],
        [helper.make_tensor_value_info(output, _FLOAT, shape)],
        [helper.make_tensor(name, _INT64, [len(values)], values) for values, name in writer.numbers.items()],
    )
    from costcalc import __version__

    model = helper.make_model(
        graph,
        producer_name="costcalc",
        producer_version=__version__,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    data: bytes = model.SerializeToString()
    return data


def _onnx() -> Any:
    try:
        return import_module("onnx")
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        raise CostcalcError(MISSING) from None


class _OnnxWriter:
    """The nodes so far, as (operation, inputs, outputs, name, attributes)."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes: list[tuple[str, list[str], list[str], str, dict[str, Any]]] = []
        self.numbers: dict[tuple[int, ...], str] = {}
        self.names: list[str] = []
        self._weights: dict[tuple[int, str], str] = {}
        self._count = 0

    def write(self) -> None:
        """Add the nodes of every layer."""
        for index, node in enumerate(self.network.nodes):
            step = _Step(self, node, index)
            kind = node.layer.type
            writer = _WRITERS.get(kind)
            if writer is None:
                raise CostcalcError(f"{node.path}: ONNX has no operation for {kind}")
            self.names.append(writer(step))

    def name_of(self, index: int) -> str:
        """What a node's output is called, or a network's input."""
        return self.names[index] if index >= 0 else list(self.network.inputs)[~index]

    def dims(self, shape: Shape) -> Dims:
        """A shape as ONNX has it: one example, channels first."""
        return (1, shape.channels, *shape.spatial)

    def node(self, kind: str, inputs: Sequence[str], name: str, outputs: int = 1, **attributes: Any) -> str:
        """Add a node; the name of its (first) output."""
        self._count += 1
        made = [
            f"{name}:{self._count}.{number}" if number else f"{name}:{self._count}"
            for number in range(outputs)
        ]
        self.nodes.append((kind, list(inputs), made, name, attributes))
        return made[0]

    def ints(self, *values: int) -> str:
        """A tensor of whole numbers, made once."""
        return self.numbers.setdefault(values, f"ints{'_'.join(map(str, values))[:60]}.{len(self.numbers)}")

    def filled(self, name: str, dims: Dims, value: float = _WEIGHT) -> str:
        """A tensor of one number everywhere."""
        tensor = _onnx().helper.make_tensor("value", _FLOAT, [1], [value])
        return self.node("ConstantOfShape", [self.ints(*dims)], name, value=tensor)


class _Step:
    """One primitive on its way."""

    def __init__(self, writer: _OnnxWriter, node: Node, index: int) -> None:
        self.writer = writer
        self.node = node
        self.layer: Any = node.layer
        self.source: Shape = node.input_shapes[0] if node.input_shapes else Shape((), 1)
        self.output = node.output
        self.inputs = [writer.name_of(source) for source in node.inputs]
        self._index = index

    @property
    def rank(self) -> int:
        """How many spatial axes its input has."""
        return len(self.source.spatial)

    def make(self, kind: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> str:
        """Add a node under the layer's own name."""
        return self.writer.node(kind, inputs, self.node.path, outputs, **attributes)

    def weight(self, name: str, *dims: int) -> str:
        """A weight; of a layer that shares another's, that one's."""
        owner = self._index if self.node.shares is None else self.node.shares
        known = self.writer._weights
        if (owner, name) not in known:
            path = self.writer.network.nodes[owner].path
            known[owner, name] = self.writer.filled(f"{path}.{name}", dims)
        return known[owner, name]

    def reshaped(self, name: str, *dims: int) -> str:
        """A tensor under other dims."""
        return self.make("Reshape", [name, self.writer.ints(*dims)])

    def transposed(self, name: str, *order: int) -> str:
        """A tensor with its axes in another order."""
        return self.make("Transpose", [name], perm=list(order))

    def channels_last(self, name: str) -> str:
        """N×C×… as N×…×C."""
        return self.transposed(name, 0, *range(2, self.rank + 2), 1) if self.rank else name

    def channels_first(self, name: str) -> str:
        """N×…×C as N×C×…."""
        return self.transposed(name, 0, self.rank + 1, *range(1, self.rank + 1)) if self.rank else name


def _window(step: _Step) -> dict[str, Any]:
    layer, rank = step.layer, step.rank
    stride = layer.kernel_size if getattr(layer, "stride", None) is None else layer.stride
    found: dict[str, Any] = {
        "kernel_shape": list(per_axis(layer.kernel_size, rank, "kernel_size")),
        "strides": list(per_axis(stride, rank, "stride")),
    }
    if hasattr(layer, "dilation"):
        found["dilations"] = list(per_axis(layer.dilation, rank, "dilation"))
    if layer.padding == "same":
        return {**found, "auto_pad": "SAME_UPPER"}
    pads = padding_per_axis(layer.padding, rank)
    return {**found, "pads": [before for before, _ in pads] + [after for _, after in pads]}


def _conv(step: _Step) -> str:
    groups = step.source.channels if step.layer.type == "depthwise_conv" else step.layer.groups
    window = _window(step)
    out, per_group = step.output.channels, step.source.channels // groups
    inputs = [*step.inputs, step.weight("weight", out, per_group, *window["kernel_shape"])]
    if step.layer.bias:
        inputs.append(step.weight("bias", out))
    return step.make("Conv", inputs, group=groups, **window)


def _conv_transpose(step: _Step) -> str:
    window = _window(step)
    out = step.output.channels
    kernel = window["kernel_shape"]
    inputs = [*step.inputs, step.weight("weight", step.source.channels, out // step.layer.groups, *kernel)]
    if step.layer.bias:
        inputs.append(step.weight("bias", out))
    if step.layer.padding == "same":
        window["output_shape"] = list(step.output.spatial)
    else:
        window["output_padding"] = list(per_axis(step.layer.output_padding, step.rank, "output_padding"))
    return step.make("ConvTranspose", inputs, group=step.layer.groups, **window)


def _linear(step: _Step) -> str:
    features, channels = step.layer.out_features, step.source.channels
    bias = [step.weight("bias", features)] if step.layer.bias else []
    if not step.layer.per_position:
        flat = step.make("Flatten", step.inputs) if step.rank else step.inputs[0]
        return step.make("Gemm", [flat, step.weight("weight", features, channels), *bias], transB=1)
    last = step.channels_last(step.inputs[0])
    product = step.make("MatMul", [last, step.weight("weight", channels, features)])
    return step.channels_first(step.make("Add", [product, *bias]) if bias else product)


def _matmul(step: _Step) -> str:
    """Positions × channels by heads: 1×h×P×C/h each."""
    heads = step.layer.heads
    left, right = step.node.input_shapes
    one = step.reshaped(step.inputs[0], 1, heads, left.channels // heads, left.positions)
    other = step.reshaped(step.inputs[1], 1, heads, right.channels // heads, right.positions)
    one = step.transposed(one, 0, 1, 3, 2)
    if not step.layer.transpose:
        other = step.transposed(other, 0, 1, 3, 2)
    product = step.transposed(step.make("MatMul", [one, other]), 0, 1, 3, 2)
    return step.reshaped(product, *step.writer.dims(step.output))


def _parameter(step: _Step) -> str:
    dims = step.writer.dims(step.output)
    if step.layer.trainable:
        return step.weight("parameter", *dims)
    number = step.make("Constant", [], value_float=_WEIGHT)
    return step.make("Expand", [number, step.writer.ints(*dims)])


def _scale_and_shift(step: _Step) -> list[str]:
    """The weight and bias of a norm, or neither. Raises CostcalcError where it has one of them: ONNX has both."""
    if isinstance(step.layer.affine, str):
        raise CostcalcError(
            f"{step.node.path}: ONNX has no {step.layer.type} with affine: {step.layer.affine}"
        )
    names = ("weight", "bias") if step.layer.affine else ()
    return [step.weight(name, step.source.channels) for name in names]


def _batch_norm(step: _Step) -> str:
    affine = _scale_and_shift(step)
    if not affine:
        raise CostcalcError(f"{step.node.path}: ONNX has no batch_norm with affine: false")
    statistics = [step.weight(name, step.source.channels) for name in ("mean", "variance")]
    return step.make("BatchNormalization", [*step.inputs, *affine, *statistics])


def _layer_norm(step: _Step) -> str:
    last = step.channels_last(step.inputs[0])
    affine = _scale_and_shift(step)
    if affine:
        return step.channels_first(step.make("LayerNormalization", [last, *affine], axis=-1))
    return step.channels_first(_standardised(step, last))


def _standardised(step: _Step, name: str) -> str:
    """(x − μ)/√(σ² + ε) along the last axis, in its parts."""
    axes = step.writer.ints(-1)
    centred = step.make("Sub", [name, step.make("ReduceMean", [name, axes])])
    variance = step.make("ReduceMean", [step.make("Mul", [centred, centred]), axes])
    epsilon = step.writer.filled(f"{step.node.path}.epsilon", (1,), 1e-5)
    return step.make("Div", [centred, step.make("Sqrt", [step.make("Add", [variance, epsilon])])])


def _group_norm(step: _Step) -> str:
    groups = step.layer.groups
    affine = _scale_and_shift(step)
    if affine:
        return step.make("GroupNormalization", [*step.inputs, *affine], num_groups=groups)
    grouped = step.reshaped(step.inputs[0], 1, groups, -1)
    normed = step.make("InstanceNormalization", [grouped, *_ones_and_zeros(step, groups)])
    return step.reshaped(normed, *step.writer.dims(step.output))


def _instance_norm(step: _Step) -> str:
    affine = _scale_and_shift(step) or _ones_and_zeros(step, step.source.channels)
    return step.make("InstanceNormalization", [*step.inputs, *affine])


def _ones_and_zeros(step: _Step, count: int) -> list[str]:
    """The scale and shift of a norm that has none, as constants: operators must be given them."""
    return [step.make("Constant", [], value_floats=[value] * count) for value in (1.0, 0.0)]


def _prelu(step: _Step) -> str:
    dims = (1,) if step.layer.shared else (step.source.channels, *(1,) * step.rank)
    return step.make("PRelu", [*step.inputs, step.weight("slope", *dims)])


def _simple(kind: str, **attributes: Any) -> Callable[[_Step], str]:
    return lambda step: step.make(kind, step.inputs, **attributes)


def _relu6(step: _Step) -> str:
    limits = [step.writer.filled(f"{step.node.path}.{value:.0f}", (), value) for value in (0.0, 6.0)]
    return step.make("Clip", [*step.inputs, *limits])


def _swish(step: _Step) -> str:
    return step.make("Mul", [*step.inputs, step.make("Sigmoid", step.inputs)])


def _softmax(kind: str) -> Callable[[_Step], str]:
    return lambda step: step.make(kind, step.inputs, axis=1)


def _pool(kind: str) -> Callable[[_Step], str]:
    def write(step: _Step) -> str:
        return step.make(kind, step.inputs, ceil_mode=int(step.layer.ceil_mode), **_window(step))

    return write


def _global_pool(kind: str) -> Callable[[_Step], str]:
    return lambda step: step.make(kind if step.rank else "Identity", step.inputs)


def _adaptive(step: _Step) -> str:
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


def _adaptive_pool(step: _Step) -> str:
    sizes, wanted = step.source.spatial, step.output.spatial
    if any(size % want for size, want in zip(sizes, wanted, strict=True)):
        return _adaptive(step)
    kernel = [size // want for size, want in zip(sizes, wanted, strict=True)]
    return step.make("AveragePool", step.inputs, kernel_shape=kernel, strides=kernel)


def _reshape(step: _Step) -> str:
    return step.reshaped(step.inputs[0], *step.writer.dims(step.output))


def _lrn(step: _Step) -> str:
    return step.make("LRN", step.inputs, size=step.layer.size)


def _pad(step: _Step) -> str:
    pads = [(0, 0), step.layer.channels, *padding_per_axis(step.layer.padding, step.rank)]
    numbers = [before for before, _ in pads] + [after for _, after in pads]
    return step.make("Pad", [*step.inputs, step.writer.ints(*numbers)])


_RESIZE = {"nearest": "nearest", "area": "nearest", "bicubic": "cubic"}


def _upsample(step: _Step) -> str:
    sizes = step.writer.ints(*step.writer.dims(step.output))
    return step.make("Resize", [*step.inputs, "", "", sizes], mode=_RESIZE.get(step.layer.mode, "linear"))


def _channel_shuffle(step: _Step) -> str:
    groups, channels = step.layer.groups, step.source.channels
    apart = step.reshaped(step.inputs[0], 1, groups, channels // groups, *step.source.spatial)
    dealt = step.transposed(apart, 0, 2, 1, *range(3, 3 + step.rank))
    return step.reshaped(dealt, *step.writer.dims(step.output))


def _slice(step: _Step) -> str:
    layer, channels = step.layer, step.source.channels
    intervals: list[tuple[int, int]] = [(0, channels), *((0, size) for size in step.source.spatial)]
    if layer.of is not None:
        part = channels // layer.of
        intervals[0] = ((layer.part - 1) * part, layer.part * part)
    elif layer.channels is not None:
        intervals[0] = layer.channels
    if layer.spatial is not None:
        pieces = layer.spatial * step.rank if len(layer.spatial) == 1 else layer.spatial
        intervals[1:] = pieces
    writer = step.writer
    starts, stops = (writer.ints(*(each[at] for each in intervals)) for at in (0, 1))
    return step.make("Slice", [*step.inputs, starts, stops, writer.ints(*range(1, 1 + len(intervals)))])


def _gather(step: _Step) -> str:
    flat = step.reshaped(step.inputs[0], 1, step.source.channels, step.source.positions)
    places = [index % step.source.positions for index in range(step.layer.positions)]
    return step.make("Gather", [flat, step.writer.ints(*places)], axis=2)


def _joined(kind: str) -> Callable[[_Step], str]:
    def write(step: _Step) -> str:
        rank = len(step.output.spatial)
        inputs = [
            name if len(shape.spatial) == rank else step.reshaped(name, 1, shape.channels, *(1,) * rank)
            for name, shape in zip(step.inputs, step.node.input_shapes, strict=True)
        ]
        total = inputs[0]
        for more in inputs[1:]:
            total = step.make(kind, [total, more])
        return total

    return write


def _concat(step: _Step) -> str:
    axes = ("depth", "height", "width")[3 - step.rank :]
    axis = 1 if step.layer.axis == "channels" else 2 + axes.index(step.layer.axis)
    return step.make("Concat", step.inputs, axis=axis)


_WRITERS: Mapping[str, Callable[[_Step], str]] = {
    "conv": _conv,
    "depthwise_conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": _linear,
    "matmul": _matmul,
    "parameter": _parameter,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "relu": _simple("Relu"),
    "relu6": _relu6,
    "leaky_relu": _simple("LeakyRelu"),
    "prelu": _prelu,
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
    "max_pool": _pool("MaxPool"),
    "avg_pool": _pool("AveragePool"),
    "global_avg_pool": _global_pool("GlobalAveragePool"),
    "global_max_pool": _global_pool("GlobalMaxPool"),
    "adaptive_avg_pool": _adaptive_pool,
    "flatten": _simple("Flatten"),
    "reshape": _reshape,
    "dropout": _simple("Dropout"),
    "lrn": _lrn,
    "pad": _pad,
    "upsample": _upsample,
    "channel_shuffle": _channel_shuffle,
    "slice": _slice,
    "gather": _gather,
    "add": _joined("Add"),
    "multiply": _joined("Mul"),
    "concat": _concat,
}
