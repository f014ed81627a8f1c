"""What each kind is in Keras: channels last, a layer or two.

Source: https://keras.io/api/layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.source.modules import Argument, ModuleCall
from costcalc.interop.exporters.source.program import Leaf
from costcalc.layers.fields import padding_per_axis, per_axis
from costcalc.network import Network, Node
from costcalc.shape import same_padding

Pads = tuple[tuple[int, int], ...]


def leaf_of(network: Network) -> Callable[[Node], Leaf]:
    """What a node of this network is; raises CostcalcError where Keras has nothing for it."""

    def leaf(node: Node) -> Leaf:
        kind = node.layer.type
        if kind in ("add", "multiply"):
            rank = len(node.output.spatial)
            spread = tuple(
                (*(1,) * rank, shape.channels) if len(shape.spatial) < rank else ()
                for shape in node.input_shapes
            )
            return Leaf(kind, (), spread)
        if kind == "concat":
            axis: str = node.layer.axis  # type: ignore[attr-defined]
            rank = len(node.output.spatial)
            place = -1 if axis == "channels" else 1 + ("depth", "height", "width")[3 - rank :].index(axis)
            return Leaf("concat", (), (place,))
        if kind == "parameter":
            shape = Argument("shape", (*node.output.spatial, node.output.channels))
            trainable = Argument("trainable", node.layer.trainable, True)  # type: ignore[attr-defined]
            return Leaf("parameter", (ModuleCall("Parameter", (shape, trainable)),))
        if kind == "softmax":
            return _softmax(network, node)
        calls = _CALLS.get(kind)
        if calls is None:
            raise CostcalcError(f"{node.path}: Keras has no layer for {kind}")
        return Leaf("call", tuple(calls(node, node.layer)))

    return leaf


def _rank(node: Node) -> int:
    return len(node.input_shapes[0].spatial)


def _short(values: Sequence[int]) -> int | tuple[int, ...]:
    return values[0] if len(set(values)) == 1 else tuple(values)


def _call(callee: str, *arguments: Argument) -> list[ModuleCall]:
    return [ModuleCall(callee, arguments)]


def _softmax(network: Network, node: Node) -> Leaf:
    """Over the channels; behind a product of several heads over those of each head."""
    source = network.nodes[node.inputs[0]].layer if node.inputs[0] >= 0 else None
    heads = getattr(source, "heads", 1) if getattr(source, "transpose", False) else 1
    if heads > 1:
        return Leaf("call", (ModuleCall("softmax_by_head", (Argument("heads", heads),)),))
    return Leaf("call", (ModuleCall("layers.Softmax"),))


# Convolutions


def _zeros(pads: Pads, rank: int) -> list[ModuleCall]:
    """Zeros around a map; a negative number cuts."""
    more = tuple((max(before, 0), max(after, 0)) for before, after in pads)
    less = tuple((max(-before, 0), max(-after, 0)) for before, after in pads)
    found = []
    if any(map(any, more)):
        even = all(before == after for before, after in more)
        amounts: Any = _short([before for before, _ in more]) if even else more if rank > 1 else more[0]
        found += _call(f"layers.ZeroPadding{rank}D", Argument("padding", amounts))
    if any(map(any, less)):
        found += _call(f"layers.Cropping{rank}D", Argument("cropping", less if rank > 1 else less[0]))
    return found


def _window(node: Node, layer: Any) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    rank = _rank(node)
    stride = layer.kernel_size if getattr(layer, "stride", None) is None else layer.stride
    dilation = per_axis(getattr(layer, "dilation", 1), rank, "dilation")
    strides = per_axis(stride, rank, "stride")
    if hasattr(layer, "dilation") and max(strides) > 1 and max(dilation) > 1:
        raise CostcalcError(f"{node.path}: Keras has no convolution with both a stride and a dilation")
    return per_axis(layer.kernel_size, rank, "kernel_size"), strides, dilation


def _padding(node: Node, layer: Any) -> tuple[str, list[ModuleCall]]:
    """``same``, if that is what is written or what it comes to; else zeros before the layer."""
    rank = _rank(node)
    kernel, stride, dilation = _window(node, layer)
    if layer.padding == "same":
        return "valid" if set(kernel) == {1} else "same", []
    pads = padding_per_axis(layer.padding, rank)
    same = tuple(map(same_padding, node.input_shapes[0].spatial, kernel, stride, dilation))
    if set(stride) == {1} and pads == same and any(map(any, pads)):
        return "same", []
    return "valid", _zeros(pads, rank)


def _conv(node: Node, layer: Any) -> list[ModuleCall]:
    rank = _rank(node)
    kernel, stride, dilation = _window(node, layer)
    padding, before = _padding(node, layer)
    shared = (
        Argument("strides", _short(stride), 1),
        Argument("padding", padding, "valid"),
        Argument("dilation_rate", _short(dilation), 1),
        Argument("use_bias", layer.bias, True),
    )
    size = Argument("kernel_size", _short(kernel))
    if layer.type == "depthwise_conv" and rank < 3 and len(set(stride)) == 1:
        multiplier = Argument("depth_multiplier", layer.depth_multiplier, 1)
        return [*before, *_call(f"layers.DepthwiseConv{rank}D", size, multiplier, *shared)]
    groups = node.input_shapes[0].channels if layer.type == "depthwise_conv" else layer.groups
    filters = Argument("filters", node.output.channels)
    return [*before, *_call(f"layers.Conv{rank}D", filters, size, Argument("groups", groups, 1), *shared)]


def _conv_transpose(node: Node, layer: Any) -> list[ModuleCall]:
    """Its whole output, cut at both ends as the padding says."""
    rank = _rank(node)
    kernel, stride, dilation = _window(node, layer)
    if layer.groups > 1:
        raise CostcalcError(f"{node.path}: Keras has no transposed convolution with groups (={layer.groups})")
    rest = []
    for axis in range(rank if layer.padding != "same" else 0):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        whole = node.input_shapes[0].spatial[axis] * stride[axis] + max(reach - stride[axis], 0)
        before = padding_per_axis(layer.padding, rank)[axis][0]
        rest.append((-before, node.output.spatial[axis] - whole + before))
    arguments = (
        Argument("filters", layer.out_channels),
        Argument("kernel_size", _short(kernel)),
        Argument("strides", _short(stride), 1),
        Argument("padding", "same" if layer.padding == "same" else "valid", "valid"),
        Argument("dilation_rate", _short(dilation), 1),
        Argument("use_bias", layer.bias, True),
    )
    return [*_call(f"layers.Conv{rank}DTranspose", *arguments), *_zeros(tuple(rest), rank)]


def _linear(node: Node, layer: Any) -> list[ModuleCall]:
    flat = _call("layers.Flatten") if _rank(node) and not layer.per_position else []
    return [
        *flat,
        *_call("layers.Dense", Argument("units", layer.out_features), Argument("use_bias", layer.bias, True)),
    ]


def _matmul(node: Node, layer: Any) -> list[ModuleCall]:
    return _call("product", Argument("heads", layer.heads, 1), Argument("transpose", layer.transpose, False))


# Norms, activations, pools


def _norm(name: str, groups: int | None = None) -> Callable[[Node, Any], list[ModuleCall]]:
    def calls(node: Node, layer: Any) -> list[ModuleCall]:
        parts = getattr(layer, "groups", groups)
        center = Argument("center", layer.affine in (True, "shift"), True)
        return _call(
            f"layers.{name}",
            *(() if parts is None else (Argument("groups", parts),)),
            center,
            Argument("scale", layer.affine in (True, "scale"), True),
        )

    return calls


def _prelu(node: Node, layer: Any) -> list[ModuleCall]:
    axes = tuple(range(1, _rank(node) + (2 if layer.shared else 1)))
    return _call("layers.PReLU", Argument("shared_axes", axes or None, None))


def _activation(name: str) -> Callable[[Node, Any], list[ModuleCall]]:
    return lambda node, layer: _call("layers.Activation", Argument("activation", name))


def _pool(node: Node, layer: Any) -> list[ModuleCall]:
    rank, maximum = _rank(node), layer.type == "max_pool"
    kernel, stride, _ = _window(node, layer)
    before: list[ModuleCall] = []
    padding = layer.padding
    if padding != "same":
        padding = "valid"
        pads = padding_per_axis(layer.padding, rank)
        sizes = zip(pads, node.output.spatial, stride, kernel, node.input_shapes[0].spatial, strict=True)
        exact = tuple(
            (pad[0], max((output - 1) * step + taps - size - pad[0], 0))
            for pad, output, step, taps, size in sizes
        )
        before = _zeros(exact, rank)
        same = tuple(map(same_padding, node.input_shapes[0].spatial, kernel, stride, (1,) * rank))
        if before and maximum and exact == same:
            padding, before = "same", []
        elif before and maximum:
            around = Argument("pads", (*exact, (0, 0)))
            before = _call("padded", around, Argument("value", float("-inf")))
    arguments = (
        Argument("pool_size", _short(kernel)),
        Argument("strides", _short(stride), _short(kernel)),
        Argument("padding", padding, "valid"),
    )
    return [*before, *_call(f"layers.{'Max' if maximum else 'Average'}Pooling{rank}D", *arguments)]


def _global_pool(name: str) -> Callable[[Node, Any], list[ModuleCall]]:
    def calls(node: Node, layer: Any) -> list[ModuleCall]:
        if not _rank(node):
            return _call("layers.Identity")
        return _call(f"layers.Global{name}Pooling{_rank(node)}D", Argument("keepdims", True, False))

    return calls


def _adaptive(node: Node, layer: Any) -> list[ModuleCall]:
    sizes, wanted = node.input_shapes[0].spatial, node.output.spatial
    if not sizes:
        return _call("layers.Identity")
    if any(size % want for size, want in zip(sizes, wanted, strict=True)):
        return _call("pooled_evenly", Argument("sizes", wanted))
    kernel = _short([size // want for size, want in zip(sizes, wanted, strict=True)])
    return _call(f"layers.AveragePooling{len(sizes)}D", Argument("pool_size", kernel))


# Shapes


def _reshape(node: Node, layer: Any) -> list[ModuleCall]:
    return _call("layers.Reshape", Argument("target_shape", (*node.output.spatial, node.output.channels)))


def _pad(node: Node, layer: Any) -> list[ModuleCall]:
    pads = padding_per_axis(layer.padding, _rank(node))
    if any(layer.channels):
        return _call("padded", Argument("pads", (*pads, tuple(layer.channels))), Argument("value", 0.0))
    return _zeros(pads, _rank(node)) or _call("layers.Identity")


def _upsample(node: Node, layer: Any) -> list[ModuleCall]:
    rank, source, output = _rank(node), node.input_shapes[0].spatial, node.output.spatial
    mode = "nearest" if layer.mode == "area" else "bilinear" if "linear" in layer.mode else layer.mode
    if mode != "nearest" and rank != 2:
        raise CostcalcError(
            f"{node.path}: Keras has no upsampling of {rank} axes by {layer.mode} interpolation"
        )
    if all(after % before == 0 for before, after in zip(source, output, strict=True)):
        size = _short([after // before for before, after in zip(source, output, strict=True)])
        interpolation = [] if rank != 2 else [Argument("interpolation", mode, "nearest")]
        return _call(f"layers.UpSampling{rank}D", Argument("size", size), *interpolation)
    if rank != 2:
        raise CostcalcError(f"{node.path}: Keras has no upsampling of {rank} axes that is no whole multiple")
    height, width = output
    return _call(
        "layers.Resizing",
        Argument("height", height),
        Argument("width", width),
        Argument("interpolation", mode, "bilinear"),
    )


def _slice(node: Node, layer: Any) -> list[ModuleCall]:
    source = node.input_shapes[0]
    channels = (0, source.channels)
    if layer.of is not None:
        part = source.channels // layer.of
        channels = ((layer.part - 1) * part, layer.part * part)
    elif layer.channels is not None:
        channels = tuple(layer.channels)
    spatial = [(0, size) for size in source.spatial]
    if layer.spatial is not None:
        spatial = list(layer.spatial * len(spatial) if len(layer.spatial) == 1 else layer.spatial)
    return _call("piece", Argument("intervals", (*map(tuple, spatial), channels)))


def _simple(callee: str, **names: str) -> Callable[[Node, Any], list[ModuleCall]]:
    return lambda node, layer: _call(
        callee, *(Argument(name, getattr(layer, field)) for name, field in names.items())
    )


_CALLS: Mapping[str, Callable[[Node, Any], list[ModuleCall]]] = {
    "conv": _conv,
    "depthwise_conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": _linear,
    "matmul": _matmul,
    "batch_norm": _norm("BatchNormalization"),
    "layer_norm": _norm("LayerNormalization"),
    "group_norm": _norm("GroupNormalization"),
    "instance_norm": _norm("GroupNormalization", groups=-1),
    "relu": _simple("layers.ReLU"),
    "relu6": lambda node, layer: _call("layers.ReLU", Argument("max_value", 6, None)),
    "leaky_relu": _simple("layers.LeakyReLU"),
    "prelu": _prelu,
    "elu": _simple("layers.ELU"),
    "selu": _activation("selu"),
    "sigmoid": _activation("sigmoid"),
    "hard_sigmoid": _activation("hard_sigmoid"),
    "tanh": _activation("tanh"),
    "swish": _activation("silu"),
    "hard_swish": _activation("hard_silu"),
    "gelu": _activation("gelu"),
    "mish": _activation("mish"),
    "softplus": _activation("softplus"),
    "log_softmax": _activation("log_softmax"),
    "max_pool": _pool,
    "avg_pool": _pool,
    "global_avg_pool": _global_pool("Average"),
    "global_max_pool": _global_pool("Max"),
    "adaptive_avg_pool": _adaptive,
    "flatten": _simple("layers.Flatten"),
    "reshape": _reshape,
    "dropout": lambda node, layer: _call("layers.Dropout", Argument("rate", float(layer.rate))),
    "lrn": _simple("normed_locally", size="size"),
    "pad": _pad,
    "upsample": _upsample,
    "channel_shuffle": _simple("shuffled", groups="groups"),
    "slice": _slice,
    "gather": _simple("gathered", positions="positions"),
}

#: The kinds that have code.
KNOWN = {*_CALLS, "softmax", "add", "multiply", "concat", "parameter"}
