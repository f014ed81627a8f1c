"""Sums and products element by element, and concatenation."""

from __future__ import annotations

from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Axes
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall, of_maps
from costcalc.interop.importers.torch_export.state import Operand

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
_COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne", "maximum", "minimum")


def join(call: OperatorCall) -> Operand:
    """Sum or product. With a number, a constant or a statistic it changes no shape and costs nothing: no layer."""
    operands = [call.operand(name) for name in ("self", "other") if call.has(name)]
    maps = [operand for operand in operands if isinstance(operand, Value)]
    if len(maps) == 2:
        return call.maps.joined(_KINDS[call.step.operation], maps, call.hint(_KINDS[call.step.operation]))
    return _scaled(call, maps[0])


def _scaled(call: OperatorCall, value: Value) -> Value:
    if value.dims == call.sizes or len(value.dims) == len(call.sizes):
        return value
    axes: Axes = ((),) * (len(call.sizes) - len(value.axes)) + value.axes
    return Value(axes, value.producer, value.via)


def multiplied_and_added(call: OperatorCall) -> Operand:
    """``addcmul`` and ``addcdiv``: a sum of one operand and the product of two."""
    kind = "multiply"
    made = call.operand("self")
    factors = [call.operand(name) for name in ("tensor1", "tensor2")]
    maps = [each for each in factors if isinstance(each, Value)]
    if maps:
        product = call.maps.joined(kind, maps, call.hint(kind)) if len(maps) > 1 else maps[0]
        made = (
            call.maps.joined("add", [made, product], call.hint("add")) if isinstance(made, Value) else product
        )
    assert isinstance(made, Value)
    return _scaled(call, made)


def blended(call: OperatorCall) -> Operand:
    """``lerp``: a weighted sum of two operands, by fixed weights."""
    if _is_value(call, "weight"):
        raise RefusedError("blends by weights that follow from the input")
    maps = [each for each in (call.operand("self"), call.operand("end")) if isinstance(each, Value)]
    return call.maps.joined("add", maps, call.hint("add")) if len(maps) > 1 else _scaled(call, maps[0])


def compared(call: OperatorCall) -> Operand:
    """A comparison, or the larger of two, with what does not follow from the input: as an elementwise function."""
    maps = [call.operand(name) for name in ("self", "other") if _is_value(call, name)]
    if len(maps) > 1:
        raise RefusedError("compares two maps, for which there is no kind")
    assert isinstance(maps[0], Value)
    return _scaled(call, maps[0])


def power(call: OperatorCall) -> Operand:
    """To a constant power: an elementwise function of one map."""
    if call.has("self") and isinstance(call.operand("self"), Value) and not _is_value(call, "exponent"):
        return call.operand("self")
    raise RefusedError("raises to a power that follows from the input")


def chosen(call: OperatorCall) -> Operand:
    """``where``: a map or a constant, by a mask: one that follows from the input multiplies the map."""
    found = [call.operand(name) for name in ("self", "other") if call.has(name)]
    maps = [operand for operand in found if isinstance(operand, Value)]
    if len(maps) != 1:
        raise RefusedError("chooses between two maps")
    mask = call.operand("condition")
    if isinstance(mask, Value):
        return call.maps.joined("multiply", [maps[0], mask], call.hint("multiply"))
    return _scaled(call, maps[0])


def concatenation(call: OperatorCall) -> Operand:
    """``cat``: along an axis. What has no elements is left out."""
    references = [each for each in call.operands("tensors") if 0 not in call.sizes_of(each)]
    values = [call.whole(each) for each in references]
    if len(values) == 1:
        return values[0]
    axis = call.argument("dim", 0) % len(call.sizes)
    return call.maps.concatenated(values, axis, call.hint("concat"))


def stacked(call: OperatorCall) -> Operand:
    """``stack``: along a new axis."""
    axis = call.argument("dim", 0) % len(call.sizes)
    values = [call.whole(each) for each in call.operands("tensors")]
    raised = [Value((*v.axes[:axis], (), *v.axes[axis:]), v.producer, v.via) for v in values]
    return raised[0] if len(raised) == 1 else call.maps.concatenated(raised, axis, call.hint("stack"))


def expanded(call: OperatorCall) -> Operand:
    """``expand``: the axes stay of size 1 until an operation needs them whole; additions never do."""
    return _scaled(call, call.unrepeated("self"))


def _is_value(call: OperatorCall, name: str) -> Any:
    return call.has(name) and isinstance(call.operand(name), Value)


HANDLERS = {
    **dict.fromkeys(_KINDS, join),
    **dict.fromkeys(("addcmul", "addcdiv"), multiplied_and_added),
    "lerp": blended,
    **dict.fromkeys(_COMPARISONS, compared),
    "pow": power,
    "where": chosen,
    "cat": concatenation,
    "concat": concatenation,
    "concatenate": concatenation,
    "stack": stacked,
    **of_maps(dict.fromkeys(("expand", "expand_as", "broadcast_to"), expanded)),
}
