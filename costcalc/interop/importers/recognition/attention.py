"""Attention: two products in heads with a softmax between them, and what stands around it, where there is such.

What is added to the scores is an input of it; windows of a map, which importers move into the heads, are its
``window_size``; the linear layers around it, three or packed, are its projections. What is none of these stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from costcalc.interop.importers.recognition.graph import EntryGraph, Item
from costcalc.interop.importers.recognition.projections import find_projected
from costcalc.interop.importers.recognition.rearrangement import drop_rearrangements
from costcalc.shape import Shape


def find_attention(graph: EntryGraph) -> None:
    """Put ``attention`` in the place of every group of layers of exactly that shape."""
    for item in graph.ordered():
        found = None
        if item.name not in graph.items or item.pinned:
            continue
        if item.kind == "matmul" and item.fields.get("transpose"):
            found = _products(graph, item)
        elif item.kind == "attention" and item.says(projections=False, window_size=None):
            found = _of_one(item)
        if found is not None:
            _in_windows(graph, found)
    if any(item.kind == "attention" for item in graph.items.values()):
        drop_rearrangements(graph)
        find_projected(graph)


@dataclass(slots=True)
class _Found:
    """The layers of one attention, its fields and inputs, and what is added to its scores."""

    parts: list[Item]
    fields: dict[str, Any]
    inputs: list[str]
    last: Item
    added: str | None = None


def _of_one(item: Item) -> _Found:
    """An attention that the model has as one operation."""
    if not item.says(score_bias=True):
        return _Found([item], item.fields, item.inputs, item)
    fields = {name: value for name, value in item.fields.items() if name != "score_bias"}
    return _Found([item], fields, item.inputs[:-1], item, item.inputs[-1])


def _products(graph: EntryGraph, scores: Item) -> _Found | None:
    """Scores, perhaps a sum, a softmax, and the product with values; between them views of the scores."""
    parts = [scores]
    after, added = _past_view(graph, parts), None
    if after is not None and after.kind == "add" and len(after.inputs) == 2:
        others = [name for name in after.inputs if name != parts[-1].name]
        if len(others) != 1:
            return None
        (added,) = others
        parts.append(after)
        after = graph.only_user(after.name)
    if after is None or after.fields != {"type": "softmax"}:
        return None
    parts.append(after)
    mixed = _past_view(graph, parts)
    heads = scores.fields.get("heads", 1)
    if mixed is None or mixed.kind != "matmul" or mixed.fields.get("transpose"):
        return None
    weights, value = mixed.inputs
    if weights != parts[-1].name or value == weights or mixed.fields.get("heads", 1) != heads:
        return None
    if parts[-1].output != scores.output:  # a view in between has turned keys into queries
        return None
    parts.append(mixed)
    views = [part for part in parts if part.kind == "reshape"]
    if any(part.pinned for part in parts) or (views and added is None):
        return None
    fields = {"type": "attention", "heads": heads, "projections": False}
    return _with_shared_keys(graph, _Found(parts, fields, [*scores.inputs, value], mixed, added))


def _with_shared_keys(graph: EntryGraph, found: _Found) -> _Found:
    """The same with ``kv_heads``, where keys and values are concatenated of as many times the same."""
    query, *names = found.inputs
    copies = [graph.items[name] for name in names if name in graph.items]
    times = {len(each.inputs) if each.fields == {"type": "concat"} else 1 for each in copies}
    if len(copies) < 2 or copies[0] is copies[1] or len(times) > 1 or any(each.pinned for each in copies):
        return found
    alone = all(len({*each.inputs}) == 1 and graph.only_user(each.name) in found.parts for each in copies)
    heads, (count,) = found.fields["heads"], times
    if count > 1 and alone and heads % count == 0:
        found.parts[:0] = copies
        found.fields["kv_heads"] = heads // count
        found.inputs = [query, *(each.inputs[0] for each in copies)]
    return found


def _past_view(graph: EntryGraph, parts: list[Item]) -> Item | None:
    """What alone takes the last part's map, past a reshape, which becomes a part."""
    after = graph.only_user(parts[-1].name)
    if after is not None and after.kind == "reshape":
        parts.append(after)
        after = graph.only_user(after.name)
    return after


def _in_windows(graph: EntryGraph, found: _Found) -> None:
    """Write it, its windows told from its heads."""
    fields, inputs = dict(found.fields), list(found.inputs)
    query, output = graph.shape(inputs[0]), found.last.output
    pairs = query.positions * graph.shape(inputs[1]).positions
    windows = _windows(graph, found)
    parts, after = list(found.parts), None
    if windows > 1:
        views = list({name: graph.items[name] for name in inputs}.values())
        inputs = [graph.items[name].inputs[0] for name in inputs]
        source = graph.shape(inputs[0])
        fields["heads"] //= windows
        if "kv_heads" in fields:
            fields["kv_heads"] //= windows
        fields["window_size"] = _window_size(source.spatial, query.positions)
        output = Shape(source.spatial, output.channels // windows)
        parts = [*views, *parts]
        after = graph.only_user(found.last.name)
        if after is not None and after.output == output:
            parts.append(after)
    if found.added is not None:
        added = graph.items.get(found.added)
        if added is not None and added.kind == "reshape" and graph.only_user(added.name) in parts:
            parts.insert(0, added)
            found.added = added.inputs[0]
        numbers = graph.shape(found.added).elements
        heads = fields["heads"]
        if numbers not in {pairs * w * h for w in (1, windows) for h in (1, heads)}:
            return
        fields = {**fields, "score_bias": True}
        inputs.append(found.added)
    if (windows > 1 or len(found.parts) > 1) and graph.are_called_alike(parts):
        graph.merge(parts, Item(found.last.name, fields, inputs, output, found.last.order))


def _windows(graph: EntryGraph, found: _Found) -> int:
    """How many windows of one map its heads are in part; 1 where they are heads alone."""
    counts = set()
    for name in found.inputs:
        view = graph.items.get(name)
        if view is None or view.kind != "reshape" or not graph.users[name] or view.name in graph.outputs:
            return 1
        if any(graph.items[user] not in found.parts for user in graph.users[name]):
            return 1
        source = graph.shape(view.inputs[0])
        counts.add((view.output.channels // source.channels, view.output.channels % source.channels))
    after = graph.only_user(found.last.name)
    if len(counts) > 1 or after is None or after.kind != "reshape" or after.pinned:
        return 1
    ((windows, rest),) = counts
    heads, source = found.fields["heads"], graph.shape(graph.items[found.inputs[0]].inputs[0])
    shared = found.fields.get("kv_heads", heads)
    of_channels = source.positions * heads == source.channels * windows
    if rest or windows < 2 or heads % windows or shared % windows or of_channels or not source.spatial:
        return 1
    return windows


def _window_size(spatial: Sequence[int], positions: int) -> int | list[int]:
    """The sizes of a window of so many positions: as square as the map allows."""
    best: list[int] = []
    for sizes in _divided(spatial, positions):
        if not best or max(sizes) < max(best):
            best = sizes
    return best[0] if len({*best}) == 1 else best


def _divided(spatial: Sequence[int], positions: int) -> list[list[int]]:
    """All sizes of which each divides its axis, and whose product is this."""
    if len(spatial) == 1:
        return [] if spatial[0] % positions else [[positions]]
    common = math.gcd(spatial[0], positions)
    small = [size for size in range(1, math.isqrt(common) + 1) if common % size == 0]
    return [
        [size, *rest]
        for size in sorted({*small, *(common // each for each in small)})
        for rest in _divided(spatial[1:], positions // size)
    ]
