"""Convolutions, plain and transposed, in one to three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costcalc.interop.importers.tensors.layout import Axes, Layout, atom
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall, lead


def convolution(call: OperatorCall) -> Value:
    """``conv1d`` to ``conv3d``; with as many groups as input channels a ``depthwise_conv``."""
    out_channels, _, *kernel = call.weight_sizes("weight")
    value = call.windowed(call.value("input"), len(kernel))
    rank, groups = len(kernel), call.argument("groups", 1)
    stride, dilation = per_axis(call, "stride", rank), per_axis(call, "dilation", rank)
    fields: dict[str, Any] = {
        "kernel_size": kernel,
        "stride": stride,
        "padding": _padding(call, kernel, dilation),
        "dilation": dilation,
        "bias": call.plain_name("bias") is not None,
    }
    channels = value.dims[1]
    if groups == channels > 1:
        kind, own = "depthwise_conv", {"depth_multiplier": out_channels // groups}
    else:
        kind, own = "conv", {"out_channels": out_channels, "groups": groups}
    return _made(call, value, kind, out_channels, {**own, **fields})


def transposed(call: OperatorCall) -> Value:
    """``conv_transpose1d`` to ``conv_transpose3d``."""
    _, per_group, *kernel = call.weight_sizes("weight")
    value = call.windowed(call.value("input"), len(kernel))
    rank, groups = len(kernel), call.argument("groups", 1)
    fields = {
        "out_channels": per_group * groups,
        "kernel_size": kernel,
        "stride": per_axis(call, "stride", rank),
        "padding": per_axis(call, "padding", rank, 0),
        "output_padding": per_axis(call, "output_padding", rank, 0),
        "dilation": per_axis(call, "dilation", rank),
        "groups": groups,
        "bias": call.plain_name("bias") is not None,
    }
    return _made(call, value, "conv_transpose", per_group * groups, fields)


def _made(call: OperatorCall, value: Value, kind: str, out_channels: int, fields: dict[str, Any]) -> Value:
    if kind != "conv_transpose" and call.plain_name("weight") is None:
        return _dynamic(call, value, out_channels, fields)
    weights = {"weight": call.weight_name("weight"), "bias": call.plain_name("bias")}
    spatial = tuple(atom(size) for size in call.sizes[-len(fields["kernel_size"]) :])
    further = lead(value.axes[0])
    layout = Layout((*further, *spatial), atom(out_channels))
    fields = {name: _beside(further, name, found) for name, found in fields.items()}
    producer = call.weighted(kind, value.producer, layout, weights, **fields)
    made = call.unbatched(Value((value.axes[0], layout.channels, *spatial), producer))
    return made if fields["bias"] else call.shifted(made, len(made.axes) - len(spatial) - 1)


def _dynamic(call: OperatorCall, value: Value, out_channels: int, fields: dict[str, Any]) -> Value:
    """A convolution with a kernel that is computed, or fixed: its second input. Its bias is added."""
    kernel = call.value("weight")
    rank = len(fields["kernel_size"])
    spatial = tuple(atom(size) for size in call.sizes[-rank:])
    further = lead(value.axes[0])
    layout = Layout((*further, *spatial), atom(out_channels))
    own = {name: fields[name] for name in ("kernel_size", "stride", "padding", "dilation")}
    own = {name: _beside(further, name, found) for name, found in own.items()}
    call.maps.layout(kernel)
    producer = call.emit(
        "dynamic_conv",
        [value.producer, call.maps.placed(kernel, call.maps.layout(kernel))],
        layout,
        out_channels=out_channels,
        groups=fields.get("groups", value.dims[1]),
        **own,
    )
    made = call.unbatched(Value((value.axes[0], layout.channels, *spatial), producer))
    return call.shifted(made, len(made.axes) - rank - 1)


def deformable(call: OperatorCall) -> Value:
    """``torchvision.ops.deform_conv2d``."""
    out_channels, per_group, *kernel = call.weight_sizes("weight")
    value = call.windowed(call.value("input"), 2)
    spatial = tuple(atom(size) for size in call.sizes[-2:])
    inputs = [value.producer]
    names = ["offset", *(["mask"] if call.argument("use_mask", True) and call.has("mask") else [])]
    for name in names:
        given = call.windowed(call.value(name), 2)
        inputs.append(call.maps.placed(given, Layout(given.axes[2:], given.axes[1]), call.hint(name)))
    fields = {
        "out_channels": out_channels,
        "kernel_size": kernel,
        "groups": call.argument("groups", value.dims[1] // per_group),
        "bias": call.plain_name("bias") is not None,
    }
    for name, word in (("stride", "stride"), ("padding", "pad"), ("dilation", "dilation")):
        fields[name] = [call.argument(f"{word}_h"), call.argument(f"{word}_w")]
    weights = {"weight": call.weight_name("weight"), "bias": call.plain_name("bias")}
    layout = Layout(spatial, atom(out_channels))
    made = call.weighted("deformable_conv", value.producer, layout, weights, **fields)
    made.inputs = tuple(inputs)
    return call.unbatched(Value((value.axes[0], layout.channels, *spatial), made))


_ALONG = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1, "output_padding": 0}


def _beside(further: Axes, name: str, found: Any) -> Any:
    """A field's value with that of a further axis before it, along which nothing is summed."""
    return [_ALONG[name], *found] if further and name in _ALONG and isinstance(found, list) else found


def per_axis(call: OperatorCall, name: str, rank: int, default: int = 1) -> list[int]:
    """An argument with a number for each axis; one number, or none, stands for all."""
    found = call.argument(name, [])
    given: Sequence[int] = [found] if isinstance(found, int) else found
    if not given:
        return [default] * rank
    return list(given) if len(given) == rank else [given[0]] * rank


def _padding(call: OperatorCall, kernel: Sequence[int], dilation: Sequence[int]) -> Any:
    padding = call.argument("padding", 0)
    if padding == "valid":
        return [0] * len(kernel)
    if padding == "same":  # PyTorch has it without stride only
        return "same"
    return per_axis(call, "padding", len(kernel), 0)


HANDLERS = {
    "torchvision.deform_conv2d.default": deformable,
    "deform_conv2d": deformable,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), convolution),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), transposed),
}
