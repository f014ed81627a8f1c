"""Gather and what is like it: rows at known places, and of a stored table those that the model is told: embeddings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.onnx_model.operation import Operand, Operation
from costcalc.interop.importers.onnx_model.ops.slicing import of_tensor
from costcalc.interop.importers.onnx_model.ops.views import viewed
from costcalc.interop.importers.onnx_model.proto import MAX_VALUES
from costcalc.interop.importers.onnx_model.values import FLOAT, Tensor, known
from costcalc.interop.importers.tensors.layout import Layout, atom, leaves, regrouped
from costcalc.interop.importers.tensors.layout import size as layout_size
from costcalc.interop.importers.tensors.lookups import looked_up_at
from costcalc.interop.importers.tensors.values import Value


def gather(op: Operation) -> Operand:
    """Gather at places that are known."""
    operand, indices = op.operand(0), op.operand(1)
    rank = len(operand.dims)
    axis = op.axis(op.attribute("axis", 0), rank)
    length = operand.dims[axis]
    if not isinstance(indices, Tensor):
        return looked_up(op, operand, axis, op.as_value(indices))
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
        return replace(of_tensor(operand, axis, places), dims=dims)
    if values is None or indices.elements > length:
        value = _rows(op, op.as_value(operand), axis, indices.elements)
    else:
        value = _taken(op, op.as_value(operand), axis, places)
    if len(indices.dims) == 1:
        return value
    parts = regrouped(value.axes[axis], indices.dims)
    assert parts is not None
    return Value((*value.axes[:axis], *parts, *value.axes[axis + 1 :]), value.producer, value.via)


def looked_up(op: Operation, operand: Operand, axis: int, indices: Value) -> Value:
    """The rows of a stored table at places that the model computes or is given: an embedding."""
    if not isinstance(operand, Tensor):
        raise RefusedError(
            "looks up places of a map that the model computes or is given, which there is no layer kind for"
        )
    parts = [atom(length) for length in operand.dims]
    row = tuple(each for at, part in enumerate(parts) if at != axis for each in part)
    fields: dict[str, Any] = {"num_embeddings": operand.dims[axis], "embedding_dim": layout_size(row)}
    producer, out = looked_up_at(op.maps, indices, row, op.hint)
    axes = (*parts[:axis], *indices.axes, *parts[axis + 1 :])
    if operand.learned:
        return Value(axes, op.weighted("embedding", producer, out, {"table": operand}, **fields))
    return Value(axes, op.maps.emit("embedding", op.hint, [producer], out, **fields, trainable=False))


def one_hot(op: Operation) -> Operand:
    """OneHot: each index as a vector of zeros and a one, which is a row of the identity, a table that nobody trains."""
    indices, depth = op.operand(0), op.ints(1, "depth") or []
    if len(depth) != 1 or depth[0] < 1:
        raise RefusedError(f"makes vectors of {depth} numbers")
    rank = len(indices.dims) + 1
    axis = op.axis(op.attribute("axis", -1), rank)
    if isinstance(indices, Tensor):
        dims = (*indices.dims[:axis], depth[0], *indices.dims[axis:])
        return replace(known((), dims, FLOAT), read=lambda: None)
    value, row = op.as_value(indices), atom(depth[0])
    producer, out = looked_up_at(op.maps, value, row, op.hint)
    fields = {"num_embeddings": depth[0], "embedding_dim": depth[0], "trainable": False}
    made = op.maps.emit("embedding", op.hint, [producer], out, **fields)
    return Value((*value.axes[:axis], row, *value.axes[axis:]), made)


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


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "Gather": gather,
    "GatherND": gather_nd,
    "OneHot": one_hot,
}
