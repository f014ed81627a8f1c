"""Pools, local response normalisation, resizing, padding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from costcalc.errors import ShapeError
from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.ops.convolution import SAME, Pads, auto_pad, explicit_pads, short
from costcalc.interop.importers.tensors.layout import Atoms, Layout, atom, leaves, mapped, size
from costcalc.interop.importers.tensors.maps import natural, packed
from costcalc.interop.importers.tensors.reducing import reduced_along
from costcalc.interop.importers.tensors.values import Value
from costcalc.shape import output_size

_MODES = {
    "nearest": ("nearest",) * 3,
    "linear": ("linear", "bilinear", "trilinear"),
    "cubic": ("", "bicubic", ""),
}


def max_pool(op: Operation) -> Value:
    """MaxPool; its indices are not known."""
    return _pool(op, "max_pool")


def average_pool(op: Operation) -> Value:
    """AveragePool."""
    return _pool(op, "avg_pool")


def lp_pool(op: Operation) -> Value:
    """LpPool."""
    return _pool(op, "lp_pool", _order(op))


def global_lp_pool(op: Operation) -> Value:
    """GlobalLpPool: a norm over all positions, or a pool of one window."""
    value, fields = op.value(0), _order(op)
    order = fields.get("p", 2)
    if order <= len(_NORMS):
        return reduced_along(op.maps, value, range(2, len(value.dims)), _NORMS[order - 1], True, op.hint)
    producer, sizes = op.windowed(value)
    out = Layout(((),) * len(sizes), mapped(value.axes[1]))
    made = op.maps.emit("lp_pool", op.hint, [producer], out, kernel_size=short(list(sizes)), **fields)
    return Value((*value.axes[:2], *((),) * len(sizes)), made)


_NORMS = ("l1", "l2")


def _order(op: Operation) -> dict[str, int]:
    """The p of a p-norm, which is 2 where nothing is said."""
    order = op.attribute("p", 2)
    if not isinstance(order, int) or order < 1:
        raise RefusedError(f"is a norm of order {order}")
    return {} if order == 2 else {"p": order}


def _pool(op: Operation, kind: str, more: Mapping[str, Any] | None = None) -> Value:
    value = op.value(0)
    producer, sizes = op.windowed(value)
    rank = len(sizes)
    kernel, stride = op.int_list("kernel_shape", rank, 0), op.int_list("strides", rank, 1)
    if min(kernel) < 1 or min(stride) < 1:
        raise RefusedError(f"has a window of {kernel} and a stride of {stride}")
    dilation = op.int_list("dilations", rank, 1)
    if min(dilation) < 1:
        raise RefusedError(f"has a dilation of {dilation}")
    fields: dict[str, Any] = {"kernel_size": short(kernel), **(more or {})}
    if set(dilation) != {1}:
        fields["dilation"] = short(dilation)
    reach = [step * (taps - 1) + 1 for taps, step in zip(kernel, dilation, strict=True)]
    if stride != kernel:
        fields["stride"] = short(stride)
    auto = auto_pad(op)
    if auto in SAME:
        fields["padding"] = "same"
        out = [-(-length // step) for length, step in zip(sizes, stride, strict=True)]
    else:
        pads = [(0, 0)] * rank if auto == "VALID" else explicit_pads(op, rank)
        out = _pooled(sizes, reach, stride, pads, bool(op.attribute("ceil_mode", 0)))
        fields |= _pool_padding(pads)
        if out != _pooled(sizes, reach, stride, pads, False):
            fields["ceil_mode"] = True
    spatial = tuple(atom(length) for length in out)
    made = op.maps.emit(kind, op.hint, [producer], Layout(spatial, mapped(value.axes[1])), **fields)
    return Value((*value.axes[:2], *spatial), made)


def _pooled(sizes: Sequence[int], kernel: list[int], stride: list[int], pads: Pads, ceil: bool) -> list[int]:
    """The output sizes; rounded up where the last window starts inside the input or what is before it."""
    found = []
    for length, taps, step, (before, after) in zip(sizes, kernel, stride, pads, strict=True):
        try:
            out = output_size(length, taps, step, 1, (before, after))
        except ShapeError as error:
            raise RefusedError(error.message) from None
        more = ceil and (length + before + after - taps) % step and out * step < length + before
        found.append(out + 1 if more else out)
    return found


def _pool_padding(pads: Pads) -> dict[str, Any]:
    if not any(amount for pad in pads for amount in pad):
        return {}
    if all(before == after for before, after in pads):
        return {"padding": short([before for before, _ in pads])}
    return {"padding": [amount for pad in pads for amount in pad]}


def global_average_pool(op: Operation) -> Value:
    """GlobalAveragePool."""
    return pooled_over(op, op.value(0), range(2, len(op.value(0).dims)), "avg", keep=True)


def global_max_pool(op: Operation) -> Value:
    """GlobalMaxPool."""
    return pooled_over(op, op.value(0), range(2, len(op.value(0).dims)), "max", keep=True)


def pooled_over(op: Operation, value: Value, axes: Sequence[int], how: str, keep: bool) -> Value:
    """The mean (``avg``) or largest (``max``) number along some axes, which stay with size 1 or go."""
    gone = [leaves(value.axes[axis]) for axis in axes]
    kept: list[Atoms] = [() if index in axes else axis for index, axis in enumerate(value.axes)]
    if any(each.batch for axis in gone for each in axis):
        raise BatchError("works across the examples of the batch")
    new = tuple(axis for index, axis in enumerate(kept) if keep or index not in axes)
    flat = tuple(each for axis in gone for each in axis)
    if not flat:
        return Value(new, value.producer, value.via)
    wish = packed(gone, tuple(each for axis in kept for each in axis))
    have = op.maps.layout(value, wish)
    if set(flat) <= {each for axis in have.spatial for each in axis} and all(
        set(axis) <= set(flat) or set(axis).isdisjoint(flat) for axis in have.spatial
    ):
        return Value(new, _window(op, value, have, flat, how), op.hint)
    producer = op.maps.placed(value, wish, op.hint)
    out = Layout(((),) * len(wish.spatial), wish.channels)
    return Value(new, op.maps.emit(f"global_{how}_pool", op.hint, [producer], out), op.hint)


def _window(op: Operation, value: Value, have: Layout, gone: Atoms, how: str) -> Any:
    """The pool of a map over whole spatial axes: all of them, or some."""
    producer = op.maps.placed(value, have, op.hint)
    out = Layout(tuple(() if set(axis) <= set(gone) else axis for axis in have.spatial), have.channels)
    if not any(out.spatial):
        return op.maps.emit(f"global_{how}_pool", op.hint, [producer], out)
    kernel = [size(axis) if axis and set(axis) <= set(gone) else 1 for axis in have.spatial]
    return op.maps.emit(f"{how}_pool", op.hint, [producer], out, kernel_size=short(kernel))


def lrn(op: Operation) -> Value:
    """LRN, over neighbouring channels."""
    value = op.value(0)
    producer = op.per_channel(value, value.axes[1] if len(value.axes) > 1 else ())
    window = op.attribute("size", 5)
    fields = {} if window == 5 else {"size": window}
    return Value(value.axes, op.maps.emit("lrn", op.hint, [producer], op.maps.layout(value), **fields))


def resize(op: Operation) -> Any:
    """Resize and Upsample, of the spatial axes, by scales or to sizes."""
    value = op.value(0)
    out = _target(op, value.dims)
    if out == list(value.dims):
        return op.operand(0)
    if len(out) != len(value.dims) or out[:2] != list(value.dims[:2]) or min(out) < 1:
        raise RefusedError(f"resizes more than spatial axes: {list(value.dims)} to {out}")
    producer, sizes = op.windowed(value)
    mode = op.attribute("mode", "nearest")
    name = _MODES.get(mode, ("", "", ""))[len(sizes) - 1]
    if not name:
        raise RefusedError(f"resizes {len(sizes)} axes in the mode {mode}, which there is no layer kind for")
    fields: dict[str, Any] = {} if name == "nearest" else {"mode": name}
    if all(new % old == 0 for new, old in zip(out[2:], sizes, strict=True)):
        fields = {"scale": short([new // old for new, old in zip(out[2:], sizes, strict=True)]), **fields}
    else:
        fields = {"size": short(out[2:]), **fields}
    spatial = tuple(atom(length) for length in out[2:])
    made = op.maps.emit("upsample", op.hint, [producer], Layout(spatial, mapped(value.axes[1])), **fields)
    return Value((*value.axes[:2], *spatial), made)


def _target(op: Operation, dims: tuple[int, ...]) -> list[int]:
    if op.opset >= 11 and op.type == "Resize":
        axes = op.attribute("axes", []) or range(len(dims))
        scales, sizes = op.numbers(2, "scales"), op.ints(3, "sizes")
    else:
        axes = range(len(dims))
        scales, sizes = op.attribute("scales", []) or op.numbers(1, "scales"), None
    given = sizes or scales
    if (
        not given
        or len(given) != len(axes)
        or op.attribute("keep_aspect_ratio_policy", "stretch") != "stretch"
    ):
        raise RefusedError("has neither scales nor sizes for its axes")
    out = list(dims)
    for axis, each in zip(axes, given, strict=True):
        out[axis] = int(each) if sizes else int(dims[axis] * _tidy(float(each)))
    return out


def _tidy(scale: float) -> float:
    """A scale that is a ratio of small numbers as that: 1.9999999 is 2."""
    from fractions import Fraction

    tidy = Fraction(scale).limit_denominator(4096)
    return float(tidy) if abs(float(tidy) - scale) < 1e-6 else scale


def pad(op: Operation) -> Any:
    """Pad, in any axis but the batch's; a negative one takes away."""
    value = op.value(0)
    rank = len(value.dims)
    given = op.attribute("pads", []) or op.attribute("paddings", []) or op.ints(1, "pads") or []
    axes = op.axes(rank, 3) or list(range(rank))
    if len(given) != 2 * len(axes):
        raise RefusedError(f"has {len(given)} pads for {len(axes)} axes")
    pads = [(0, 0)] * rank
    for place, axis in enumerate(axes):
        pads[axis] = (given[place], given[place + len(axes)])
    for axis, (before, after) in enumerate(pads):
        if before < 0 or after < 0:
            stop = value.dims[axis] + min(after, 0)
            if -min(before, 0) >= stop:
                raise RefusedError("its padding leaves nothing of the input")
            value = op.maps.sliced(value, axis, -min(before, 0), stop, op.hint)
            pads[axis] = (max(before, 0), max(after, 0))
    return padded(op, value, pads)


def padded(op: Operation, value: Value, pads: Sequence[tuple[int, int]]) -> Value:
    """A value with more before and after along its axes."""
    longer = [axis for axis, amounts in enumerate(pads) if any(amounts)]
    if not longer:
        return value
    if any(each.batch for axis in longer for each in leaves(value.axes[axis])):
        raise BatchError("pads the batch")
    have = op.maps.layout(value)
    groups = [*have.spatial, have.channels]
    if not all(leaves(value.axes[axis]) in groups and leaves(value.axes[axis]) for axis in longer):
        have = natural(value.axes)
        groups = [*have.spatial, have.channels]
    producer = op.maps.placed(value, have, op.hint)
    amounts = [(0, 0)] * len(groups)
    axes = [*value.axes]
    for axis in longer:
        own = leaves(axes[axis])
        if own not in groups:
            raise RefusedError("pads an axis that is no axis of the map")
        where = groups.index(own)
        amounts[where] = pads[axis]
        groups[where] = axes[axis] = atom(size(own) + sum(pads[axis]))
    fields: dict[str, Any] = {}
    if any(map(any, amounts[:-1])):
        fields["padding"] = _pool_padding(list(amounts[:-1]))["padding"]
    if any(amounts[-1]):
        fields["channels"] = list(amounts[-1])
    out = Layout(tuple(groups[:-1]), groups[-1])
    return Value(tuple(axes), op.maps.emit("pad", op.hint, [producer], out, **fields))


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "LpPool": lp_pool,
    "GlobalLpPool": global_lp_pool,
    "GlobalAveragePool": global_average_pool,
    "GlobalMaxPool": global_max_pool,
    "LRN": lrn,
    "Resize": resize,
    "Upsample": resize,
    "Pad": pad,
}
