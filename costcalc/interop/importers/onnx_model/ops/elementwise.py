"""Elementwise operations: deferred until their result is needed, then read as what they compute."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model import expressions
from costcalc.interop.importers.onnx_model.expressions import ACTIVATIONS, Deferred
from costcalc.interop.importers.onnx_model.operation import Operand, Operation
from costcalc.interop.importers.onnx_model.ops.constants import on_tensors
from costcalc.interop.importers.onnx_model.ops.norms import along
from costcalc.interop.importers.onnx_model.ops.reductions import along_axes, reduced
from costcalc.interop.importers.onnx_model.ops.views import widened
from costcalc.interop.importers.onnx_model.state import ImportState
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import Atoms, leaves, mapped, size
from costcalc.interop.importers.tensors.values import Producer, Value

_SUMS = ("Add", "Sum", "Mean", "Sub")
_PRODUCTS = ("Mul", "Div")
_JOINS = {
    **dict.fromkeys(("Add", "Sum", "Mean"), "add"),
    "Sub": "subtract",
    "Mul": "multiply",
    "Div": "divide",
}
_BIASED = ("conv", "depthwise_conv", "conv_transpose", "linear")
#: An exponent with a name of its own.
_POWERS = {2.0: "square", 0.5: "sqrt", -0.5: "rsqrt", -1.0: "reciprocal"}


def elementwise(op: Operation) -> Operand:
    """Any of one operand or several, number by number."""
    operands = op.operands()
    tensors = [operand for operand in operands if isinstance(operand, Tensor)]
    if len(tensors) == len(operands):
        learned = [tensor for tensor in tensors if tensor.learned and tensor.origin == "weight"]
        if len(learned) < 2 or op.type not in _SUMS + _PRODUCTS:
            return on_tensors(op, tensors)
    if op.type == "Add" and len(operands) == 2 and tensors and _may_be_a_bias(tensors[0]):
        value = operands[0] if operands[1] is tensors[0] else operands[1]
        if isinstance(value, Value) and _as_bias(op, value, tensors[0]):
            return value
    return op.defer(operands)


def _may_be_a_bias(tensor: Tensor) -> bool:
    """Whether one number, stored as a list of one, may be that of a layer of one channel."""
    return tensor.dims == (1,) and tensor.origin == "weight" and tensor.floating


def clip(op: Operation) -> Operand:
    """Clip: its limits are attributes of old, and inputs of newer opsets."""
    operand = op.operand(0)
    limits = dict(expressions.attributes_of(op.node))
    for at, name in ((1, "min"), (2, "max")):
        tensor = op.tensor(at)
        number = None if tensor is None else tensor.scalar()
        if number is not None:
            limits[name] = number
        elif op.has(at):
            raise RefusedError("its limits: not in the file, and not known before the model runs")
    if isinstance(operand, Tensor):
        return _clipped(operand, limits)
    return op.defer([operand], attributes=limits)


def _clipped(tensor: Tensor, limits: Mapping[str, float]) -> Tensor:
    def read() -> Any:
        values = None if tensor.learned else tensor.values()
        low, high = limits.get("min", -math.inf), limits.get("max", math.inf)
        return None if values is None else tuple(min(max(value, low), high) for value in values)

    return replace(tensor, read=read)


def softmax(op: Operation) -> Value:
    """Softmax, LogSoftmax: along whatever axis."""
    value = op.value(0)
    op.axis(op.attribute("axis", -1), len(value.dims))
    return plain(op, value, "softmax" if op.type == "Softmax" else "log_softmax")


def plain(op: Operation, value: Value, kind: str) -> Value:
    """A layer that keeps its map's layout."""
    layout = op.maps.layout(value)
    return Value(value.axes, op.maps.emit(kind, op.hint, [value.producer], layout))


def function_of(op: Operation, value: Value, function: str) -> Value:
    """A function that is no activation."""
    layout = op.maps.layout(value)
    made = op.maps.emit("elementwise", op.hint, [value.producer], layout, function=function)
    return Value(value.axes, made)


def cumulative(op: Operation) -> Operand:
    """CumSum, CumProd: along whatever axis."""
    operand = op.operand(0)
    if isinstance(operand, Tensor) and not operand.learned:
        return replace(operand, key=object(), read=lambda: None)
    return function_of(op, op.as_value(operand), "cumsum")


def prelu(op: Operation) -> Value:
    """PRelu: a slope for each channel, or one for all."""
    value, slope = op.value(0), op.weight(1, "slopes")
    if slope.elements == 1:
        layout = op.maps.layout(value)
        return Value(value.axes, op.weighted("prelu", value.producer, layout, {"slope": slope}, shared=True))
    channels = _covered(value, slope)
    if channels is None or slope.elements != size(mapped(channels)):
        raise RefusedError(f"has slopes of shape {list(slope.dims)}, not one for each channel")
    producer = op.per_channel(value, channels)
    assert producer.layout is not None
    return Value(value.axes, op.weighted("prelu", producer, producer.layout, {"slope": slope}))


def _covered(value: Value, tensor: Tensor) -> Atoms | None:
    """The atoms of the axes that a tensor has a number for; None where it does not fit."""
    if len(tensor.dims) > len(value.dims):
        return None
    found: list[Any] = []
    for axis, own, length in zip(value.axes[::-1], value.dims[::-1], tensor.dims[::-1], strict=False):
        if length == 1:
            continue
        if length != own:
            return None
        found = [*leaves(axis), *found]
    return tuple(found)


# What a deferred node is, now that its result is needed


def resolved(deferred: Deferred, state: ImportState) -> Value:
    """The map that a deferred node makes."""
    op = Operation(state, deferred.node)
    found = state.recogniser.recognised(deferred)
    if found is not None:
        base = op.as_value(found.base)
        if found.function == "scale":
            return base
        if found.axes:
            return along(op, found.function, base, found.axes)
        return plain(op, base, found.function)
    return _as_written(op, deferred)


def _as_written(op: Operation, deferred: Deferred) -> Value:
    name = op.type
    if name in ACTIVATIONS:
        return plain(op, op.as_value(deferred.operands[0]), ACTIVATIONS[name])
    if name == "Expand":
        return op.as_value(widened(op, op.as_value(deferred.operands[0]), deferred.dims))
    if name in expressions.REDUCTIONS:
        return reduced(op, op.as_value(deferred.operands[0]), list(deferred.axes), keep=True)
    if name in expressions.BY_ELEMENT:
        return function_of(op, op.as_value(deferred.operands[0]), expressions.BY_ELEMENT[name])
    if name == "Softsign":
        return _softsign(op, op.as_value(deferred.operands[0]))
    if name in ("IsNaN", "IsInf"):  # a number that is none is not equal to itself
        return op.maps.joined("compare", [op.as_value(deferred.operands[0])] * 2, op.hint)
    if name in expressions.OF_SEVERAL:
        return _of_several(op, expressions.OF_SEVERAL[name], deferred.operands)
    return _power(op, deferred) if name == "Pow" else _joined(op, deferred)


def _softsign(op: Operation, value: Value) -> Value:
    """x / (1 + |x|)."""
    return op.maps.joined("divide", [value, function_of(op, value, "abs")], op.hint)


def hard_max(op: Operation) -> Value:
    """Hardmax: where the largest along an axis stands."""
    value = op.value(0)
    axis = op.axis(op.attribute("axis", -1), len(value.dims))
    return op.maps.joined("compare", [value, along_axes(op, value, [axis], "max", keep=True)], op.hint)


def _power(op: Operation, deferred: Deferred) -> Value:
    """A map to a known power, or a known number to the power of a map."""
    base, exponent = deferred.operands
    if isinstance(base, Tensor) and not base.learned:
        return function_of(op, op.as_value(exponent), "exp")
    if not isinstance(exponent, Tensor) or exponent.learned:
        raise RefusedError("raises to a power that the model computes, which there is no layer kind for")
    number = exponent.scalar()
    return function_of(op, op.as_value(base), "pow" if number is None else _POWERS.get(number, "pow"))


def _of_several(op: Operation, kind: str, operands: Sequence[Operand]) -> Value:
    """The larger or smaller of several maps, a comparison, a choice; known numbers are fixed parameters."""
    maps = [each for each in operands if not isinstance(each, Tensor)]
    numbers = [each for each in operands if isinstance(each, Tensor)]
    if kind in ("maximum", "minimum") and len(maps) == 1 and all(each.elements == 1 for each in numbers):
        return function_of(op, op.as_value(maps[0]), "clip") if numbers else op.as_value(maps[0])
    values = [_fixed(op, each) if isinstance(each, Tensor) else op.as_value(each) for each in operands]
    return values[0] if len(values) == 1 else op.maps.joined(kind, values, op.hint)


def _fixed(op: Operation, tensor: Tensor) -> Value:
    """A tensor of the file as an operand: what is not learned may be of whole numbers."""
    if tensor.learned:
        return op.parameter(tensor)
    return op.maps.parameter(tensor.key, tensor.dims, tensor.name or op.hint, trainable=False)


def _joined(op: Operation, deferred: Deferred) -> Value:
    """A sum, difference, product or quotient of maps, with whatever tensors of the file take part in it."""
    maps = [each for each in deferred.operands if not isinstance(each, Tensor)]
    tensors = [each for each in deferred.operands if isinstance(each, Tensor) and each.elements > 1]
    turned = isinstance(deferred.operands[0], Tensor) and bool(maps)
    if turned and op.type == "Div" and not tensors:
        return function_of(op, op.as_value(maps[0]), "reciprocal")
    if op.type in _SUMS and len(maps) == len(tensors) == 1:
        folded = _as_shift(op, maps[0], tensors[0])
        if folded is not None:
            return folded
    if not maps:
        maps, tensors = [op.parameter(tensors[0])], tensors[1:]
    values = [op.as_value(each) for each in maps]
    value = values[0] if len(values) == 1 else op.maps.joined(_JOINS[op.type], values, op.hint)
    for tensor in tensors:
        value = _with_tensor(op, value, tensor, turned)
    return value


def _with_tensor(op: Operation, value: Value, tensor: Tensor, turned: bool) -> Value:
    """A map with a tensor of the file; the tensor is the first operand where it is ``turned``."""
    if (op.type in _SUMS and _as_bias(op, value, tensor)) or (op.type == "Mul" and _as_scale(value, tensor)):
        return value
    if not tensor.learned and not (turned and op.type == "Div") and _covered(value, tensor) is not None:
        return value
    operands = [value, op.parameter(tensor)]
    return op.maps.joined(_JOINS[op.type], operands[::-1] if turned else operands, op.hint)


def with_bias(op: Operation, value: Value, tensor: Tensor) -> Value:
    """A map and a number for each channel: the bias of what made it, where it may be that, or a sum."""
    if _as_bias(op, value, tensor):
        return value
    return op.maps.joined("add", [value, op.parameter(tensor)], op.hint)


def _as_scale(value: Value, tensor: Tensor) -> bool:
    """Make a product with one number for each channel the scale of the norm before it, where it is that."""
    norm = value.producer
    if norm.kind != "rms_norm" or norm.exposed or norm.fields.get("affine") is not False:
        return False
    if not tensor.learned or not _per_channel(value, tensor):
        return False
    del norm.fields["affine"]
    return True


def _as_bias(op: Operation, value: Value, tensor: Tensor) -> bool:
    """Make a sum with one number for each channel the bias of the layer before it, where it is that."""
    layer = value.producer
    if layer.kind not in _BIASED or layer.exposed or "bias" in layer.weights or not tensor.floating:
        return False
    if not _per_channel(value, tensor):
        return False
    if layer.shares is not None or op.counts(tensor.key):
        layer.weights["bias"] = tensor.key
    else:
        op.counted_elsewhere(layer, tensor.key)
    return True


def _as_shift(op: Operation, scaled: Value | Deferred, shift: Tensor) -> Value | None:
    """A scale, then a shift of each channel after a norm that has neither: its own."""
    if not isinstance(scaled, Deferred) or scaled.node.op_type != "Mul" or scaled.exposed or scaled.resolved:
        return None
    scales = [each for each in scaled.operands if isinstance(each, Tensor)]
    maps = [each for each in scaled.operands if not isinstance(each, Tensor)]
    if len(scales) != 1 or len(maps) != 1:
        return None
    value = op.as_value(maps[0])
    norm: Producer = value.producer
    if norm.fields.get("affine") is not False or norm.exposed or not (scales[0].learned and shift.learned):
        return None
    if not (_per_channel(value, scales[0]) and _per_channel(value, shift)):
        return None
    del norm.fields["affine"]
    return value


def _per_channel(value: Value, tensor: Tensor) -> bool:
    layer = value.producer
    if layer.layout is None:
        return False
    channels = layer.layout.current.channels
    covered = _covered(value, tensor)
    return covered is not None and set(covered) == set(channels) and tensor.elements == size(channels)


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    **dict.fromkeys((*(expressions.FUNCTIONS.keys() - {"Expand"}), *expressions.FOLDED), elementwise),
    "Clip": clip,
    "CumSum": cumulative,
    "CumProd": cumulative,
    "Hardmax": hard_max,
    "Mean": elementwise,
    "Softmax": softmax,
    "LogSoftmax": softmax,
    "PRelu": prelu,
    "com.microsoft:Gelu": elementwise,
    "com.microsoft:QuickGelu": elementwise,
}
