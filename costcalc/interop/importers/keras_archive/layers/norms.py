"""Normalisations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costcalc.interop.importers.keras_archive.building import Handler, KerasTensor, LayerCall
from costcalc.interop.importers.keras_archive.layers.fields import on_channels


def _affine(call: LayerCall) -> dict[str, Any]:
    scale, center = call.flag("scale", True), call.flag("center", True)
    if scale and center:
        return {}
    return {"affine": "scale" if scale else "shift" if center else False}


def _norm(kind: str) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        value = call.builder.vector(call, call.value)
        on_channels(call, value)
        return call.emit(kind, value, **_affine(call))._replace(dims=value.dims)

    return handle


def _rms_norm(call: LayerCall) -> KerasTensor:
    """A root mean square: it scales, and never shifts."""
    value = call.builder.vector(call, call.value)
    on_channels(call, value)
    return call.emit("rms_norm", value)._replace(dims=value.dims)


def _unit_norm(call: LayerCall) -> KerasTensor:
    value = call.builder.vector(call, call.value)
    on_channels(call, value)
    return call.emit("layer_norm", value, affine=False)._replace(dims=value.dims)


def _group_norm(call: LayerCall) -> KerasTensor:
    value = call.builder.vector(call, call.value)
    on_channels(call, value)
    groups = call.get("groups", 32)
    if groups == -1 and value.shape.spatial:
        return call.emit("instance_norm", value, **_affine(call))
    groups = value.shape.channels if groups == -1 else call.whole(groups, "groups")
    return call.emit("group_norm", value, groups=groups, **_affine(call))


def _normalization(call: LayerCall) -> KerasTensor:
    call.builder.notes.append(
        f"{call.path}: a Normalization with constants from the data; they are no params, and it is left out"
    )
    return call.value


HANDLERS: Mapping[str, Handler] = {
    "BatchNormalization": _norm("batch_norm"),
    "LayerNormalization": _norm("layer_norm"),
    "GroupNormalization": _group_norm,
    "RMSNormalization": _rms_norm,
    "UnitNormalization": _unit_norm,
    "Normalization": _normalization,
}
