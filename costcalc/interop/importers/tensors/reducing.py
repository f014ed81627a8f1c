"""``reduce`` and ``top_k`` along axes of a tensor: what the front ends have in common."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from costcalc.interop.importers.tensors.layout import Atom, Atoms, Layout, atom, leaves
from costcalc.interop.importers.tensors.maps import AXIS_NAMES, Maps, packed
from costcalc.interop.importers.tensors.values import Value


def reduced_along(
    maps: Maps, value: Value, axes: Collection[int], function: str, keep: bool, hint: str
) -> Value:
    """A value reduced along some of its axes, which stay with size 1 where ``keep``, else go."""
    gone = [leaves(value.axes[axis]) for axis in sorted(axes)]
    kept: list[Atoms] = [() if index in axes else axis for index, axis in enumerate(value.axes)]
    new = tuple(axis for index, axis in enumerate(kept) if keep or index not in axes)
    flat = {each for axis in gone for each in axis}
    if not flat:
        return Value(new, value.producer, value.via)
    have = maps.layout(value)
    if not _whole(have, flat):
        have = packed(gone, tuple(each for axis in kept for each in leaves(axis)))
    producer = maps.placed(value, have, hint)
    names = (*AXIS_NAMES[len(have.spatial)], "channels")
    groups: Sequence[Atoms] = [*have.spatial, have.channels]
    along = [name for name, group in zip(names, groups, strict=True) if group and set(group) <= flat]
    left = [() if set(group) <= flat else group for group in groups]
    fields: dict[str, Any] = {"function": function}
    if along != list(names[:-1]):
        fields["axes"] = along[0] if len(along) == 1 else along
    made = maps.emit("reduce", hint, [producer], Layout(tuple(left[:-1]), left[-1]), **fields)
    return Value(new, made, hint)


def largest_along(maps: Maps, value: Value, axis: int, count: int, hint: str) -> Value:
    """So many of the largest of a value along one of its axes: ``top_k``."""
    along = leaves(value.axes[axis])
    have = maps.layout(value)
    groups = [*have.spatial, have.channels]
    if along not in groups or not along:
        have = packed([tuple(each for each in value.atoms if each not in along)], along)
        groups = [*have.spatial, have.channels]
    producer = maps.placed(value, have, hint)
    where, places = groups.index(along), atom(count)
    groups[where] = places
    name = (*AXIS_NAMES[len(have.spatial)], "channels")[where]
    fields = {"k": count} if name == "channels" else {"k": count, "axis": name}
    made = maps.emit("top_k", hint, [producer], Layout(tuple(groups[:-1]), groups[-1]), **fields)
    return Value((*value.axes[:axis], places, *value.axes[axis + 1 :]), made)


def _whole(layout: Layout, atoms: set[Atom]) -> bool:
    """Whether some atoms are whole axes of a layout."""
    groups = [set(group) for group in (*layout.spatial, layout.channels)]
    return all(group <= atoms or group.isdisjoint(atoms) for group in groups)
