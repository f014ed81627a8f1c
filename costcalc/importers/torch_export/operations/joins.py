"""Sums and products element by element, and concatenation."""

from __future__ import annotations

from typing import Any

from costcalc.importers.arrangement.layout import Axes
from costcalc.importers.arrangement.source import Value
from costcalc.importers.errors import RefusedError
from costcalc.importers.torch_export.call import Call, Constant, Operand, Statistic

_KINDS = {
    "add": "add",
    "sub": "add",
    "subtract": "add",
    "rsub": "add",
    "__radd__": "add",
    "mul": "multiply",
    "multiply": "multiply",
    "div": "multiply",
    "true_divide": "multiply",
    "divide": "multiply",
}


def join(call: Call) -> Operand:
    """Sum or product. With a number, a constant or a statistic it changes no shape and costs nothing: no layer."""
    operands = [call.operand(name) for name in ("self", "other") if call.has(name)]
    maps = [operand for operand in operands if isinstance(operand, Value)]
    if len(maps) == 2:
        return call.maps.joined(_KINDS[call.step.operation], maps, call.hint(_KINDS[call.step.operation]))
    return _scaled(call, maps[0])


def _scaled(call: Call, value: Value) -> Value:
    if value.dims == call.sizes or len(value.dims) == len(call.sizes):
        return value
    axes: Axes = ((),) * (len(call.sizes) - len(value.axes)) + value.axes
    return Value(axes, value.source, value.via)


def power(call: Call) -> Operand:
    """To a constant power: an elementwise function of one map."""
    if call.has("self") and isinstance(call.operand("self"), Value) and not _is_value(call, "exponent"):
        return call.operand("self")
    raise RefusedError("raises to a power that follows from the input")


def chosen(call: Call) -> Operand:
    """``where``: one of two values by a mask; of a constant and a map, the map's sizes."""
    found = [call.operand(name) for name in ("self", "other") if call.has(name)]
    maps = [operand for operand in found if isinstance(operand, Value)]
    if _is_value(call, "condition") or len(maps) != 1:
        raise RefusedError("chooses between two maps")
    return _scaled(call, maps[0])


def concatenation(call: Call) -> Operand:
    """``cat``: along an axis. What has no elements is left out."""
    references = [each for each in call.operands("tensors") if 0 not in call.sizes_of(each)]
    values = [call.whole(each) for each in references]
    if len(values) == 1:
        return values[0]
    axis = call.argument("dim", 0) % len(call.sizes)
    return call.maps.concatenated(values, axis, call.hint("concat"))


def stacked(call: Call) -> Operand:
    """``stack``: along a new axis."""
    axis = call.argument("dim", 0) % len(call.sizes)
    values = [call.whole(each) for each in call.operands("tensors")]
    raised = [Value((*v.axes[:axis], (), *v.axes[axis:]), v.source, v.via) for v in values]
    return raised[0] if len(raised) == 1 else call.maps.concatenated(raised, axis, call.hint("stack"))


def expanded(call: Call) -> Operand:
    """``expand``: the axes stay of size 1 until an operation needs them whole; additions never do."""
    operand = call.operand("self")
    if isinstance(operand, Constant):
        return Constant(operand.name, call.sizes)
    if isinstance(operand, Statistic):
        return Statistic(operand.origin, call.sizes)
    return _scaled(call, operand)


def _is_value(call: Call, name: str) -> Any:
    return call.has(name) and isinstance(call.operand(name), Value)


HANDLERS = {
    **dict.fromkeys(_KINDS, join),
    "pow": power,
    "where": chosen,
    "cat": concatenation,
    "concat": concatenation,
    "concatenate": concatenation,
    "stack": stacked,
    "expand": expanded,
    "expand_as": expanded,
    "broadcast_to": expanded,
}
