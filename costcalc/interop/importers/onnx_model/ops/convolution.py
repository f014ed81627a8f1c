"""Conv, ConvTranspose and DeformConv, in one to three axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from costcalc.errors import ShapeError
from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import Layout, atom
from costcalc.interop.importers.tensors.values import Producer, Value
from costcalc.quantity import shown
from costcalc.shape import output_size, same_padding

Pads = list[tuple[int, int]]
SAME = ("SAME_UPPER", "SAME_LOWER")


def conv(op: Operation, x: int = 0, w: int = 1, bias: int = 2) -> Value:
    """Conv: weights C_out×C_in/g×…."""
    return convolution(op, op.value(x), op.weight(w), _bias(op, bias))


def _bias(op: Operation, index: int) -> Tensor | None:
    """The biases; zeros that were never learned are none."""
    found = op.weight(index, "biases") if op.has(index) else None
    if found is None or found.origin != "constant":
        return found
    values = found.values()
    return None if values is not None and not any(values) else found


class _Slid(NamedTuple):
    """What a kernel that slides over a map makes of it; ``fields`` say how it slides."""

    producer: Producer
    kernel: list[int]
    groups: int
    out: tuple[int, ...]
    layout: Layout
    fields: dict[str, Any]


def _slid(op: Operation, value: Value, weight: Tensor) -> _Slid:
    """A value under a kernel of weights C_out×C_in/g×…."""
    producer, sizes = op.windowed(value)
    kernel = _kernel(op, weight, len(sizes))
    groups = op.attribute("group", 1)
    _check_channels(value.dims[1], weight.dims[1] * groups, groups, weight.dims[0])
    stride, dilation = op.int_list("strides", len(sizes), 1), op.int_list("dilations", len(sizes), 1)
    pads = _pads(op, sizes, kernel, stride, dilation)
    out = tuple(sized(*each) for each in zip(sizes, kernel, stride, dilation, pads, strict=True))
    fields = window_fields(kernel, stride, dilation) | padding_field(op, pads, kernel, stride, dilation)
    return _Slid(producer, kernel, groups, out, Layout(tuple(map(atom, out)), atom(weight.dims[0])), fields)


def convolution(op: Operation, value: Value, weight: Tensor, bias: Tensor | None) -> Value:
    """A convolution of a value."""
    producer, _, groups, _, layout, fields = _slid(op, value, weight)
    in_channels, out_channels = value.dims[1], weight.dims[0]
    if groups == in_channels > 1:
        kind, own = (
            "depthwise_conv",
            {} if groups == out_channels else {"depth_multiplier": out_channels // groups},
        )
    else:
        kind, own = "conv", {"out_channels": out_channels, **({"groups": groups} if groups > 1 else {})}
    made = op.weighted(kind, producer, layout, {"weight": weight, "bias": bias}, **own, **fields)
    return Value((value.axes[0], layout.channels, *layout.spatial), made)


def conv_transpose(op: Operation) -> Value:
    """ConvTranspose: weights C_in×C_out/g×…."""
    value, weight = op.value(0), op.weight(1)
    bias = _bias(op, 2)
    producer, sizes = op.windowed(value)
    kernel = _kernel(op, weight, len(sizes))
    groups = op.attribute("group", 1)
    out_channels = weight.dims[1] * groups
    _check_channels(value.dims[1], weight.dims[0], groups, out_channels)
    stride, dilation = op.int_list("strides", len(sizes), 1), op.int_list("dilations", len(sizes), 1)
    out, placing = _transposed(op, sizes, kernel, stride, dilation)
    spatial, channels = tuple(atom(size) for size in out), atom(out_channels)
    fields = {
        "out_channels": out_channels,
        **({"groups": groups} if groups > 1 else {}),
        **window_fields(kernel, stride, dilation),
        **placing,
    }
    weights = {"weight": weight, "bias": bias}
    made = op.weighted("conv_transpose", producer, Layout(spatial, channels), weights, **fields)
    return Value((value.axes[0], channels, *spatial), made)


def deform_conv(op: Operation) -> Value:
    """DeformConv: offsets for every tap are its third input, weights for every tap its fifth."""
    value, weight = op.value(0), op.weight(1)
    bias = _bias(op, 3)
    slid = _slid(op, value, weight)
    layout, axes = slid.layout, len(slid.out)
    taps = math.prod(slid.kernel) * op.attribute("offset_group", 1)
    given = [
        _of_taps(op, at, (numbers * taps, *slid.out)) for at, numbers in ((2, axes), (4, 1)) if op.has(at)
    ]
    fields = {
        "out_channels": weight.dims[0],
        **({"groups": slid.groups} if slid.groups > 1 else {}),
        **slid.fields,
    }
    weights = {"weight": weight, "bias": bias}
    made = op.weighted("deformable_conv", slid.producer, layout, weights, **fields)
    made.inputs = (slid.producer, *given)
    return Value((value.axes[0], layout.channels, *layout.spatial), made)


def _of_taps(op: Operation, index: int, wanted: tuple[int, ...]) -> Producer:
    """The offsets or weights of the taps: as many channels as wanted at each place of the output."""
    value = op.value(index)
    if value.dims[1:] != wanted:
        raise RefusedError(
            f"its input {index + 1} has {list(value.dims[1:])} numbers for {list(wanted)} of its taps"
        )
    return op.windowed(value)[0]


def _transposed(
    op: Operation, sizes: Sequence[int], kernel: list[int], stride: list[int], dilation: list[int]
) -> tuple[list[int], dict[str, Any]]:
    """The output sizes, and the fields that say so: padding, output_padding."""
    auto = auto_pad(op)
    extra = op.int_list("output_padding", len(sizes), 0)
    wanted: list[int] = op.attribute("output_shape", [])[-len(sizes) :]
    full = [
        (size - 1) * step + (taps - 1) * reach + 1
        for size, taps, step, reach in zip(sizes, kernel, stride, dilation, strict=True)
    ]
    if wanted:
        surplus = [have - want for have, want in zip(full, wanted, strict=True)]
        if all(want == size * step for want, size, step in zip(wanted, sizes, stride, strict=True)):
            return wanted, {}
        pads = [(max(less, 0) // 2, max(less, 0) - max(less, 0) // 2) for less in surplus]
        extra = [max(-less, 0) for less in surplus]
    elif auto in SAME:
        return [size * step for size, step in zip(sizes, stride, strict=True)], {}
    else:
        pads = explicit_pads(op, len(sizes))
    out = [have - sum(pad) + more for have, pad, more in zip(full, pads, extra, strict=True)]
    if min(out) < 1:
        raise RefusedError("its padding leaves nothing of the output")
    padding: dict[str, Any] = {"padding": short_pads(pads)}
    if any(extra):
        padding["output_padding"] = short(extra)
    return out, padding


def _kernel(op: Operation, weight: Tensor, rank: int) -> list[int]:
    kernel = list(weight.dims[2:])
    if len(kernel) != rank:
        raise RefusedError(f"slides weights of shape {list(weight.dims)} over {rank} axes")
    if 0 in weight.dims:
        raise RefusedError(f"has empty weights: {list(weight.dims)}")
    if op.int_list("kernel_shape", rank, 0) not in (kernel, [0] * rank):
        raise RefusedError(f"its kernel_shape does not fit its weights of shape {list(weight.dims)}")
    return kernel


def _check_channels(have: int, wanted: int, groups: int, out: int) -> None:
    if groups < 1 or have != wanted or out % groups:
        raise RefusedError(f"its weights take {wanted} channels in {groups} groups, but {have} come in")


def _pads(
    op: Operation, sizes: Sequence[int], kernel: list[int], stride: list[int], dilation: list[int]
) -> Pads:
    """(before, after) for each axis."""
    auto = auto_pad(op)
    if auto in SAME:
        return [same_padding(*each) for each in zip(sizes, kernel, stride, dilation, strict=True)]
    return [(0, 0)] * len(sizes) if auto == "VALID" else explicit_pads(op, len(sizes))


def auto_pad(op: Operation) -> str:
    """How the padding is said. Raises RefusedError where that is no way."""
    found: str = op.attribute("auto_pad", "NOTSET")
    if found not in ("NOTSET", "VALID", *SAME):
        raise RefusedError(
            f"its auto_pad is {shown(found)}: neither NOTSET, VALID, SAME_UPPER nor SAME_LOWER"
        )
    return found


def explicit_pads(op: Operation, rank: int) -> Pads:
    """The ``pads``: all that stand before, then all that stand after."""
    pads = op.int_list("pads", 2 * rank, 0)
    if min(pads, default=0) < 0:
        raise RefusedError("has negative padding")
    return list(zip(pads[:rank], pads[rank:], strict=True))


def sized(size: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int]) -> int:
    if stride < 1 or dilation < 1:
        raise RefusedError(f"has a stride of {stride} and a dilation of {dilation}")
    try:
        return output_size(size, kernel, stride, dilation, pads)
    except ShapeError as error:
        raise RefusedError(error.message) from None


def padding_field(
    op: Operation, pads: Pads, kernel: list[int], stride: list[int], dilation: list[int]
) -> dict[str, Any]:
    """The ``padding`` of a convolution; ``same`` is left out where it is that for any input."""
    if auto_pad(op) in SAME:
        return {}
    same = [
        step == 1 and pad == ((taps - 1) * reach // 2,) * 2 and (taps - 1) * reach % 2 == 0
        for pad, taps, step, reach in zip(pads, kernel, stride, dilation, strict=True)
    ]
    pointwise = [taps == 1 and pad == (0, 0) for pad, taps in zip(pads, kernel, strict=True)]
    if all(a or b for a, b in zip(same, pointwise, strict=True)):
        return {}
    return {"padding": short_pads(pads)}


def short_pads(pads: Pads) -> str | int | list[int]:
    if not any(amount for pad in pads for amount in pad):
        return "valid"
    if all(before == after for before, after in pads):
        return short([before for before, _ in pads])
    return [amount for pad in pads for amount in pad]


def window_fields(kernel: list[int], stride: list[int], dilation: list[int]) -> dict[str, Any]:
    fields: dict[str, Any] = {"kernel_size": short(kernel)}
    if set(stride) != {1}:
        fields["stride"] = short(stride)
    if set(dilation) != {1}:
        fields["dilation"] = short(dilation)
    return fields


def short(sizes: list[int]) -> int | list[int]:
    """One number where all are equal."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "DeformConv": deform_conv,
}
