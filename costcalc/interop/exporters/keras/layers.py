"""What each kind is in Keras: channels last, a layer or two.

Source: https://keras.io/api/layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.keras.sequences import CALLS as SEQUENCES
from costcalc.interop.exporters.kinds import (
    AXIS_NAMES,
    Pads,
    Window,
    heads_of,
    intervals_of,
    of,
    rank_of,
    short,
    slides_anew,
    window_of,
)
from costcalc.interop.exporters.source.modules import Argument, ModuleCall
from costcalc.interop.exporters.source.program import Leaf
from costcalc.layers.concat import Concat
from costcalc.layers.conv import Conv
from costcalc.layers.conv_transpose import ConvTranspose
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.dropout import Dropout
from costcalc.layers.elementwise import Elementwise
from costcalc.layers.fields import padding_per_axis
from costcalc.layers.group_norm import GroupNorm
from costcalc.layers.instance_norm import InstanceNorm
from costcalc.layers.linear import Linear
from costcalc.layers.matmul import Matmul
from costcalc.layers.norm import Norm
from costcalc.layers.pad import Pad
from costcalc.layers.parameter import Parameter
from costcalc.layers.pool import Pool
from costcalc.layers.prelu import Prelu
from costcalc.layers.slice import Slice
from costcalc.layers.softmax import Softmax
from costcalc.layers.upsample import Upsample
from costcalc.network import Network, Node
from costcalc.shape import same_padding

#: What a node is called with, one call after the other.
Calls: TypeAlias = Callable[[Node], list[ModuleCall]]


def leaf_of(network: Network) -> Callable[[Node], Leaf]:
    """What a node of this network is; raises CostcalcError where Keras has nothing for it."""

    def leaf(node: Node) -> Leaf:
        layer, rank = node.layer, len(node.output.spatial)
        if isinstance(layer, Elementwise) and layer.type in ("add", "multiply"):
            spread = tuple(
                (*(1,) * rank, shape.channels) if len(shape.spatial) < rank else ()
                for shape in node.input_shapes
            )
            return Leaf(layer.type, (), spread)
        if isinstance(layer, Concat):
            place = -1 if layer.axis == "channels" else 1 + AXIS_NAMES[3 - rank :].index(layer.axis)
            return Leaf("concat", (), (place,))
        if isinstance(layer, Parameter):
            shape = Argument("shape", (*node.output.spatial, node.output.channels))
            trainable = Argument("trainable", layer.trainable, True)
            return Leaf("parameter", (ModuleCall("Parameter", (shape, trainable)),))
        if isinstance(layer, Softmax):
            return Leaf("call", (_softmax(heads_of(network, node)),))
        calls = _CALLS.get(layer.type)
        if calls is None:
            raise CostcalcError(f"{node.path}: no Keras code is written for {layer.type}")
        if slides_anew(network, node):
            raise CostcalcError(
                f"{node.path}: Keras has no {layer.type} with the weights of another one and a stride, padding or "
                "dilation of its own"
            )
        return Leaf("call", tuple(calls(node)))

    return leaf


def _call(callee: str, *arguments: Argument) -> list[ModuleCall]:
    return [ModuleCall(callee, arguments)]


def _softmax(heads: int) -> ModuleCall:
    """Over the channels; behind a product of several heads over those of each head."""
    if heads > 1:
        return ModuleCall("softmax_by_head", (Argument("heads", heads),))
    return ModuleCall("layers.Softmax")


# Convolutions


def _zeros(pads: Pads, rank: int) -> list[ModuleCall]:
    """Zeros around a map; a negative number cuts."""
    more = tuple((max(before, 0), max(after, 0)) for before, after in pads)
    less = tuple((max(-before, 0), max(-after, 0)) for before, after in pads)
    found = []
    if any(map(any, more)):
        even = all(before == after for before, after in more)
        amounts: Any = short([before for before, _ in more]) if even else more if rank > 1 else more[0]
        found += _call(f"layers.ZeroPadding{rank}D", Argument("padding", amounts))
    if any(map(any, less)):
        found += _call(f"layers.Cropping{rank}D", Argument("cropping", less if rank > 1 else less[0]))
    return found


def _window(node: Node, layer: Conv | DepthwiseConv | ConvTranspose) -> Window:
    window = window_of(layer, rank_of(node))
    if max(window.stride) > 1 and max(window.dilation) > 1:
        raise CostcalcError(f"{node.path}: Keras has no convolution with both a stride and a dilation")
    return window


def _padding(node: Node, layer: Conv | DepthwiseConv) -> tuple[str, list[ModuleCall]]:
    """``same``, if that is what is written or what it comes to; else zeros before the layer."""
    rank = rank_of(node)
    kernel, stride, dilation = _window(node, layer)
    if layer.padding == "same":
        return "valid" if set(kernel) == {1} else "same", []
    pads = padding_per_axis(layer.padding, rank)
    same = tuple(map(same_padding, node.input_shapes[0].spatial, kernel, stride, dilation))
    if set(stride) == {1} and pads == same and any(map(any, pads)):
        return "same", []
    return "valid", _zeros(pads, rank)


def _conv(node: Node, layer: Conv) -> list[ModuleCall]:
    return _convolution(node, layer, layer.groups)


def _depthwise(node: Node, layer: DepthwiseConv) -> list[ModuleCall]:
    rank = rank_of(node)
    kernel, stride, dilation = _window(node, layer)
    if rank == 3 or len(set(stride)) > 1:
        return _convolution(node, layer, node.input_shapes[0].channels)
    padding, before = _padding(node, layer)
    size = Argument("kernel_size", short(kernel))
    multiplier = Argument("depth_multiplier", layer.depth_multiplier, 1)
    shared = _window_arguments(layer, padding, stride, dilation)
    return [*before, *_call(f"layers.DepthwiseConv{rank}D", size, multiplier, *shared)]


def _convolution(node: Node, layer: Conv | DepthwiseConv, groups: int) -> list[ModuleCall]:
    kernel, stride, dilation = _window(node, layer)
    padding, before = _padding(node, layer)
    filters, size = Argument("filters", node.output.channels), Argument("kernel_size", short(kernel))
    shared = _window_arguments(layer, padding, stride, dilation)
    name = f"layers.Conv{rank_of(node)}D"
    return [*before, *_call(name, filters, size, Argument("groups", groups, 1), *shared)]


def _window_arguments(
    layer: Conv | DepthwiseConv | ConvTranspose,
    padding: str,
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[Argument, ...]:
    return (
        Argument("strides", short(stride), 1),
        Argument("padding", padding, "valid"),
        Argument("dilation_rate", short(dilation), 1),
        Argument("use_bias", layer.bias, True),
    )


def _conv_transpose(node: Node, layer: ConvTranspose) -> list[ModuleCall]:
    """Its whole output, cut at both ends as the padding says."""
    rank = rank_of(node)
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
        Argument("kernel_size", short(kernel)),
        *_window_arguments(layer, "same" if layer.padding == "same" else "valid", stride, dilation),
    )
    return [*_call(f"layers.Conv{rank}DTranspose", *arguments), *_zeros(tuple(rest), rank)]


def _linear(node: Node, layer: Linear) -> list[ModuleCall]:
    flat = _call("layers.Flatten") if rank_of(node) and not layer.per_position else []
    return [
        *flat,
        *_call("layers.Dense", Argument("units", layer.out_features), Argument("use_bias", layer.bias, True)),
    ]


def _matmul(node: Node, layer: Matmul) -> list[ModuleCall]:
    return _call("product", Argument("heads", layer.heads, 1), Argument("transpose", layer.transpose, False))


# Norms, activations, pools


def _norm(node: Node, layer: Norm) -> list[ModuleCall]:
    parts = layer.groups if isinstance(layer, GroupNorm) else -1 if isinstance(layer, InstanceNorm) else None
    groups = () if parts is None else (Argument("groups", parts),)
    center = Argument("center", layer.affine in (True, "shift"), True)
    scale = Argument("scale", layer.affine in (True, "scale"), True)
    return _call(_NORMS[layer.type], *groups, center, scale)


_NORMS = {
    "batch_norm": "layers.BatchNormalization",
    "layer_norm": "layers.LayerNormalization",
    "group_norm": "layers.GroupNormalization",
    "instance_norm": "layers.GroupNormalization",
}


def _prelu(node: Node, layer: Prelu) -> list[ModuleCall]:
    axes = tuple(range(1, rank_of(node) + (2 if layer.shared else 1)))
    return _call("layers.PReLU", Argument("shared_axes", axes or None, None))


def _activation(name: str) -> Calls:
    return lambda node: _call("layers.Activation", Argument("activation", name))


def _pool(node: Node, layer: Pool) -> list[ModuleCall]:
    rank, maximum = rank_of(node), layer.type == "max_pool"
    kernel, stride, dilation = window_of(layer, rank_of(node))
    if set(dilation) != {1}:
        raise CostcalcError(f"{node.path}: Keras has no dilated {layer.type}")
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
        Argument("pool_size", short(kernel)),
        Argument("strides", short(stride), short(kernel)),
        Argument("padding", padding, "valid"),
    )
    return [*before, *_call(f"layers.{'Max' if maximum else 'Average'}Pooling{rank}D", *arguments)]


def _global_pool(name: str) -> Calls:
    def calls(node: Node) -> list[ModuleCall]:
        if not rank_of(node):
            return _call("layers.Identity")
        return _call(f"layers.Global{name}Pooling{rank_of(node)}D", Argument("keepdims", True, False))

    return calls


def _adaptive(node: Node) -> list[ModuleCall]:
    sizes, wanted = node.input_shapes[0].spatial, node.output.spatial
    if not sizes:
        return _call("layers.Identity")
    if any(size % want for size, want in zip(sizes, wanted, strict=True)):
        return _call("pooled_evenly", Argument("sizes", wanted))
    kernel = short([size // want for size, want in zip(sizes, wanted, strict=True)])
    return _call(f"layers.AveragePooling{len(sizes)}D", Argument("pool_size", kernel))


# Shapes


def _reshape(node: Node) -> list[ModuleCall]:
    return _call("layers.Reshape", Argument("target_shape", (*node.output.spatial, node.output.channels)))


def _pad(node: Node, layer: Pad) -> list[ModuleCall]:
    pads = padding_per_axis(layer.padding, rank_of(node))
    if any(layer.channels):
        return _call("padded", Argument("pads", (*pads, tuple(layer.channels))), Argument("value", 0.0))
    return _zeros(pads, rank_of(node)) or _call("layers.Identity")


def _upsample(node: Node, layer: Upsample) -> list[ModuleCall]:
    rank, source, output = rank_of(node), node.input_shapes[0].spatial, node.output.spatial
    mode = "nearest" if layer.mode == "area" else "bilinear" if "linear" in layer.mode else layer.mode
    if mode != "nearest" and rank != 2:
        raise CostcalcError(
            f"{node.path}: Keras has no upsampling of {rank} axes by {layer.mode} interpolation"
        )
    if all(after % before == 0 for before, after in zip(source, output, strict=True)):
        size = short([after // before for before, after in zip(source, output, strict=True)])
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


def _slice(node: Node, layer: Slice) -> list[ModuleCall]:
    channels, *spatial = intervals_of(layer, node.input_shapes[0])
    return _call("piece", Argument("intervals", (*spatial, channels)))


def _dropout(node: Node, layer: Dropout) -> list[ModuleCall]:
    return _call("layers.Dropout", Argument("rate", float(layer.rate)))


def _simple(callee: str, **names: str) -> Calls:
    return lambda node: _call(
        callee, *(Argument(name, getattr(node.layer, field)) for name, field in names.items())
    )


_CALLS: Mapping[str, Calls] = {
    "conv": of(Conv, _conv),
    "depthwise_conv": of(DepthwiseConv, _depthwise),
    "conv_transpose": of(ConvTranspose, _conv_transpose),
    "linear": of(Linear, _linear),
    "matmul": of(Matmul, _matmul),
    "batch_norm": of(Norm, _norm),
    "layer_norm": of(Norm, _norm),
    "group_norm": of(Norm, _norm),
    "instance_norm": of(Norm, _norm),
    "relu": _simple("layers.ReLU"),
    "relu6": lambda node: _call("layers.ReLU", Argument("max_value", 6, None)),
    "leaky_relu": _simple("layers.LeakyReLU"),
    "prelu": of(Prelu, _prelu),
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
    "max_pool": of(Pool, _pool),
    "avg_pool": of(Pool, _pool),
    "global_avg_pool": _global_pool("Average"),
    "global_max_pool": _global_pool("Max"),
    "adaptive_avg_pool": _adaptive,
    "flatten": _simple("layers.Flatten"),
    "reshape": _reshape,
    "dropout": of(Dropout, _dropout),
    "lrn": _simple("normed_locally", size="size"),
    "pad": of(Pad, _pad),
    "upsample": of(Upsample, _upsample),
    "channel_shuffle": _simple("shuffled", groups="groups"),
    "slice": of(Slice, _slice),
    "gather": _simple("gathered", positions="positions"),
    **SEQUENCES,
}

#: The kinds that have code.
KNOWN = {*_CALLS, "softmax", "add", "multiply", "concat", "parameter"}

#: The kinds that no code is written for yet: each is refused by its name.
REFUSED = {
    "rms_norm",
    "elementwise",
    "subtract",
    "divide",
    "maximum",
    "minimum",
    "compare",
    "where",
    "reduce",
    "transpose",
    "depth_to_space",
    "space_to_depth",
    "dynamic_conv",
    "unfold",
    "fold",
    "top_k",
}
