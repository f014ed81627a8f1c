"""A zero padding that only one convolution takes is that convolution's own padding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.flat import FlatLayer

_CONVOLUTIONS = ("conv", "depthwise_conv")


def folded(layers: Mapping[str, FlatLayer], outputs: Sequence[str]) -> list[FlatLayer]:
    """The layers, without the paddings that a convolution can say itself."""
    uses = Counter(outputs)
    for layer in layers.values():
        uses.update(layer.inputs)
    # Layers that share weights take each other's fields: there the paddings stay.
    tied = {layer.shares for layer in layers.values()} | {
        each.name for each in layers.values() if each.shares
    }
    kept = dict(layers)
    for layer in layers.values():
        source = layers.get(layer.inputs[0]) if layer.inputs else None
        fits = (
            layer.kind in _CONVOLUTIONS and layer.fields.get("padding") == "valid" and layer.name not in tied
        )
        if source is None or not fits or source.kind != "pad" or uses[source.name] != 1:
            continue
        fields: dict[str, Any] = {**layer.fields, "padding": source.fields["padding"]}
        kept[layer.name] = replace(layer, inputs=source.inputs, fields=fields)
        del kept[source.name]
    return list(kept.values())
