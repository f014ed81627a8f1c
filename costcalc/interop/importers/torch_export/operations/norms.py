"""Normalisations."""

from __future__ import annotations

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Atoms, Layout, leaves
from costcalc.interop.importers.tensors.reducing import reduced_along
from costcalc.interop.importers.tensors.values import Producer, Value
from costcalc.interop.importers.torch_export.call import OperatorCall


def batch_norm(call: OperatorCall) -> Value:
    """Over the second axis. Equal norms share by their weights, or by their statistics where they have no others."""
    value = call.value("input")
    producer = call.per_channel(value, value.axes[1])
    by_itself = call.argument("training", False) and not call.has("running_mean")
    return _affine(call, value, producer, "instance_norm" if by_itself else "batch_norm")


def group_norm(call: OperatorCall) -> Value:
    """Over groups of the second axis."""
    value = call.value("input")
    producer = call.per_channel(value, value.axes[1])
    return _affine(call, value, producer, "group_norm", groups=call.argument("num_groups"))


def instance_norm(call: OperatorCall) -> Value:
    """Each channel by itself; a batch norm where the running statistics are used."""
    if not call.argument("use_input_stats", True):
        return batch_norm(call)
    value = call.value("input")
    producer = call.per_channel(value, value.axes[1])
    return _affine(call, value, producer, "instance_norm")


def layer_norm(call: OperatorCall) -> Value:
    """Over the last axes."""
    value = call.value("input")
    count = len(call.argument("normalized_shape"))
    channels: Atoms = tuple(a for axis in value.axes[-count:] for a in leaves(axis))
    producer = call.per_channel(value, channels)
    return _affine(call, value, producer, "layer_norm")


def rms_norm(call: OperatorCall) -> Value:
    """Over the last axes: a scale alone."""
    value = call.value("input")
    count = len(call.argument("normalized_shape"))
    channels: Atoms = tuple(a for axis in value.axes[-count:] for a in leaves(axis))
    producer = call.per_channel(value, channels)
    assert producer.layout is not None
    layout = producer.layout.current
    if not call.has("weight"):
        return Value(value.axes, call.emit("rms_norm", [producer], layout, affine=False))
    made = call.weighted("rms_norm", producer, layout, {"weight": call.weight_name("weight")})
    return Value(value.axes, made)


def _affine(call: OperatorCall, value: Value, producer: Producer, kind: str, **fields: int) -> Value:
    """The norm with its scale and shift; where it has only one of them, that is a parameter by itself."""
    assert producer.layout is not None
    layout = producer.layout.current
    has = call.has("weight"), call.has("bias")
    if all(has):
        weights = {name: call.weight_name(name) for name in ("weight", "bias")}
        return Value(value.axes, call.weighted(kind, producer, layout, weights, **fields))
    made = Value(value.axes, call.emit(kind, [producer], layout, affine=False, **fields))
    for name, join in (("weight", "multiply"), ("bias", "add")):
        if call.has(name):
            made = _with_parameter(call, made, name, join, layout)
    return made


def _with_parameter(call: OperatorCall, value: Value, name: str, join: str, layout: Layout) -> Value:
    parameter = call.value(name)
    atoms = leaves(a for axis in parameter.axes for a in axis)
    if [a.size for a in atoms] != [a.size for a in layout.channels] and len(atoms) > 1:
        raise RefusedError(f"its {name} is not one number for each channel")
    want = Layout(((),) * len(layout.spatial), atoms)
    producer = call.maps.placed(parameter, want, call.hint(name))
    return Value(value.axes, call.emit(join, [value.producer, producer], layout))


def weight_norm(call: OperatorCall) -> Value:
    """A direction of length 1 times a length, along all axes but one."""
    direction, length = call.value("v"), call.value("g")
    kept = call.argument("dim", 0) % len(direction.axes)
    axes = [axis for axis in range(len(direction.axes)) if axis != kept]
    size = reduced_along(call.maps, direction, axes, "l2", True, call.hint("l2"))
    unit = call.maps.joined("divide", [direction, size], call.hint("divide"))
    return call.maps.joined("multiply", [unit, length], call.hint("multiply"))


HANDLERS = {
    "_weight_norm": weight_norm,
    "batch_norm": batch_norm,
    "_native_batch_norm_legit_no_training": batch_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "native_layer_norm": layer_norm,
    "rms_norm": rms_norm,
}
