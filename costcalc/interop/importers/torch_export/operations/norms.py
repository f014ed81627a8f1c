"""Normalisations."""

from __future__ import annotations

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Arrangement, Atoms, leaves
from costcalc.interop.importers.tensors.source import Source, Value
from costcalc.interop.importers.torch_export.call import Call


def batch_norm(call: Call) -> Value:
    """Over the second axis. Equal norms share by their weights, or by their statistics where they have no others."""
    value = call.value("input")
    source = call.per_channel(value, value.axes[1])
    return _affine(call, value, source, "batch_norm")


def group_norm(call: Call) -> Value:
    """Over groups of the second axis."""
    value = call.value("input")
    source = call.per_channel(value, value.axes[1])
    return _affine(call, value, source, "group_norm", groups=call.argument("num_groups"))


def instance_norm(call: Call) -> Value:
    """A group norm with a group for each channel."""
    if not call.argument("use_input_stats", True):
        return batch_norm(call)
    value = call.value("input")
    source = call.per_channel(value, value.axes[1])
    return _affine(call, value, source, "group_norm", groups=value.dims[1])


def layer_norm(call: Call) -> Value:
    """Over the last axes."""
    value = call.value("input")
    count = len(call.argument("normalized_shape"))
    channels: Atoms = tuple(a for axis in value.axes[-count:] for a in leaves(axis))
    source = call.per_channel(value, channels)
    return _affine(call, value, source, "layer_norm")


def _affine(call: Call, value: Value, source: Source, kind: str, **fields: int) -> Value:
    """The norm with its scale and shift; where it has only one of them, that is a parameter by itself."""
    assert source.arrangement is not None
    arrangement = source.arrangement.current
    has = call.has("weight"), call.has("bias")
    if all(has):
        weights = {name: call.weight_name(name) for name in ("weight", "bias")}
        return Value(value.axes, call.weighted(kind, source, arrangement, weights, **fields))
    made = Value(value.axes, call.emit(kind, [source], arrangement, affine=False, **fields))
    for name, join in (("weight", "multiply"), ("bias", "add")):
        if call.has(name):
            made = _with_parameter(call, made, name, join, arrangement)
    return made


def _with_parameter(call: Call, value: Value, name: str, join: str, arrangement: Arrangement) -> Value:
    parameter = call.value(name)
    atoms = leaves(a for axis in parameter.axes for a in axis)
    if [a.size for a in atoms] != [a.size for a in arrangement.channels] and len(atoms) > 1:
        raise RefusedError(f"its {name} is not one number for each channel")
    want = Arrangement(((),) * len(arrangement.spatial), atoms)
    source = call.maps.placed(parameter, want, call.hint(name))
    return Value(value.axes, call.emit(join, [value.source, source], arrangement))


HANDLERS = {
    "batch_norm": batch_norm,
    "_native_batch_norm_legit_no_training": batch_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "native_layer_norm": layer_norm,
    "rms_norm": layer_norm,
}
