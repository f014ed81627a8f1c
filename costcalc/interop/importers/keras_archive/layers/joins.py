"""Joins of several values, and products with a learned scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from costcalc.interop.importers.keras_archive.building import Handler, KerasTensor, LayerCall


def _joined(kind: str) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        if len(call.values) == 1 and call.given.constants:
            return _with_constant(call, kind)
        if len(call.values) < 2:
            raise call.error("joins a single value")
        ranks = {len(value.dims) for value in call.values}
        if len(ranks) > 1:
            raise call.error("joins values of different numbers of axes")
        made = call.emit(kind, *call.values)
        if ranks == {1}:
            return made._replace(dims=(made.shape.channels,))
        return made

    return handle


_DIVISIONS = ("Divide", "TrueDivide")


def _with_constant(call: LayerCall, kind: str) -> KerasTensor:
    """A sum or product with a number: nothing here, but a hard sigmoid is written so: relu6(x + 3) / 6."""
    value = call.value
    number = call.given.constants[0]
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise call.error("a constant other than a number is not known")
    if kind in ("maximum", "minimum"):
        return value
    if kind in ("add", "subtract"):
        return value._replace(trait="plus 3" if number == 3 else "")
    sixth = number == 6 if call.kind in _DIVISIONS else math.isclose(number, 1 / 6)
    if value.trait == "of plus 3" and sixth:
        call.builder.replace(value.source, "hard_sigmoid")
    return value._replace(trait="")


def _concatenate(call: LayerCall) -> KerasTensor:
    axis = call.get("axis", -1)
    values = [call.builder.vector(call, value) for value in call.values]
    if len(values) == 1:
        return values[0]
    return along(call, axis, values)


def along(call: LayerCall, axis: Any, values: Sequence[KerasTensor]) -> KerasTensor:
    """Values side by side along an axis, which counts the batch as 0."""
    place = axis_of(call, axis, len(values[0].dims))
    return call.emit("concat", *values, **field_of(call, place, len(values[0].dims)))


def axis_of(call: LayerCall, axis: Any, rank: int) -> int:
    """Which of a value's axes it is, from 1; raises ModelError where it is none, or the batch."""
    if type(axis) is not int or not -rank - 1 <= axis <= rank or axis in (0, -rank - 1):
        raise call.error("its axis is none of the values'")
    return axis % (rank + 1)


def field_of(call: LayerCall, place: int, rank: int) -> dict[str, Any]:
    """What a concat says of an axis."""
    first = call.builder.channels_first
    if place == (1 if first else rank):
        return {}
    return {"axis": ("depth", "height", "width")[4 - rank :][place - (2 if first else 1)]}


def _layer_scale(call: LayerCall) -> KerasTensor:
    """ConvNeXt's: one learned factor for each channel."""
    value = call.value
    channels = call.number("projection_dim")
    shape = "x".join(["1"] * len(value.shape.spatial) + [str(channels)])
    scale = call.emit("parameter", suffix=".scale", shape=shape if value.shape.spatial else channels)
    return call.emit("multiply", value, scale)


HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(("Add", "Average", "CustomScaleLayer"), _joined("add")),
    "Subtract": _joined("subtract"),
    "Multiply": _joined("multiply"),
    **dict.fromkeys(_DIVISIONS, _joined("divide")),
    "Maximum": _joined("maximum"),
    "Minimum": _joined("minimum"),
    "Concatenate": _concatenate,
    "LayerScale": _layer_scale,
}
