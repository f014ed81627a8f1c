"""Pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costcalc.interop.importers.keras_archive.building import Handler, KerasTensor, LayerCall
from costcalc.interop.importers.keras_archive.layers.fields import map_of, ranked, short


def pool(kind: str, rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        size = call.sizes("pool_size", rank)
        stride = call.sizes("strides", rank, size) if call.get("strides") is not None else size
        fields: dict[str, Any] = {} if stride == size else {"stride": short(stride)}
        padding = call.get("padding", "valid")
        if padding != "valid":
            fields["padding"] = padding
        return call.emit(kind, map_of(call, rank), kernel_size=short(size), **fields)

    return handle


def _global_pool(kind: str, rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        made = call.emit(kind, map_of(call, rank))
        return made if call.flag("keepdims", False) else made._replace(dims=(made.shape.channels,))

    return handle


def _adaptive(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        sizes = call.sizes("output_size", rank)
        return call.emit("adaptive_avg_pool", map_of(call, rank), output_size=short(sizes))

    return handle


HANDLERS: Mapping[str, Handler] = ranked(
    {
        "MaxPooling{}D": lambda rank: pool("max_pool", rank),
        "AveragePooling{}D": lambda rank: pool("avg_pool", rank),
        "GlobalAveragePooling{}D": lambda rank: _global_pool("global_avg_pool", rank),
        "GlobalMaxPooling{}D": lambda rank: _global_pool("global_max_pool", rank),
        "AdaptiveAveragePooling{}D": _adaptive,
    }
)
