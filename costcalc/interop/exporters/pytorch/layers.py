"""What each kind is in PyTorch: N×C×H×W, one call or two.

Source: https://docs.pytorch.org/docs/stable/nn.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.source.modules import Argument, ModuleCall
from costcalc.interop.exporters.source.program import Leaf
from costcalc.layers.fields import padding_per_axis, per_axis
from costcalc.network import Network, Node

Pads = tuple[tuple[int, int], ...]


def leaf_of(network: Network) -> Callable[[Node], Leaf]:
    """What a node of this network is; raises CostcalcError where PyTorch has nothing for it."""
    lone = _batchless(network)

    def leaf(node: Node) -> Leaf:
        kind = node.layer.type
        if kind == "softmax":
            return _softmax(network, node)
        if kind in ("add", "multiply"):
            rank = len(node.output.spatial)
            missing = tuple(rank - len(shape.spatial) for shape in node.input_shapes)
            return Leaf(kind, (), missing)
        if kind == "concat":
            return _concat(node, lone)
        if kind == "parameter":
            dims = (1, node.output.channels, *node.output.spatial)
            return Leaf("parameter" if node.layer.trainable else "buffer", (_tensor(node, dims),))  # type: ignore[attr-defined]
        calls = _CALLS.get(kind)
        if calls is None:
            raise CostcalcError(f"{node.path}: PyTorch has no layer for {kind}")
        return Leaf("call", tuple(calls(node, node.layer)))

    return leaf


def _batchless(network: Network) -> set[int]:
    """The nodes whose values come from parameters alone: one for all examples."""
    found: set[int] = set()
    for index, node in enumerate(network.nodes):
        if all(source in found for source in node.inputs):
            found.add(index)
    return found


def _rank(node: Node) -> int:
    return len(node.input_shapes[0].spatial)


def _short(values: Sequence[int]) -> int | tuple[int, ...]:
    """One number for all axes, where it is one."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def _given(**values: Any) -> list[Argument]:
    return [Argument(name, value) for name, value in values.items()]


def _tensor(node: Node, dims: tuple[int, ...]) -> ModuleCall:
    names = ("examples", "channels", *(("depth", "height", "width")[5 - len(dims) :]))
    sizes = tuple(Argument(name, size) for name, size in zip(names, dims, strict=True))
    if node.layer.trainable:  # type: ignore[attr-defined]
        return ModuleCall("nn.Parameter(0.02 * torch.randn", sizes, "))")
    return ModuleCall("torch.zeros", sizes)


def _concat(node: Node, lone: set[int]) -> Leaf:
    rank = len(node.output.spatial)
    axis: str = node.layer.axis  # type: ignore[attr-defined]
    dim = 1 if axis == "channels" else 2 + ("depth", "height", "width")[3 - rank :].index(axis)
    alone = tuple(source in lone for source in node.inputs)
    return Leaf("concat", (), (dim, rank, alone if any(alone) and not all(alone) else ()))


def _softmax(network: Network, node: Node) -> Leaf:
    """Over the channels; behind a product of several heads over those of each head."""
    source = network.nodes[node.inputs[0]].layer if node.inputs[0] >= 0 else None
    heads = getattr(source, "heads", 1) if getattr(source, "transpose", False) else 1
    if heads > 1:
        return Leaf("call", (ModuleCall("HeadSoftmax", (Argument("heads", heads),)),))
    return Leaf("call", (ModuleCall("nn.Softmax", (Argument("dim", 1, None),)),))


# Convolutions


def _zeros(pads: Pads, rank: int, value: float = 0.0) -> list[ModuleCall]:
    """A pad before a layer that has no such padding itself."""
    if not any(map(any, pads)):
        return []
    amounts = tuple(amount for pad in reversed(pads) for amount in pad)
    if value:
        return [
            ModuleCall(f"nn.ConstantPad{rank}d", (Argument("padding", amounts), Argument("value", value)))
        ]
    return [ModuleCall(f"nn.ZeroPad{rank}d", (Argument("padding", amounts),))]


def _window(node: Node, layer: Any) -> tuple[tuple[int, ...], ...]:
    rank = _rank(node)
    stride = layer.kernel_size if getattr(layer, "stride", None) is None else layer.stride
    return (
        per_axis(layer.kernel_size, rank, "kernel_size"),
        per_axis(stride, rank, "stride"),
        per_axis(getattr(layer, "dilation", 1), rank, "dilation"),
    )


def _same(kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> list[ModuleCall]:
    return [
        ModuleCall(
            "SamePad",
            (
                Argument("kernel_size", _short(kernel)),
                Argument("stride", _short(stride)),
                Argument("dilation", _short(dilation), 1),
            ),
        )
    ]


def _is_even(kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> bool:
    """Whether ``same`` pads both sides equally, whatever the size."""
    return all(
        taps == 1 or (step == 1 and (taps - 1) * reach % 2 == 0)
        for taps, step, reach in zip(kernel, stride, dilation, strict=True)
    )


def _conv(node: Node, layer: Any) -> list[ModuleCall]:
    rank = _rank(node)
    kernel, stride, dilation = _window(node, layer)
    before: list[ModuleCall] = []
    padding: Any = 0
    if layer.padding == "same":
        if _is_even(kernel, stride, dilation):
            padding = _short([(taps - 1) * reach // 2 for taps, reach in zip(kernel, dilation, strict=True)])
        else:
            before = _same(kernel, stride, dilation)
    else:
        pads = padding_per_axis(layer.padding, rank)
        if all(start == end for start, end in pads):
            padding = _short([start for start, _ in pads])
        else:
            before = _zeros(pads, rank)
    channels = node.input_shapes[0].channels
    groups = channels if layer.type == "depthwise_conv" else layer.groups
    arguments = [
        *_given(in_channels=channels, out_channels=node.output.channels, kernel_size=_short(kernel)),
        Argument("stride", _short(stride), 1),
        Argument("padding", padding, 0),
        Argument("dilation", _short(dilation), 1),
        Argument("groups", groups, 1),
        Argument("bias", layer.bias, True),
    ]
    return [*before, ModuleCall(f"nn.Conv{rank}d", tuple(arguments))]


def _conv_transpose(node: Node, layer: Any) -> list[ModuleCall]:
    """Its padding cut off both ends; what the layer itself cannot say is cut off or added behind it."""
    rank = _rank(node)
    kernel, stride, dilation = _window(node, layer)
    source = node.input_shapes[0]
    padding, extra, rest = [], [], []
    for axis in range(rank):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        whole = (source.spatial[axis] - 1) * stride[axis] + reach
        cut = max(reach - stride[axis], 0) // 2
        if layer.padding != "same":
            cut = padding_per_axis(layer.padding, rank)[axis][0]
        more = node.output.spatial[axis] - (whole - 2 * cut)
        legal = more if 0 <= more < max(stride[axis], dilation[axis]) else 0
        padding.append(cut)
        extra.append(legal)
        rest.append((0, more - legal))
    arguments = [
        *_given(in_channels=source.channels, out_channels=layer.out_channels, kernel_size=_short(kernel)),
        Argument("stride", _short(stride), 1),
        Argument("padding", _short(padding), 0),
        Argument("output_padding", _short(extra), 0),
        Argument("dilation", _short(dilation), 1),
        Argument("groups", layer.groups, 1),
        Argument("bias", layer.bias, True),
    ]
    return [ModuleCall(f"nn.ConvTranspose{rank}d", tuple(arguments)), *_zeros(tuple(rest), rank)]


def _linear(node: Node, layer: Any) -> list[ModuleCall]:
    arguments = (
        *_given(in_features=node.input_shapes[0].channels, out_features=layer.out_features),
        Argument("bias", layer.bias, True),
    )
    if layer.per_position and _rank(node):
        return [ModuleCall("PerPosition", arguments)]
    flat = [ModuleCall("nn.Flatten")] if _rank(node) else []
    return [*flat, ModuleCall("nn.Linear", arguments)]


def _matmul(node: Node, layer: Any) -> list[ModuleCall]:
    return [
        ModuleCall(
            "MatMul", (Argument("heads", layer.heads, 1), Argument("transpose", layer.transpose, False))
        )
    ]


# Norms, activations, pools


def _half(node: Node, layer: Any) -> list[ModuleCall]:
    """What follows a norm that only scales or only shifts."""
    if isinstance(layer.affine, bool):
        return []
    channels = Argument("channels", node.input_shapes[0].channels)
    return [ModuleCall("Scale" if layer.affine == "scale" else "Shift", (channels,))]


def _batch_norm(node: Node, layer: Any) -> list[ModuleCall]:
    channels = node.input_shapes[0].channels
    arguments = (Argument("num_features", channels), Argument("affine", layer.affine is True, True))
    return [ModuleCall(f"nn.BatchNorm{_rank(node) or 1}d", arguments), *_half(node, layer)]


def _layer_norm(node: Node, layer: Any) -> list[ModuleCall]:
    arguments = (
        Argument("channels", node.input_shapes[0].channels),
        Argument("elementwise_affine", layer.affine is True, True),
    )
    return [ModuleCall("ChannelNorm" if _rank(node) else "nn.LayerNorm", arguments), *_half(node, layer)]


def _group_norm(node: Node, layer: Any) -> list[ModuleCall]:
    arguments = (
        *_given(num_groups=layer.groups, num_channels=node.input_shapes[0].channels),
        Argument("affine", layer.affine is True, True),
    )
    return [ModuleCall("nn.GroupNorm", arguments), *_half(node, layer)]


def _instance_norm(node: Node, layer: Any) -> list[ModuleCall]:
    channels = node.input_shapes[0].channels
    arguments = (Argument("num_features", channels), Argument("affine", layer.affine is True, False))
    return [ModuleCall(f"nn.InstanceNorm{_rank(node)}d", arguments), *_half(node, layer)]


def _prelu(node: Node, layer: Any) -> list[ModuleCall]:
    slopes = 1 if layer.shared else node.input_shapes[0].channels
    return [ModuleCall("nn.PReLU", (Argument("num_parameters", slopes, 1),))]


def _pads_as_written(node: Node, layer: Any) -> Pads | None:
    """The padding of a pool that PyTorch's own can have: both sides alike, half a window at most."""
    if layer.padding == "same":
        kernel, stride, dilation = _window(node, layer)
        if not _is_even(kernel, stride, dilation):
            return None
        return tuple((taps // 2, taps // 2) for taps in kernel)
    pads = padding_per_axis(layer.padding, _rank(node))
    kernel = _window(node, layer)[0]
    legal = all(start == end and 2 * start <= taps for (start, end), taps in zip(pads, kernel, strict=True))
    return pads if legal else None


def _pool(node: Node, layer: Any) -> list[ModuleCall]:
    rank, maximum = _rank(node), layer.type == "max_pool"
    kernel, stride, dilation = _window(node, layer)
    pads = _pads_as_written(node, layer)
    ceil = layer.ceil_mode and layer.padding != "same"
    before: list[ModuleCall] = []
    if pads is None and layer.padding == "same":
        if not maximum:
            return [
                ModuleCall(
                    "SameAvgPool",
                    (Argument("kernel_size", _short(kernel)), Argument("stride", _short(stride))),
                )
            ]
        before = [
            ModuleCall(
                "SamePad",
                (*_same(kernel, stride, dilation)[0].arguments, Argument("value", float("-inf"), 0.0)),
            )
        ]
    elif pads is None:
        before = _zeros(_exact(node, layer), rank, float("-inf") if maximum else 0.0)
    padding = _short([start for start, _ in pads]) if pads else 0
    arguments = [
        Argument("kernel_size", _short(kernel)),
        Argument("stride", _short(stride), _short(kernel)),
        Argument("padding", padding, 0),
        Argument("ceil_mode", ceil and pads is not None, False),
    ]
    if not maximum and layer.padding == "same" and padding:
        arguments.append(Argument("count_include_pad", False, True))
    return [*before, ModuleCall(f"nn.{'Max' if maximum else 'Avg'}Pool{rank}d", tuple(arguments))]


def _exact(node: Node, layer: Any) -> Pads:
    """Before and after each axis, so that the windows are those of the output's size."""
    kernel, stride, _ = _window(node, layer)
    pads = padding_per_axis(layer.padding, _rank(node))
    spatial = node.input_shapes[0].spatial
    return tuple(
        (pad[0], (output - 1) * step + taps - size - pad[0])
        for pad, output, step, taps, size in zip(
            pads, node.output.spatial, stride, kernel, spatial, strict=True
        )
    )


def _global_pool(name: str) -> Callable[[Node, Any], list[ModuleCall]]:
    def calls(node: Node, layer: Any) -> list[ModuleCall]:
        if not _rank(node):
            return [ModuleCall("nn.Identity")]
        return [ModuleCall(f"nn.Adaptive{name}Pool{_rank(node)}d", (Argument("output_size", 1),))]

    return calls


def _adaptive(node: Node, layer: Any) -> list[ModuleCall]:
    size = _short(node.output.spatial) if _rank(node) else 1
    if not _rank(node):
        return [ModuleCall("nn.Identity")]
    return [ModuleCall(f"nn.AdaptiveAvgPool{_rank(node)}d", (Argument("output_size", size),))]


# Shapes


def _reshape(node: Node, layer: Any) -> list[ModuleCall]:
    dims = (node.output.channels, *node.output.spatial)
    names = ("channels", *(("depth", "height", "width")[4 - len(dims) :]))
    return [
        ModuleCall("Reshape", tuple(Argument(name, size) for name, size in zip(names, dims, strict=True)))
    ]


def _pad(node: Node, layer: Any) -> list[ModuleCall]:
    rank = _rank(node)
    pads = (layer.channels, *padding_per_axis(layer.padding, rank))
    if not any(layer.channels):
        return _zeros(pads[1:], rank) or [ModuleCall("nn.Identity")]
    return _zeros(pads, max(rank, 1))


_LINEAR_MODES = ("linear", "bilinear", "trilinear")


def _upsample(node: Node, layer: Any) -> list[ModuleCall]:
    rank, source, output = _rank(node), node.input_shapes[0].spatial, node.output.spatial
    mode = _LINEAR_MODES[rank - 1] if layer.mode in _LINEAR_MODES else layer.mode
    if mode == "bicubic" and rank != 2:
        raise CostcalcError(f"{node.path}: PyTorch has no bicubic upsampling of {rank} axes")
    by: Argument = Argument("size", _short(output), None)
    if layer.scale is not None:
        scales = layer.scale if isinstance(layer.scale, tuple) else (layer.scale,) * rank
        factors = [int(each) if each.denominator == 1 else float(each) for each in scales]
        if tuple(int(size * each) for size, each in zip(source, factors, strict=True)) == output:
            factor = factors[0] if len(set(factors)) == 1 else tuple(map(float, factors))
            by = Argument("scale_factor", factor, None)
    return [ModuleCall("nn.Upsample", (by, Argument("mode", mode, "nearest")))]


def _slice(node: Node, layer: Any) -> list[ModuleCall]:
    calls = []
    if layer.of is not None:
        calls.append(ModuleCall("Part", tuple(_given(number=layer.part, of=layer.of))))
    whole = [(0, node.input_shapes[0].channels), *((0, size) for size in node.input_shapes[0].spatial)]
    intervals = list(whole)
    if layer.channels is not None:
        intervals[0] = tuple(layer.channels)
    if layer.spatial is not None:
        intervals[1:] = layer.spatial * _rank(node) if len(layer.spatial) == 1 else layer.spatial
    if layer.channels is not None or layer.spatial is not None:
        if layer.of is not None:
            intervals[0] = (0, node.output.channels)
        names = ("channels", *(("depth", "height", "width")[4 - len(intervals) :]))
        arguments = [Argument(name, tuple(interval)) for name, interval in zip(names, intervals, strict=True)]
        calls.append(ModuleCall("Slice", tuple(arguments)))
    return calls


def _simple(callee: str, **names: str) -> Callable[[Node, Any], list[ModuleCall]]:
    """A call whose arguments are fields of the layer."""

    def calls(node: Node, layer: Any) -> list[ModuleCall]:
        return [
            ModuleCall(callee, tuple(Argument(name, getattr(layer, field)) for name, field in names.items()))
        ]

    return calls


def _lrn(node: Node, layer: Any) -> list[ModuleCall]:
    if not _rank(node):
        raise CostcalcError(f"{node.path}: PyTorch has no lrn of a vector")
    return [ModuleCall("nn.LocalResponseNorm", tuple(_given(size=layer.size)))]


def _dropout(node: Node, layer: Any) -> list[ModuleCall]:
    return [ModuleCall("nn.Dropout", (Argument("p", float(layer.rate), 0.5),))]


def _log_softmax(node: Node, layer: Any) -> list[ModuleCall]:
    return [ModuleCall("nn.LogSoftmax", (Argument("dim", 1, None),))]


_CALLS: Mapping[str, Callable[[Node, Any], list[ModuleCall]]] = {
    "conv": _conv,
    "depthwise_conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": _linear,
    "matmul": _matmul,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "relu": _simple("nn.ReLU"),
    "relu6": _simple("nn.ReLU6"),
    "leaky_relu": _simple("nn.LeakyReLU"),
    "prelu": _prelu,
    "elu": _simple("nn.ELU"),
    "selu": _simple("nn.SELU"),
    "sigmoid": _simple("nn.Sigmoid"),
    "hard_sigmoid": _simple("nn.Hardsigmoid"),
    "tanh": _simple("nn.Tanh"),
    "swish": _simple("nn.SiLU"),
    "hard_swish": _simple("nn.Hardswish"),
    "gelu": _simple("nn.GELU"),
    "mish": _simple("nn.Mish"),
    "softplus": _simple("nn.Softplus"),
    "log_softmax": _log_softmax,
    "max_pool": _pool,
    "avg_pool": _pool,
    "global_avg_pool": _global_pool("Avg"),
    "global_max_pool": _global_pool("Max"),
    "adaptive_avg_pool": _adaptive,
    "flatten": _simple("nn.Flatten"),
    "reshape": _reshape,
    "dropout": _dropout,
    "lrn": _lrn,
    "pad": _pad,
    "upsample": _upsample,
    "channel_shuffle": _simple("ChannelShuffle", groups="groups"),
    "slice": _slice,
    "gather": _simple("Gather", positions="positions"),
}

#: The kinds that have code.
KNOWN = {*_CALLS, "softmax", "add", "multiply", "concat", "parameter"}
