"""Slice, Split, CenterCropPad, Concat, ReverseSequence: slices of maps, and maps put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model import fold
from costcalc.interop.importers.onnx_model.operation import Operand, Operation
from costcalc.interop.importers.onnx_model.ops.pools import padded
from costcalc.interop.importers.onnx_model.values import Tensor, known
from costcalc.interop.importers.tensors.layout import leaves, regrouped
from costcalc.interop.importers.tensors.values import Value

_FAR = 2**31


def slice_(op: Operation) -> Operand:
    """Slice, along some axes, by steps."""
    operand = op.operand(0)
    rank = len(operand.dims)
    starts = op.attribute("starts", []) or op.ints(1, "starts") or []
    ends = op.attribute("ends", []) or op.ints(2, "ends") or []
    axes = op.axes(rank, 3) or list(range(len(starts)))
    steps = op.ints(4, "steps") or [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or len(axes) > rank:
        raise RefusedError(
            f"has {len(starts)} starts, {len(ends)} ends, {len(axes)} axes and {len(steps)} steps"
        )
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if step == 0:
            raise RefusedError("has a step of 0")
        places = range(operand.dims[axis])[slice(_near(start), _near(end), step)]
        operand = _slices(op, operand, axis, places)
    return operand


def _near(place: int) -> int | None:
    """A start or end as Python takes it: an end far below is before the first."""
    return None if place < -_FAR else min(place, _FAR)


def _slices(op: Operation, operand: Operand, axis: int, places: range) -> Operand:
    """What stands at evenly spaced places along an axis."""
    length = operand.dims[axis]
    if isinstance(operand, Tensor):
        return of_tensor(operand, axis, places)
    if len(places) == 0:
        raise RefusedError(f"takes nothing of an axis of {length}")
    if places.step in (1, -1):  # backwards it is the same piece in another order
        low, high = min(places), max(places) + 1
        return (
            operand
            if high - low == length
            else op.maps.sliced(op.as_value(operand), axis, low, high, op.hint)
        )
    return _every(op, op.as_value(operand), axis, places)


def _every(op: Operation, value: Value, axis: int, places: range) -> Value:
    """Every n-th: the axis as n parts, of which one is taken."""
    step, length = abs(places.step), value.dims[axis]
    first = min(places)
    if length % step or first >= step or len(places) != length // step:
        raise RefusedError(f"takes every {step}th of {length}: read only where that divides it")
    parts = regrouped(leaves(value.axes[axis]), [length // step, step])
    if parts is None:
        value = op.maps.renewed(value, value.dims, op.hint)
        parts = regrouped(value.axes[axis], [length // step, step])
        assert parts is not None
    apart = Value((*value.axes[:axis], *parts, *value.axes[axis + 1 :]), value.producer, value.via)
    piece = op.maps.sliced(apart, axis + 1, first, first + 1, op.hint)
    return Value((*piece.axes[: axis + 1], *piece.axes[axis + 2 :]), piece.producer, piece.via)


def of_tensor(tensor: Tensor, axis: int, places: Sequence[int]) -> Tensor:
    """What stands in a tensor of the file at some places along an axis."""
    dims = (*tensor.dims[:axis], len(places), *tensor.dims[axis + 1 :])
    if places == range(tensor.dims[axis]):
        return tensor

    def read() -> Any:
        values = tensor.values()
        return None if values is None else tuple(fold.taken(values, tensor.dims, axis, places))

    key = (tensor.key, axis, places) if isinstance(places, range) else object()
    return replace(tensor, key=key, dims=dims, read=read)


def center_crop_pad(op: Operation) -> Value:
    """CenterCropPad: the middle of an axis, or an axis with more around it."""
    value, sizes = op.value(0), op.ints(1, "shape") or []
    axes = op.axes(len(value.dims), 2) or list(range(len(value.dims)))
    if len(sizes) != len(axes) or min(sizes) < 1:
        raise RefusedError(f"makes {sizes} of {len(axes)} axes")
    pads = [(0, 0)] * len(value.dims)
    for axis, wanted in zip(axes, sizes, strict=True):
        less = value.dims[axis] - wanted
        if less > 0:
            value = op.maps.sliced(value, axis, less // 2, less // 2 + wanted, op.hint)
        else:
            pads[axis] = (-less // 2, -less - -less // 2)
    return padded(op, value, pads)


def reversed_(op: Operation) -> Operand:
    """ReverseSequence: the same elements in other places."""
    operand = op.operand(0)
    if isinstance(operand, Tensor):
        return replace(operand, key=object(), read=lambda: None)
    return op.as_value(operand)


def split(op: Operation) -> list[Operand]:
    """Split, in equal parts or in given ones; a part that nobody takes makes no layer."""
    operand = op.operand(0)
    axis = op.axis(op.attribute("axis", 0), len(operand.dims))
    length, count = operand.dims[axis], len(op.node.outputs)
    sizes = op.attribute("split", []) or op.ints(1, "split")
    if not sizes:
        part = -(-length // count)
        sizes = [part] * (count - 1) + [length - part * (count - 1)]
    if len(sizes) != count or sum(sizes) != length or min(sizes) < 1:
        raise RefusedError(f"splits an axis of {length} as {sizes}")
    starts = [sum(sizes[:at]) for at in range(count)]
    return [
        _slices(op, operand, axis, range(start, start + part)) if op.used(at) else operand
        for at, (start, part) in enumerate(zip(starts, sizes, strict=True))
    ]


def concat(op: Operation) -> Operand:
    """Concat; numbers of the file are joined as numbers, zeros around a map pad it."""
    operands = op.operands()
    rank = len(operands[0].dims)
    axis = op.axis(op.attribute("axis", 1), rank)
    if any(len(operand.dims) != rank for operand in operands):
        raise RefusedError("concatenates tensors with different numbers of axes")
    if all(isinstance(operand, Tensor) and not operand.learned for operand in operands):
        return _joined([operand for operand in operands if isinstance(operand, Tensor)], axis)
    fixed = [isinstance(operand, Tensor) and not operand.learned for operand in operands]
    first = fixed.index(False)
    last = len(fixed) - fixed[::-1].index(False)
    values = [op.as_value(operand) for operand in operands[first:last]]
    value = values[0] if len(values) == 1 else op.maps.concatenated(values, axis, op.hint)
    around = [sum(each.dims[axis] for each in some) for some in (operands[:first], operands[last:])]
    pads = [(0, 0)] * rank
    pads[axis] = (around[0], around[1])
    return padded(op, value, pads)


def _joined(tensors: list[Tensor], axis: int) -> Tensor:
    dims = list(tensors[0].dims)
    dims[axis] = sum(tensor.dims[axis] for tensor in tensors)

    def read() -> Any:
        parts = [(tensor.values(), tensor.dims) for tensor in tensors]
        whole = [(values, each) for values, each in parts if values is not None]
        return tuple(fold.concatenated(whole, axis)) if len(whole) == len(parts) else None

    return replace(known((), tuple(dims), tensors[0].data_type), read=read)


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "Slice": slice_,
    "CenterCropPad": center_crop_pad,
    "ReverseSequence": reversed_,
    "Split": split,
    "Concat": concat,
}
