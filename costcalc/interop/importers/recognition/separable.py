"""A depthwise convolution that only a 1×1 takes, as ``separable_conv``."""

from __future__ import annotations

from typing import Any

from costcalc.interop.importers.recognition.graph import EntryGraph, Item
from costcalc.interop.importers.recognition.squeeze import is_plain_pointwise

#: The fields of what follows a convolution at once, and their values where nothing does.
FUSED = ("bias", "norm", "activation")
_BARE = {"bias": False, "norm": "none", "activation": "none"}


def find_separable(graph: EntryGraph) -> None:
    """Put ``separable_conv`` in the place of every depthwise convolution and its 1×1."""
    for depthwise in graph.ordered():
        if depthwise.kind != "depthwise_conv" or depthwise.pinned:
            continue
        pointwise = graph.only_user(depthwise.name)
        if pointwise is None or not graph.are_called_alike((depthwise, pointwise)):
            continue
        if is_plain_pointwise(pointwise):
            whole = Item(
                pointwise.name,
                _fields(depthwise.fields, pointwise.fields),
                depthwise.inputs,
                pointwise.output,
                pointwise.order,
            )
            graph.merge((depthwise, pointwise), whole)


def _fields(depthwise: dict[str, Any], pointwise: dict[str, Any]) -> dict[str, Any]:
    own = {"kernel_size": 3, "depth_multiplier": 1, "stride": 1, "padding": "same", "dilation": 1}
    fields = {"type": "separable_conv", "out_channels": pointwise["out_channels"]}
    fields |= {name: depthwise[name] for name, usual in own.items() if depthwise.get(name, usual) != usual}
    fields |= {name: pointwise[name] for name in FUSED if name in pointwise}
    first = {name: depthwise.get(name, bare) for name, bare in _BARE.items()}
    second = {name: pointwise.get(name, bare) for name, bare in _BARE.items()}
    if first == _BARE and second != _BARE:
        fields["between"] = "none"
    elif first != second:
        fields["between"] = {name: first[name] for name in FUSED if first[name] != second[name]}
    return fields
