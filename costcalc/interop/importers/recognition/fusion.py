"""A convolution with the norm and the activation that follow it as its fields; a linear with its activation."""

from __future__ import annotations

from costcalc.interop.importers.recognition.graph import EntryGraph, Item
from costcalc.kinds import ACTIVATIONS

CONVOLUTIONS = ("conv", "depthwise_conv", "conv_transpose")
_NORMS = {
    "batch_norm": "batch",
    "layer_norm": "layer",
    "group_norm": "group",
    "instance_norm": "instance",
    "rms_norm": "rms",
}


def fuse_norms_and_activations(graph: EntryGraph) -> None:
    """Fuse norms and activations into the layers before them, where nothing else sees what is between."""
    for item in graph.ordered():
        if item.kind in (*CONVOLUTIONS, "linear") and not item.pinned:
            fused = _with_norm(graph, item) if item.kind in CONVOLUTIONS else item
            _with_activation(graph, fused)


def activation_value(fields: dict[str, object]) -> object:
    """An activation layer's fields as the value of an ``activation`` field."""
    return dict(fields) if len(fields) > 1 else fields["type"]


def _with_norm(graph: EntryGraph, item: Item) -> Item:
    norm = graph.only_user(item.name)
    if norm is None or norm.kind not in _NORMS or norm.pinned:
        return item
    if graph.shape(item.inputs[0]).channels % norm.fields.get("groups", 1):
        return item  # as a field it would have to stand after a depthwise convolution, too
    short = _NORMS[norm.kind]
    details = {key: value for key, value in norm.fields.items() if key != "type"}
    value: object = {"type": short, **details} if details else short
    return _fused(graph, item, norm, {"norm": value})


def _with_activation(graph: EntryGraph, item: Item) -> Item:
    activation = graph.only_user(item.name)
    if activation is None or activation.kind not in ACTIVATIONS or activation.pinned:
        return item
    return _fused(graph, item, activation, {"activation": activation_value(activation.fields)})


def _fused(graph: EntryGraph, item: Item, follower: Item, fields: dict[str, object]) -> Item:
    whole = Item(item.name, {**item.fields, **fields}, item.inputs, follower.output, item.order)
    graph.merge((item, follower), whole)
    return whole
