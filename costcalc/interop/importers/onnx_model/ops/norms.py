"""Normalisations as operations: batch, layer, group, instance, root mean square."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.onnx_model.names import hint_of
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.ops.reductions import along_axes
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import Atoms, leaves, size
from costcalc.interop.importers.tensors.values import Producer, Value


def batch_norm(op: Operation) -> Value:
    """BatchNormalization: scale, shift, and the running statistics."""
    value = op.value(0)
    channels = value.axes[1] if len(value.axes) > 1 else value.axes[0]
    names = ("scale", "shift", "mean", "variance")
    weights: dict[str, Tensor | None] = {
        name: op.tensor(at + 1) if at > 1 else op.weight(at + 1, name) for at, name in enumerate(names)
    }
    for name, tensor in weights.items():
        if tensor is not None and tensor.elements != size(channels):
            raise RefusedError(f"its {name} has {tensor.elements} numbers for {size(channels)} channels")
    producer = op.per_channel(value, channels)
    return Value(value.axes, _norm(op, "batch_norm", producer, weights["scale"], weights["shift"]))


def layer_norm(op: Operation) -> list[Value]:
    """LayerNormalization over the last axes; its mean and the inverse of its deviation may be returned, too."""
    value = op.value(0)
    axis = op.axis(op.attribute("axis", -1), len(value.dims))
    axes = range(axis, len(value.dims))
    found = [normalised(op, value, axes, op.tensor(1), op.tensor(2))]
    for at, function in ((1, "mean"), (2, "variance")):
        if at < len(op.node.outputs) and op.used(at):
            found.append(along_axes(op, value, axes, function, keep=True))
    return found


def rms_norm(op: Operation) -> Value:
    """RMSNormalization, SimplifiedLayerNormalization: over the last axes."""
    value = op.value(0)
    axis = op.axis(op.attribute("axis", -1), len(value.dims))
    return normalised(op, value, range(axis, len(value.dims)), op.tensor(1), None, "rms_norm")


def skip_layer_norm(op: Operation) -> Any:
    """SkipLayerNormalization of onnxruntime: a sum, then a layer norm; its fourth output is the sum."""
    total = op.maps.joined("add", [op.value(0), op.value(1)], op.hint)
    bias = 3 if op.type == "SkipSimplifiedLayerNormalization" else 4
    if op.has(bias):
        total = op.maps.joined("add", [total, op.value(bias)], op.hint)
    last = len(total.dims) - 1
    simple = op.type != "SkipLayerNormalization"
    shift = None if simple else op.tensor(3)
    kind = "rms_norm" if simple else "layer_norm"
    return [normalised(op, total, [last], op.tensor(2), shift, kind), total, total, total]


def normalised(
    op: Operation,
    value: Value,
    axes: Sequence[int],
    scale: Tensor | None,
    shift: Tensor | None,
    kind: str = "layer_norm",
) -> Value:
    """A norm over some axes."""
    over = tuple(each for axis in axes for each in leaves(value.axes[axis]))
    for tensor in (scale, shift):
        if tensor is not None and tensor.elements != size(over):
            raise RefusedError(f"scales {size(over)} numbers by {tensor.elements}")
    return Value(value.axes, _norm(op, kind, op.per_channel(value, over), scale, shift))


def group_norm(op: Operation) -> Value:
    """GroupNormalization: scale and shift of each channel (of each group before opset 21)."""
    value = op.value(0)
    groups = op.attribute("num_groups", 0)
    return _grouped(op, value, value.axes[1], groups)


def instance_norm(op: Operation) -> Value:
    """InstanceNormalization; of a map that was reshaped into groups a group norm, as PyTorch writes it."""
    value = op.value(0)
    axis, have = leaves(value.axes[1]), op.maps.layout(value)
    if have.channels[: len(axis)] == axis != have.channels:
        return _grouped(op, value, have.channels, size(axis))
    scale, shift = op.weight(1, "scale"), op.weight(2, "shift")
    for tensor in (scale, shift):
        if tensor.elements != size(axis):
            raise RefusedError(f"scales {size(axis)} channels by {tensor.elements}")
    return Value(value.axes, _norm(op, "instance_norm", op.per_channel(value, axis), scale, shift))


def _grouped(op: Operation, value: Value, channels: Atoms, groups: int) -> Value:
    if groups < 1 or size(channels) % groups:
        raise RefusedError(f"makes {groups} groups of {size(channels)} channels")
    producer = op.per_channel(value, channels)
    scale, shift = op.weight(1, "scale"), op.weight(2, "shift")
    if {scale.elements, shift.elements} == {size(channels)}:
        return Value(value.axes, _norm(op, "group_norm", producer, scale, shift, groups=groups))
    if not (_all(scale, 1) and _all(shift, 0)):
        raise RefusedError("scales each group, not each channel, which there is no layer kind for")
    return Value(value.axes, _norm(op, "group_norm", producer, None, None, groups=groups))


def _all(tensor: Tensor, number: int) -> bool:
    values = tensor.values()
    return values is not None and all(value == number for value in values)


def _norm(
    op: Operation, kind: str, producer: Producer, scale: Tensor | None, shift: Tensor | None, **fields: Any
) -> Producer:
    """A norm with what is learned of its scale and shift: exporters write ones and zeros in the place of none."""
    assert producer.layout is not None
    weights = {"scale": _learned(scale, 1), "shift": _learned(shift, 0)}
    if kind == "rms_norm":
        del weights["shift"]
    given = [name for name, tensor in weights.items() if tensor is not None]
    if len(given) < len(weights):
        fields["affine"] = given[0] if given else False
    if not given:
        return op.maps.emit(kind, hint_of(op.node), [producer], producer.layout, **fields)
    return op.weighted(kind, producer, producer.layout, weights, **fields)


def _learned(tensor: Tensor | None, neutral: int) -> Tensor | None:
    """A scale or shift, if there is one, and it is not one that changes nothing and was never learned.

    One that was not learned and lies beside the file is taken for such.
    """
    if tensor is None or (tensor.origin == "constant" and (tensor.values() is None or _all(tensor, neutral))):
        return None
    return tensor


def along(op: Operation, function: str, value: Value, axes: Sequence[int]) -> Value:
    """A normalisation that was recognised in its parts, along some axes of a value."""
    over = tuple(each for axis in axes for each in leaves(value.axes[axis]))
    if any(each.batch for each in over):
        raise BatchError("normalises across the examples of the batch")
    if function in ("softmax", "log_softmax"):
        producer = op.maps.placed(value, op.maps.layout(value), op.hint)
        return Value(value.axes, _plain(op, function, producer))
    have = op.maps.layout(value)
    spatial = {each for axis in have.spatial for each in axis}
    if function == "layer_norm" and spatial and set(over) in (spatial, set(have.atoms)):
        kind, fields = ("instance_norm", {}) if set(over) == spatial else ("group_norm", {"groups": 1})
        producer = op.maps.placed(value, have, op.hint)
        return Value(value.axes, _norm(op, kind, producer, None, None, **fields))
    if function == "l2_norm":
        return _by_length(op, value, axes, "l2")
    return Value(value.axes, _norm(op, function, op.per_channel(value, over), None, None))


def lp_norm(op: Operation) -> Value:
    """LpNormalization: divided by its length along an axis."""
    value, order = op.value(0), op.attribute("p", 2)
    if order not in (1, 2):
        raise RefusedError(f"is a norm of order {order}: 1 and 2 are known")
    return _by_length(op, value, [op.axis(op.attribute("axis", -1), len(value.dims))], f"l{order}")


def _by_length(op: Operation, value: Value, axes: Sequence[int], length: str) -> Value:
    return op.maps.joined("divide", [value, along_axes(op, value, axes, length, keep=True)], op.hint)


def _plain(op: Operation, kind: str, producer: Producer) -> Producer:
    assert producer.layout is not None
    return op.maps.emit(kind, op.hint, [producer], producer.layout)


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "RMSNormalization": rms_norm,
    "SimplifiedLayerNormalization": rms_norm,
    "com.microsoft:SkipLayerNormalization": skip_layer_norm,
    "com.microsoft:SkipSimplifiedLayerNormalization": skip_layer_norm,
    "GroupNormalization": group_norm,
    "InstanceNormalization": instance_norm,
    "LpNormalization": lp_norm,
}
