"""Means and maxima over axes, as global pools; norms and variances, which only scale maps, as statistics."""

from __future__ import annotations

from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Atoms, Axes, Layout, leaves
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall
from costcalc.interop.importers.torch_export.state import Operand, Statistic

_MEANS = ("mean", "sum", "nanmean")
_LARGEST = ("amax", "amin", "max", "min", "argmax", "argmin")


def reduced(call: OperatorCall) -> Any:
    """The mean, sum or extreme over some axes."""
    value = call.value("self")
    if "other" in call.step.arguments:
        return _two_maps(call)
    dims = call.argument("dim", [])
    chosen = [dims] if isinstance(dims, int) else list(dims)
    rank = len(value.axes)
    axes = {axis % rank for axis in chosen} if chosen else set(range(rank))
    largest = call.step.operation in _LARGEST
    kept: Axes = tuple(() if axis in axes else group for axis, group in enumerate(value.axes))
    gone: Atoms = tuple(a for axis in sorted(axes) for a in leaves(value.axes[axis]))
    producer = pooled(call, value, gone, largest) if gone else value.producer
    if not call.argument("keepdim", False):
        kept = tuple(group for axis, group in enumerate(kept) if axis not in axes)
    made = Value(kept, producer)
    return [made, made] if len(call.step.sizes) > 1 else made


def pooled(call: OperatorCall, value: Value, gone: Atoms, largest: bool) -> Any:
    """The producer of a value without some atoms: their mean or, where ``largest``, their extreme."""
    have = call.maps.layout(value)
    places = {a for group in have.spatial for a in group}
    kind = "global_max_pool" if largest else "global_avg_pool"
    if set(gone) == places:
        out = Layout(((),) * len(have.spatial), have.channels)
        return call.emit(kind, [call.maps.placed(value, have)], out)
    whole = [group for group in have.spatial if group and set(group) <= set(gone)]
    if {a for group in whole for a in group} == set(gone):
        kernel = [have.shape.spatial[i] if group in whole else 1 for i, group in enumerate(have.spatial)]
        out = Layout(tuple(() if group in whole else group for group in have.spatial), have.channels)
        producer = call.maps.placed(value, have)
        return call.emit("max_pool" if largest else "avg_pool", [producer], out, kernel_size=kernel)
    rest = tuple(a for group in (*have.spatial, have.channels) for a in group if a not in gone)
    producer = call.maps.placed(value, Layout((gone,), rest), call.hint("arrange"))
    return call.emit(kind, [producer], Layout(((),), rest))


def _two_maps(call: OperatorCall) -> Any:
    raise RefusedError("takes the larger of two maps, for which there is no kind")


def statistic(call: OperatorCall) -> Operand | list[Operand]:
    """A norm, a variance: known only as what scales maps."""
    found: list[Operand] = [Statistic(call.step.target, sizes) for sizes in call.step.sizes]
    return found[0] if len(found) == 1 else found


HANDLERS = {
    **dict.fromkeys((*_MEANS, *_LARGEST), reduced),
    **dict.fromkeys(
        ("linalg_vector_norm", "norm", "var", "std", "var_mean", "std_mean", "logsumexp"), statistic
    ),
}
