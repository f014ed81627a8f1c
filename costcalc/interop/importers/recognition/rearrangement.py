"""Reshapes that are undone: what works at each position alone does the same in the map as it was."""

from __future__ import annotations

from costcalc.interop.importers.recognition.graph import EntryGraph, Item
from costcalc.kinds import ACTIVATIONS
from costcalc.shape import Shape

_AT_EACH_POSITION = frozenset((*ACTIVATIONS, "linear", "layer_norm", "rms_norm", "dropout"))


def drop_rearrangements(graph: EntryGraph) -> None:
    """Take away the reshapes around layers that do not care in which order positions stand."""
    for view in graph.ordered():
        if view.kind == "reshape" and view.name in graph.items:
            _drop(graph, view)


def _drop(graph: EntryGraph, view: Item) -> None:
    source, maker = graph.shape(view.inputs[0]), graph.items.get(view.inputs[0])
    if (
        source == view.output
        and maker is not None
        and not maker.pinned
        and graph.only_user(maker.name) is view
    ):
        graph.merge((maker, view), Item(maker.name, maker.fields, maker.inputs, source, maker.order))
        return
    if source.channels != view.output.channels or view.name in graph.outputs:
        return
    inside: list[Item] = []
    after = graph.only_user(view.name)
    while after is not None and _is_local(after):
        inside.append(after)
        after = graph.only_user(after.name)
    if not inside or after is None or after.kind != "reshape":
        return
    if after.output != Shape(source.spatial, inside[-1].output.channels):
        return
    for item in inside:
        item.output = Shape(source.spatial, item.output.channels)
    first = inside[0]
    graph.merge((view, first), Item(first.name, first.fields, list(view.inputs), first.output, first.order))
    last = graph.items[inside[-1].name]
    graph.merge((last, after), Item(last.name, last.fields, list(last.inputs), last.output, last.order))


def _is_local(item: Item) -> bool:
    """Whether a layer makes a position of what stands there alone."""
    if item.kind not in _AT_EACH_POSITION or item.pinned or len(item.inputs) != 1:
        return False
    return item.kind != "linear" or item.says(per_position=True)
