"""What slides a window in PyTorch: convolutions and pools, and the padding that they cannot say themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.kinds import (
    Pads,
    Windowed,
    rank_of,
    short,
    window_of,
)
from costcalc.interop.exporters.source.modules import Argument, ModuleCall
from costcalc.layers.conv import Conv
from costcalc.layers.conv_transpose import ConvTranspose
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.dynamic_conv import DynamicConv
from costcalc.layers.fields import padding_per_axis, resolved_padding
from costcalc.layers.pool import Pool
from costcalc.layers.unfold import Fold, Unfold
from costcalc.network import Node


def zeros(pads: Pads, rank: int, value: float = 0.0) -> list[ModuleCall]:
    """A pad before a layer that has no such padding itself."""
    if not any(map(any, pads)):
        return []
    amounts = tuple(amount for pad in reversed(pads) for amount in pad)
    if value:
        return [
            ModuleCall(f"nn.ConstantPad{rank}d", (Argument("padding", amounts), Argument("value", value)))
        ]
    return [ModuleCall(f"nn.ZeroPad{rank}d", (Argument("padding", amounts),))]


def _same(kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> list[ModuleCall]:
    return [
        ModuleCall(
            "SamePad",
            (
                Argument("kernel_size", short(kernel)),
                Argument("stride", short(stride)),
                Argument("dilation", short(dilation), 1),
            ),
        )
    ]


def _is_even(kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> bool:
    """Whether ``same`` pads both sides equally, whatever the size."""
    return all(
        taps == 1 or (step == 1 and (taps - 1) * reach % 2 == 0)
        for taps, step, reach in zip(kernel, stride, dilation, strict=True)
    )


def conv(node: Node, layer: Conv) -> list[ModuleCall]:
    return _convolution(node, layer, layer.groups)


def depthwise(node: Node, layer: DepthwiseConv) -> list[ModuleCall]:
    return _convolution(node, layer, node.input_shapes[0].channels)


def _padding(layer: Windowed, rank: int) -> tuple[list[ModuleCall], Any]:
    """What pads before the layer, and the padding that it says itself."""
    kernel, stride, dilation = window_of(layer, rank)
    if layer.padding == "same":
        if not _is_even(kernel, stride, dilation):
            return _same(kernel, stride, dilation), 0
        return [], short([(taps - 1) * reach // 2 for taps, reach in zip(kernel, dilation, strict=True)])
    pads = padding_per_axis(layer.padding, rank)
    if all(start == end for start, end in pads):
        return [], short([start for start, _ in pads])
    return zeros(pads, rank), 0


def _convolution(node: Node, layer: Conv | DepthwiseConv, groups: int) -> list[ModuleCall]:
    rank = rank_of(node)
    kernel, stride, dilation = window_of(layer, rank_of(node))
    before, padding = _padding(layer, rank)
    arguments = [
        Argument("in_channels", node.input_shapes[0].channels),
        Argument("out_channels", node.output.channels),
        Argument("kernel_size", short(kernel)),
        Argument("stride", short(stride), 1),
        Argument("padding", padding, 0),
        Argument("dilation", short(dilation), 1),
        Argument("groups", groups, 1),
        Argument("bias", layer.bias, True),
    ]
    return [*before, ModuleCall(f"nn.Conv{rank}d", tuple(arguments))]


def conv_transpose(node: Node, layer: ConvTranspose) -> list[ModuleCall]:
    """Its padding cut off both ends; what the layer itself cannot say is cut off or added behind it."""
    rank = rank_of(node)
    kernel, stride, dilation = window_of(layer, rank_of(node))
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
        Argument("in_channels", source.channels),
        Argument("out_channels", layer.out_channels),
        Argument("kernel_size", short(kernel)),
        Argument("stride", short(stride), 1),
        Argument("padding", short(padding), 0),
        Argument("output_padding", short(extra), 0),
        Argument("dilation", short(dilation), 1),
        Argument("groups", layer.groups, 1),
        Argument("bias", layer.bias, True),
    ]
    return [ModuleCall(f"nn.ConvTranspose{rank}d", tuple(arguments)), *zeros(tuple(rest), rank)]


class Slid(NamedTuple):
    """A convolution as a function of another one's weights, which stand at ``place`` in that one's modules.

    ``before`` and ``after`` are what is padded around it, as ``F.pad`` has it; ``arguments`` are its own.
    """

    function: str
    place: int | None
    before: tuple[int, ...]
    after: tuple[int, ...]
    arguments: tuple[Argument, ...]


def slid(node: Node, calls: Sequence[ModuleCall], first: Sequence[ModuleCall]) -> Slid:
    """A convolution that is written as ``calls``, with the weights of one that is written as ``first``."""
    at = _convolution_of(calls)
    named = {argument.name: argument for argument in calls[at].arguments}
    own = tuple(
        named[name] for name in _SLIDING if name in named and named[name].value != named[name].default
    )
    function = f"F.{_FUNCTIONS[calls[at].callee[3:-2]]}{calls[at].callee[-2:]}"
    before, after = (
        tuple(amount for each in part for amount in _amounts(node, each))
        for part in (calls[:at], calls[at + 1 :])
    )
    return Slid(function, _convolution_of(first) if len(first) > 1 else None, before, after, own)


_SLIDING = ("stride", "padding", "output_padding", "dilation", "groups")
_FUNCTIONS = {"Conv": "conv", "ConvTranspose": "conv_transpose"}


def _convolution_of(calls: Sequence[ModuleCall]) -> int:
    return next(index for index, call in enumerate(calls) if call.callee.startswith("nn.Conv"))


def _amounts(node: Node, call: ModuleCall) -> tuple[int, ...]:
    """What a module of ``calls`` pads, the last axis first."""
    if call.callee != "SamePad":
        return tuple(call.arguments[0].value)
    layer = node.layer
    assert isinstance(layer, Conv | DepthwiseConv)
    pads = resolved_padding(node.input_shapes[0].spatial, *window_of(layer, rank_of(node)), "same")
    return tuple(amount for pad in reversed(pads) for amount in pad)


def _pads_as_written(node: Node, layer: Pool) -> Pads | None:
    """The padding of a pool that PyTorch's own can have: both sides alike, half a window at most."""
    if layer.padding == "same":
        kernel, stride, dilation = window_of(layer, rank_of(node))
        if not _is_even(kernel, stride, dilation):
            return None
        return tuple((taps // 2, taps // 2) for taps in kernel)
    pads = padding_per_axis(layer.padding, rank_of(node))
    kernel = window_of(layer, rank_of(node)).kernel
    legal = all(start == end and 2 * start <= taps for (start, end), taps in zip(pads, kernel, strict=True))
    return pads if legal else None


def pool(node: Node, layer: Pool) -> list[ModuleCall]:
    rank, maximum = rank_of(node), layer.type == "max_pool"
    kernel, stride, dilation = window_of(layer, rank_of(node))
    if not maximum and set(dilation) != {1}:
        raise CostcalcError(f"{node.path}: PyTorch has no dilated avg_pool")
    pads = _pads_as_written(node, layer)
    ceil = layer.ceil_mode and layer.padding != "same"
    before: list[ModuleCall] = []
    if pads is None and layer.padding == "same":
        if not maximum:
            return [
                ModuleCall(
                    "SameAvgPool",
                    (Argument("kernel_size", short(kernel)), Argument("stride", short(stride))),
                )
            ]
        before = [
            ModuleCall(
                "SamePad",
                (*_same(kernel, stride, dilation)[0].arguments, Argument("value", float("-inf"), 0.0)),
            )
        ]
    elif pads is None:
        before = zeros(_exact(node, layer), rank, float("-inf") if maximum else 0.0)
    padding = short([start for start, _ in pads]) if pads else 0
    arguments = [
        Argument("kernel_size", short(kernel)),
        Argument("stride", short(stride), short(kernel)),
        Argument("padding", padding, 0),
        Argument("dilation", short(dilation), 1),
        Argument("ceil_mode", ceil and pads is not None, False),
    ]
    if not maximum and layer.padding == "same" and padding:
        arguments.append(Argument("count_include_pad", False, True))
    return [*before, ModuleCall(f"nn.{'Max' if maximum else 'Avg'}Pool{rank}d", tuple(arguments))]


def _exact(node: Node, layer: Pool) -> Pads:
    """Before and after each axis, so that the windows are those of the output's size."""
    kernel, stride, dilation = window_of(layer, rank_of(node))
    pads = padding_per_axis(layer.padding, rank_of(node))
    spatial = node.input_shapes[0].spatial
    return tuple(
        (pad[0], (output - 1) * step + reach * (taps - 1) + 1 - size - pad[0])
        for pad, output, step, taps, reach, size in zip(
            pads, node.output.spatial, stride, kernel, dilation, spatial, strict=True
        )
    )


def dynamic_conv(node: Node, layer: DynamicConv) -> list[ModuleCall]:
    """``DynamicConv``; raises CostcalcError where padding is not the same at both ends."""
    rank = rank_of(node)
    kernel, stride, dilation = window_of(layer, rank)
    sizes = layer.out_channels, node.input_shapes[0].channels // layer.groups, *kernel
    arguments = (
        Argument("sizes", sizes),
        Argument("stride", short(stride), 1),
        Argument("padding", _even_padding(node, layer, rank), 0),
        Argument("dilation", short(dilation), 1),
        Argument("groups", layer.groups, 1),
    )
    return [ModuleCall("DynamicConv", arguments)]


def unfold(node: Node, layer: Unfold | Fold) -> list[ModuleCall]:
    """``Unfold`` (``Sampled`` at moved taps) or ``Fold``; raises CostcalcError where PyTorch has none."""
    rank = rank_of(node)
    if rank != 2:
        raise CostcalcError(f"{node.path}: PyTorch has {layer.type} of maps of two axes only")
    name = "Sampled" if len(node.input_shapes) > 1 else layer.type.capitalize()
    return [ModuleCall(name, (Argument("sizes", node.output.spatial), *window_arguments(node, layer)))]


def window_arguments(node: Node, layer: Windowed) -> tuple[Argument, ...]:
    """How a window slides; raises CostcalcError where padding is not the same at both ends."""
    rank = rank_of(node)
    kernel, stride, dilation = window_of(layer, rank)
    return (
        Argument("kernel_size", short(kernel)),
        Argument("stride", short(stride), 1),
        Argument("padding", _even_padding(node, layer, rank), 0),
        Argument("dilation", short(dilation), 1),
    )


def _even_padding(node: Node, layer: Windowed, rank: int) -> Any:
    before, padding = _padding(layer, rank)
    if before:
        raise CostcalcError(f"{node.path}: PyTorch pads a {layer.type} alike at both ends")
    return padding
