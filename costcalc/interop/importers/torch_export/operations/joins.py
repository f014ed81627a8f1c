"""Sums and products element by element, and concatenation."""

from __future__ import annotations

from costcalc.interop.importers.tensors.layout import Axes
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall, of_maps
from costcalc.interop.importers.torch_export.state import Operand

_KINDS = {
    "add": "add",
    "sub": "subtract",
    "subtract": "subtract",
    "rsub": "subtract",
    "__radd__": "add",
    "mul": "multiply",
    "multiply": "multiply",
    "div": "divide",
    "true_divide": "divide",
    "divide": "divide",
    "floor_divide": "divide",
    "remainder": "divide",
    "fmod": "divide",
    "maximum": "maximum",
    "fmax": "maximum",
    "minimum": "minimum",
    "fmin": "minimum",
    **dict.fromkeys(("logical_and", "bitwise_and", "__and__"), "minimum"),
    **dict.fromkeys(("logical_or", "bitwise_or", "__or__"), "maximum"),
    **dict.fromkeys(("logical_xor", "bitwise_xor", "gt", "ge", "lt", "le", "eq", "ne"), "compare"),
}
_DIVISIONS = ("div", "true_divide", "divide")


def join(call: OperatorCall) -> Operand:
    """A sum, product, comparison, … of two maps. With a number or a constant it changes no shape: no layer."""
    operands = [call.operand(name) for name in ("self", "other") if call.has(name)]
    maps = [operand for operand in operands if isinstance(operand, Value)]
    kind = _KINDS[call.step.operation]
    if len(maps) == 2:
        order = maps[::-1] if call.step.operation == "rsub" else maps
        return call.maps.joined(kind, order, call.hint(kind))
    if call.step.operation in _DIVISIONS and not isinstance(operands[0], Value):
        return _scaled(call, call.like("elementwise", maps[0], function="reciprocal"))
    return _scaled(call, maps[0])


def _scaled(call: OperatorCall, value: Value) -> Value:
    if value.dims == call.sizes or len(value.dims) == len(call.sizes):
        return value
    axes: Axes = ((),) * (len(call.sizes) - len(value.axes)) + value.axes
    return Value(axes, value.producer, value.via)


def multiplied_and_added(call: OperatorCall) -> Operand:
    """``addcmul`` and ``addcdiv``: a sum of one operand and the product, or quotient, of two."""
    kind = "divide" if call.step.operation == "addcdiv" else "multiply"
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
    """``lerp``: one operand, and a part of its difference from the other."""
    start, end = call.operand("self"), call.operand("end")
    weight = call.operand("weight") if call.has("weight") else None
    if isinstance(weight, Value):
        start, end = call.as_value(start), call.as_value(end)
        step = call.maps.joined("subtract", [end, start], call.hint("subtract"))
        step = call.maps.joined("multiply", [step, weight], call.hint("multiply"))
        return call.maps.joined("add", [start, step], call.hint("add"))
    maps = [each for each in (start, end) if isinstance(each, Value)]
    return call.maps.joined("add", maps, call.hint("add")) if len(maps) > 1 else _scaled(call, maps[0])


#: An exponent with a name of its own.
_POWERS = {2: "square", 0.5: "sqrt", -0.5: "rsqrt", -1: "reciprocal"}


def power(call: OperatorCall) -> Operand:
    """To a power: of a map to a number, of a number to a map (an exponential), of a map to a map."""
    base = call.operand("self") if call.has("self") else None
    exponent = call.operand("exponent") if call.has("exponent") else None
    if not isinstance(base, Value):
        assert isinstance(exponent, Value)
        return _scaled(call, call.like("elementwise", exponent, function="exp"))
    if isinstance(exponent, Value):
        base = call.maps.joined("multiply", [base, exponent], call.hint("multiply"))
    number = call.argument("exponent", None)
    function = "pow" if exponent is not None else _POWERS.get(number, "pow")
    return _scaled(call, base if number == 1 else call.like("elementwise", base, function=function))


def chosen(call: OperatorCall) -> Operand:
    """``where``: of a mask that is fixed it is the map; else all three, what is fixed as a parameter."""
    found = [call.operand(name) for name in ("self", "other") if call.has(name)]
    maps = [operand for operand in found if isinstance(operand, Value)]
    mask = call.operand("condition")
    if isinstance(mask, Value) or len(maps) > 1:
        numbers = [call.as_value(each) for each in (mask, *found)]
        kind = "where" if len(numbers) > 2 else "multiply"
        return call.maps.joined(kind, numbers, call.hint(kind))
    return _scaled(call, maps[0])


def masked(call: OperatorCall) -> Operand:
    """``masked_fill`` by a mask that follows from the input chooses; by a fixed one it costs nothing."""
    mask = call.operand("mask")
    value = call.operand("self")
    if not isinstance(mask, Value):
        return call.unrepeated("self") if isinstance(value, Value) else call.unfollowed(value)
    if not isinstance(value, Value):
        return _scaled(call, mask)
    return call.maps.joined("multiply", [value, mask], call.hint("multiply"))


def copied(call: OperatorCall) -> Operand:
    """``copy``: what is copied, at the sizes of what it is copied to."""
    return _scaled(call, call.as_value(call.operand("src")))


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


HANDLERS = {
    **dict.fromkeys(_KINDS, join),
    **dict.fromkeys(("addcmul", "addcdiv"), multiplied_and_added),
    "lerp": blended,
    "masked_fill": masked,
    "copy": copied,
    "pow": power,
    "where": chosen,
    "cat": concatenation,
    "concat": concatenation,
    "concatenate": concatenation,
    "stack": stacked,
    **of_maps(dict.fromkeys(("expand", "expand_as", "broadcast_to"), expanded)),
}
