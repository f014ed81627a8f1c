"""Attention: two products in heads with a softmax between them, and the linear layers around, where there are such.

A sum with a mask or a table of biases before the softmax is a layer that ``attention`` does not have: there it is none.
"""

from __future__ import annotations

from typing import Any

from costcalc.interop.importers.recognition.graph import EntryGraph, Item


def find_attention(graph: EntryGraph) -> None:
    """Put ``attention`` in the place of every group of layers of exactly that shape."""
    for scores in graph.ordered():
        if scores.kind == "matmul" and scores.fields.get("transpose") and scores.name in graph.items:
            _attention(graph, scores)


def _attention(graph: EntryGraph, scores: Item) -> None:
    heads = scores.fields.get("heads", 1)
    weights = graph.only_user(scores.name)
    if weights is None or weights.fields != {"type": "softmax"}:
        return
    mixed = graph.only_user(weights.name)
    if mixed is None or mixed.kind != "matmul" or mixed.fields.get("transpose"):
        return
    if mixed.inputs[0] != weights.name or mixed.inputs[1] == weights.name:
        return
    if mixed.fields.get("heads", 1) != heads or any(each.pinned for each in (scores, weights, mixed)):
        return
    sources = [*scores.inputs, mixed.inputs[1]]
    around = _projections(graph, scores, mixed, sources)
    if around is not None:
        _merged_with_projections(graph, (scores, weights, mixed), around, heads)
        return
    fields = {"type": "attention", "heads": heads, "projections": False}
    made = Item(mixed.name, fields, sources, mixed.output, mixed.order)
    graph.merge((scores, weights, mixed), made)


def _projections(graph: EntryGraph, scores: Item, mixed: Item, sources: list[str]) -> list[Item] | None:
    """The linear layers of queries, keys, values and the output, if they are of one attention."""
    after = graph.only_user(mixed.name)
    found = [graph.items[name] for name in sources if name in graph.items]
    if after is None or len(found) != 3 or len({each.name for each in found}) != 3:
        return None
    for item, user in zip(found, (scores, scores, mixed), strict=True):
        if graph.only_user(item.name) is not user:
            return None
    layers = [*found, after]
    known = {"type", "out_features", "per_position", "bias"}
    for layer in layers:
        if layer.kind != "linear" or layer.pinned or not set(layer.fields) <= known:
            return None
    alike = len({layer.fields.get("bias", True) for layer in layers}) == 1
    return layers if alike and all(layer.says(per_position=True) for layer in layers) else None


def _merged_with_projections(
    graph: EntryGraph, parts: tuple[Item, Item, Item], around: list[Item], heads: int
) -> None:
    query, key, value, after = around
    channels, inputs = graph.shape(query.inputs[0]).channels, [each.inputs[0] for each in around[:3]]
    size, wide = query.fields["out_features"] // heads, value.fields["out_features"] // heads
    fields: dict[str, Any] = {"type": "attention", "heads": heads}
    if size * heads != channels:
        fields["head_size"] = size
    if wide != size:
        fields["value_size"] = wide
    if after.fields["out_features"] != channels:
        fields["out_channels"] = after.fields["out_features"]
    if after.fields.get("bias") is False:
        fields["bias"] = False
    if inputs[1] == inputs[2]:
        inputs = inputs[:1] if inputs[0] == inputs[1] else inputs[:2]
    made = Item(after.name, fields, inputs, after.output, after.order)
    graph.merge((query, key, value, *parts, after), made)
