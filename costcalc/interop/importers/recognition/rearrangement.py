"""Reshapes around attention that say nothing: what works at each position alone does the same in the map as it was."""

from __future__ import annotations

from costcalc.interop.importers.recognition.graph import EntryGraph, Item
from costcalc.kinds import ACTIVATIONS
from costcalc.shape import Shape

_AT_EACH_POSITION = frozenset((*ACTIVATIONS, "linear", "layer_norm", "rms_norm", "dropout"))


def drop_rearrangements(graph: EntryGraph) -> None:
    """Take away the reshapes that another one undoes, and those between an attention and its last linear layer."""
    for name in [item.name for item in graph.ordered() if item.kind == "reshape"]:
        view = graph.items.get(name)
        if view is not None and view.kind == "reshape" and not view.pinned and not _is_undone(graph, view):
            _put_behind(graph, view)


def _is_undone(graph: EntryGraph, view: Item) -> bool:
    """Whether a reshape is gone: it changed nothing, or another follows, perhaps behind layers that do not care."""
    source, maker = graph.shape(view.inputs[0]), graph.items.get(view.inputs[0])
    if (
        source == view.output
        and maker is not None
        and not maker.pinned
        and graph.only_user(maker.name) is view
    ):
        graph.merge((maker, view), Item(maker.name, maker.fields, maker.inputs, source, maker.order))
        return True
    inside: list[Item] = []
    after = graph.only_user(view.name)
    while after is not None and source.channels == view.output.channels and _is_local(after):
        inside.append(after)
        after = graph.only_user(after.name)
    if after is None or after.kind != "reshape" or after.pinned:
        return False
    if not inside:
        graph.merge(
            (view, after), Item(after.name, after.fields, list(view.inputs), after.output, after.order)
        )
        return True
    if after.output != Shape(source.spatial, inside[-1].output.channels):
        return False
    for item in inside:
        item.output = Shape(source.spatial, item.output.channels)
    first = inside[0]
    graph.merge((view, first), Item(first.name, first.fields, list(view.inputs), first.output, first.order))
    last = graph.items[inside[-1].name]
    graph.merge((last, after), Item(last.name, last.fields, list(last.inputs), last.output, last.order))
    return True


def _put_behind(graph: EntryGraph, view: Item) -> None:
    """Let a linear layer come before the reshape between an attention and it."""
    maker, linear = graph.items.get(view.inputs[0]), graph.only_user(view.name)
    if maker is None or maker.kind != "attention" or linear is None or linear.kind != "linear":
        return
    if maker.output.channels != view.output.channels or not _is_local(linear):
        return
    whole = Shape(maker.output.spatial, linear.output.channels)
    order = view.order
    moved = Item(linear.name, linear.fields, [maker.name], whole, order)
    graph.merge((view, linear), moved)
    moved.order = order
    fields = {"type": "reshape", "to": str(linear.output)}
    graph.put_behind(moved, Item(view.name, fields, [moved.name], linear.output, linear.order))


def _is_local(item: Item) -> bool:
    """Whether a layer makes a position of what stands there alone."""
    if item.kind not in _AT_EACH_POSITION or item.pinned or len(item.inputs) != 1:
        return False
    return item.kind != "linear" or item.says(per_position=True)
