"""Reductions: a mean, a sum, an extreme or a norm along axes, or the index of an extreme."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.onnx_model.expressions import REDUCTIONS
from costcalc.interop.importers.onnx_model.operation import Operand, Operation
from costcalc.interop.importers.onnx_model.ops.constants import reduced_numbers
from costcalc.interop.importers.onnx_model.ops.pools import pooled_over
from costcalc.interop.importers.onnx_model.values import Tensor, known
from costcalc.interop.importers.tensors.layout import leaves
from costcalc.interop.importers.tensors.reducing import largest_along, reduced_along
from costcalc.interop.importers.tensors.values import Value

_POOLS = {"ReduceMean": "avg", "ReduceMax": "max"}
#: Operator -> function of ``reduce``, what is done before it, and after it.
_FUNCTIONS: Mapping[str, tuple[str, str, str]] = {
    "ReduceSum": ("sum", "", ""),
    "ReduceMin": ("min", "", ""),
    "ReduceProd": ("product", "", ""),
    "ReduceL1": ("l1", "", ""),
    "ReduceL2": ("l2", "", ""),
    "ReduceSumSquare": ("sum", "square", ""),
    "ReduceLogSum": ("sum", "", "log"),
    "ReduceLogSumExp": ("logsumexp", "", ""),
}


def reduction(op: Operation) -> Operand:
    """A reduction of a node. One that keeps its axes may be part of a normalisation."""
    operand = op.operand(0)
    rank = len(operand.dims)
    axes = op.axes(rank)
    if axes is None:
        axes = [] if op.attribute("noop_with_empty_axes", 0) else list(range(rank))
    if isinstance(operand, Tensor):
        if not (operand.learned and operand.origin == "weight"):
            return reduced_numbers(op, operand, axes)
        operand = op.as_value(operand)
    if not op.attribute("keepdims", 1):
        return reduced(op, op.as_value(operand), axes, keep=False)
    kept = tuple(1 if axis in axes else length for axis, length in enumerate(operand.dims))
    deferred = op.defer([operand], axes=sorted(axes))
    deferred.dims = kept
    return deferred


def reduced(op: Operation, value: Value, axes: Sequence[int], keep: bool) -> Value:
    """What the node's reduction makes of a map along some axes, which stay with size 1 or go."""
    if op.type in _POOLS:
        return pooled_over(op, value, axes, _POOLS[op.type], keep)
    function, before, after = _FUNCTIONS[op.type]
    if before:
        value = _by_element(op, value, before)
    value = along_axes(op, value, axes, function, keep)
    return _by_element(op, value, after) if after else value


def _by_element(op: Operation, value: Value, function: str) -> Value:
    layout = op.maps.layout(value)
    return Value(
        value.axes, op.maps.emit("elementwise", op.hint, [value.producer], layout, function=function)
    )


def index_of_extreme(op: Operation) -> Operand:
    """ArgMax and ArgMin."""
    operand = op.operand(0)
    axis, keep = op.axis(op.attribute("axis", 0), len(operand.dims)), bool(op.attribute("keepdims", 1))
    if isinstance(operand, Tensor) and not operand.learned:
        dims = (*operand.dims[:axis], *([1] if keep else []), *operand.dims[axis + 1 :])
        return replace(known((), dims), read=lambda: None)
    return along_axes(op, op.as_value(operand), [axis], op.type.lower(), keep)


def top_k(op: Operation) -> list[Value]:
    """TopK: the largest, and where they were."""
    value = op.value(0)
    axis = op.axis(op.attribute("axis", -1), len(value.axes))
    (given,) = (op.ints(1, "k") or [0]) if len(op.node.inputs) > 1 else [op.attribute("k", 0)]
    if any(each.batch for each in leaves(value.axes[axis])):
        raise BatchError("works across the examples of the batch")
    if not 1 <= given <= value.dims[axis]:
        raise RefusedError(f"takes the {given} largest of {value.dims[axis]}")
    found = largest_along(op.maps, value, axis, given, op.hint)
    return [found, found]


def along_axes(op: Operation, value: Value, axes: Sequence[int], function: str, keep: bool) -> Value:
    """``reduce`` along some axes of a value."""
    if any(each.batch for axis in axes for each in leaves(value.axes[axis])):
        raise BatchError("works across the examples of the batch")
    return reduced_along(op.maps, value, axes, function, keep, op.hint)


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    **dict.fromkeys(REDUCTIONS, reduction),
    "ArgMax": index_of_extreme,
    "ArgMin": index_of_extreme,
    "TopK": top_k,
}
