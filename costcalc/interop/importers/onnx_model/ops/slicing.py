"""Slice, Split, Gather, Concat: slices of maps, and maps put together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.onnx_model import fold
from costcalc.interop.importers.onnx_model.operation import Operand, Operation
from costcalc.interop.importers.onnx_model.ops.pools import padded
from costcalc.interop.importers.onnx_model.ops.views import viewed
from costcalc.interop.importers.onnx_model.proto import MAX_VALUES
from costcalc.interop.importers.onnx_model.values import Tensor, known
from costcalc.interop.importers.tensors.layout import Layout, atom, leaves, regrouped
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
        return _of_tensor(operand, axis, places)
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


def _of_tensor(tensor: Tensor, axis: int, places: Sequence[int]) -> Tensor:
    dims = (*tensor.dims[:axis], len(places), *tensor.dims[axis + 1 :])
    if places == range(tensor.dims[axis]):
        return tensor

    def read() -> Any:
        values = tensor.values()
        return None if values is None else tuple(fold.taken(values, tensor.dims, axis, places))

    key = (tensor.key, axis, places) if isinstance(places, range) else object()
    return replace(tensor, key=key, dims=dims, read=read)


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


def gather(op: Operation) -> Operand:
    """Gather at places that are known."""
    operand, indices = op.operand(0), op.operand(1)
    rank = len(operand.dims)
    axis = op.axis(op.attribute("axis", 0), rank)
    length = operand.dims[axis]
    if not isinstance(indices, Tensor):
        raise RefusedError(
            "looks up places that the model computes or is given, which there is no layer kind for"
        )
    constant = isinstance(operand, Tensor) and not operand.learned
    values = op.known_numbers(indices)
    if values is None:  # cost and shape do not depend on which places they are
        places = list(range(indices.elements)) if indices.elements <= MAX_VALUES else []
        places = [place % length for place in places]
    else:
        places = [int(place) for place in values]
    dims = (*operand.dims[:axis], *indices.dims, *operand.dims[axis + 1 :])
    if any(not -length <= place < length for place in places):
        raise RefusedError(f"looks up places outside of an axis of {length}")
    places = [place % length for place in places]
    if isinstance(operand, Tensor) and constant:
        if values is None:
            return replace(operand, key=object(), dims=dims, read=lambda: None)
        return replace(_of_tensor(operand, axis, places), dims=dims)
    if values is None or indices.elements > length:
        value = _rows(op, op.as_value(operand), axis, indices.elements)
    else:
        value = _taken(op, op.as_value(operand), axis, places)
    if len(indices.dims) == 1:
        return value
    parts = regrouped(value.axes[axis], indices.dims)
    assert parts is not None
    return Value((*value.axes[:axis], *parts, *value.axes[axis + 1 :]), value.producer, value.via)


def gather_nd(op: Operation) -> Operand:
    """GatherND of whole rows: the axes that the places name become one."""
    operand, indices = op.operand(0), op.operand(1)
    if not isinstance(indices, Tensor) or not indices.dims or op.attribute("batch_dims", 0):
        raise RefusedError(
            "looks up places that the model computes or is given, which there is no layer kind for"
        )
    named = indices.dims[-1]
    if not 1 <= named <= len(operand.dims):
        raise RefusedError(f"names {named} axes of {len(operand.dims)}")
    rest, rows = operand.dims[named:], indices.dims[:-1]
    if isinstance(operand, Tensor) and not operand.learned:
        return replace(operand, key=object(), dims=(*rows, *rest), read=lambda: None)
    flat = op.as_value(viewed(op, operand, (math.prod(operand.dims[:named]), *rest)))
    return viewed(op, _rows(op, flat, 0, math.prod(rows)), (*rows, *rest))


def _taken(op: Operation, value: Value, axis: int, places: Sequence[int]) -> Value:
    """A map at known places along an axis: a piece, or others."""
    low = min(places)
    if sorted(places) == list(range(low, low + len(places))):
        return op.maps.sliced(value, axis, low, low + len(places), op.hint)
    return _rows(op, value, axis, len(places))


def _rows(op: Operation, value: Value, axis: int, count: int) -> Value:
    """So many rows of a map along an axis, whichever they are: all in another order, fewer, or repeated."""
    along = leaves(value.axes[axis])
    if any(each.batch for each in along) or not count:
        raise BatchError("takes examples of the batch apart") if count else RefusedError("takes nothing")
    new = atom(count)
    axes = (*value.axes[:axis], new, *value.axes[axis + 1 :])
    rest = tuple(each for each in value.atoms if each not in set(along) and not each.batch)
    producer = op.maps.placed(value, Layout((along,), rest), op.hint)
    return Value(axes, op.maps.emit("gather", op.hint, [producer], Layout((new,), rest), positions=count))


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
    "Split": split,
    "Gather": gather,
    "GatherND": gather_nd,
    "Concat": concat,
}
