"""Maps under construction: layers are added here, and maps rearranged where an operation needs them otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.tensors.layout import (
    Atom,
    Atoms,
    Axes,
    Layout,
    aligned,
    atom,
    leaves,
    mapped,
    regrouped,
    size,
)
from costcalc.interop.importers.tensors.values import Producer, Value

MAX_SPATIAL = 3
#: How a map's spatial axes are called, by how many there are.
AXIS_NAMES: Mapping[int, tuple[str, ...]] = {
    0: (),
    1: ("width",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}


class Maps:
    """The layers so far, in order; ``origin`` is what the model calls the node that is being read, ``called`` how."""

    def __init__(self) -> None:
        self.layers: list[Producer] = []
        self.origin = ""
        self.called = ""
        self._parameters: dict[object, Value] = {}

    def emit(
        self,
        kind: str,
        hint: str,
        inputs: Sequence[Producer],
        layout: Layout,
        **fields: Any,
    ) -> Producer:
        """Add a layer; the producer that its map comes from."""
        producer = Producer(hint, kind, tuple(inputs), fields, layout)
        self._add(producer)
        return producer

    def _add(self, producer: Producer) -> None:
        producer.origin, producer.called = self.origin, self.called
        self.layers.append(producer)

    def parameter(self, key: object, dims: Sequence[int], hint: str, *, trainable: bool = True) -> Value:
        """A stored tensor as a map; one of the same key is the same parameter, under these dims."""
        if key not in self._parameters:
            fields = {} if trainable else {"trainable": False}
            whole = tuple(atom(length) for length in dims)
            self._parameters[key] = Value(whole, Producer(hint, "parameter", fields=fields, axes=whole))
        value = self._parameters[key]
        axes = regrouped(value.atoms, dims)
        return self.renewed(value, dims, hint) if axes is None else Value(axes, value.producer)

    def key_of(self, parameter: Producer) -> object:
        """What a parameter is known by."""
        return next(key for key, value in self._parameters.items() if value.producer is parameter)

    # Arrangements

    def placed(self, value: Value, want: Layout, hint: str = "") -> Producer:
        """A producer whose map has exactly this layout; a layer is added where the value's has another."""
        want, producer = want.current, value.producer
        have = self.layout(value, want)
        if have == want:
            return producer
        if set(have.atoms) != set(want.atoms) or len(have.atoms) != len(want.atoms):
            raise BatchError("the batch is mixed with other axes")
        if want not in producer.rearranged:
            kind, fields = _layout_change(have, want)
            producer.rearranged[want] = self.emit(kind, value.via or hint, [producer], want, **fields)
        return producer.rearranged[want]

    def layout(self, value: Value, wish: Layout | None = None) -> Layout:
        """How a value's map is arranged now; one that is not settled is settled as wished, or naturally."""
        producer = value.producer
        if producer.layout is None:
            fits = wish is not None and _keeps_axes(wish.current, producer.axes)
            producer.layout = (wish if wish and fits else natural(producer.axes or value.axes)).current
            if producer.kind == "parameter":
                producer.fields = {"shape": str(producer.layout.shape), **producer.fields}
                self._add(producer)
        return producer.layout.current

    def with_channels(
        self, value: Value, channels: Atoms, rest: Sequence[Atoms], hint: str = "", *, ordered: bool = False
    ) -> Producer:
        """A producer whose channels are these atoms; its spatial axes are as they are, or else the rest.

        Only where ``ordered`` does it matter in which order the channels are.
        """
        wanted = mapped(channels)
        want = packed(rest, wanted)
        have = self.layout(value, want)
        if have.channels == wanted or (
            not ordered and len(have.channels) == len(wanted) and set(have.channels) == set(wanted)
        ):
            return value.producer
        return self.placed(value, want, hint)

    def renewed(self, value: Value, dims: Sequence[int], hint: str) -> Value:
        """The value as a tensor of these dims that is not followed from the old ones: a ``reshape``."""
        batch = tuple(each for each in value.atoms if each.batch)
        if batch and (value.atoms[: len(batch)] != batch or dims[0] % size(batch)):
            raise BatchError("the batch is mixed with other axes")
        axes = [atom(length) for length in dims]
        if batch:
            axes[0] = batch + atom(dims[0] // size(batch))
        producer = self.placed(value, self.layout(value), hint)
        new = natural(tuple(axes))
        return Value(tuple(axes), self.emit("reshape", hint, [producer], new, to=str(new.shape)))

    # Joins

    def joined(self, kind: str, values: Sequence[Value], hint: str) -> Value:
        """``add`` or ``multiply`` of values, broadcast as ONNX does."""
        values, axes, maps = self._broadcast(values, hint)
        want = self._common_layout(values, axes, maps)
        if not any(want.spatial):
            want = Layout(((),) * self._flat_rank(values, want), want.channels)
        producers = [
            self._part(value, want, mapping, hint) for value, mapping in zip(values, maps, strict=True)
        ]
        if all(producer.layout and not producer.layout.spatial for producer in producers):
            want = Layout((), want.channels)
        return Value(axes, self.emit(kind, hint, producers, want))

    def _flat_rank(self, values: Sequence[Value], want: Layout) -> int:
        """How many spatial axes, all of size 1, a join of such values and of vectors has."""
        settled = [self.layout(value) for value in values if value.producer.layout is not None]
        return max(
            (len(each.spatial) for each in settled if not any(each.spatial)), default=len(want.spatial)
        )

    def _broadcast(
        self, values: Sequence[Value], hint: str
    ) -> tuple[list[Value], Axes, list[dict[Atom, Atom]]]:
        """The values with equal rank and matching atoms, the result's axes, and result atom -> value's atom."""
        rank = max(len(value.axes) for value in values)
        whole = [
            Value(((),) * (rank - len(value.axes)) + value.axes, value.producer, value.via)
            for value in values
        ]
        first = max(range(len(whole)), key=lambda index: size(whole[index].atoms))
        for _ in range(2):
            for index, value in enumerate(whole):
                whole[first], whole[index] = self._matched(whole[first], value, hint)
        axes: list[Atoms] = []
        maps: list[dict[Atom, Atom]] = [{} for _ in whole]
        seen: set[Atom] = set()
        for place in range(rank):
            givers = [index for index in (first, *range(len(whole))) if leaves(whole[index].axes[place])]
            given = leaves(whole[givers[0]].axes[place]) if givers else ()
            fresh = bool(givers) and (givers[0] != first or not seen.isdisjoint(given))
            axis = tuple(Atom(a.size) if fresh and not a.batch else a for a in given)
            seen |= set(axis)
            for index in givers:
                maps[index].update(zip(axis, leaves(whole[index].axes[place]), strict=True))
            axes.append(axis)
        return whole, tuple(axes), maps

    def _matched(self, one: Value, other: Value, hint: str) -> tuple[Value, Value]:
        if one is other:
            return one, other
        for left, right in zip(one.axes, other.axes, strict=True):
            if not leaves(left) or not leaves(right):
                continue
            _check_batch(one, left, other, right)
            if aligned(left, right) is not None:
                continue
            if size(left) != size(right):
                raise RefusedError(f"cannot broadcast {list(one.dims)} and {list(other.dims)}")
            return self.renewed(one, one.dims, hint), self.renewed(other, other.dims, hint)
        return one, other

    def _common_layout(self, values: Sequence[Value], axes: Axes, maps: Sequence[dict[Atom, Atom]]) -> Layout:
        atoms = mapped(each for axis in axes for each in axis)
        settled = [index for index, value in enumerate(values) if value.producer.layout is not None]
        for index in sorted(settled, key=lambda index: -size(values[index].atoms)):
            back = {own: (common,) for common, own in maps[index].items()}
            have = self.layout(values[index])
            if set(atoms) <= set(maps[index]) and set(have.atoms) <= set(back):
                candidate = have.replaced(back)
                if _fits(candidate, maps):
                    return candidate
        candidate = natural(axes)
        return candidate if _fits(candidate, maps) else _grouped(atoms, maps)

    def _part(self, value: Value, want: Layout, mapping: dict[Atom, Atom], hint: str) -> Producer:
        """A value in its part of a common layout; a vector may stay one where its axes have size 1."""
        own = Layout(
            tuple(tuple(mapping[a] for a in axis if a in mapping) for axis in want.spatial),
            tuple(mapping[a] for a in want.channels if a in mapping),
        )
        have = self.layout(value, own)
        flat = not any(own.spatial) and not any(have.spatial)
        if flat and have.channels == own.channels and (not have.spatial or not own.spatial):
            return value.producer
        return self.placed(value, own, hint)

    def concatenated(self, values: Sequence[Value], axis: int, hint: str) -> Value:
        """Values one behind the other along an axis."""
        if any(each.batch for value in values for each in leaves(value.axes[axis])):
            raise BatchError("concatenates along the batch")
        others = [_without(value, axis) for value in values]
        if any(value.dims != others[0].dims for value in others):
            raise RefusedError("concatenates tensors whose other sizes differ")
        _, rest, maps = self._broadcast(others, hint)
        want = self._concat_layout(values, axis, rest, maps)
        marker = want[1]
        producers = []
        for value, mapping in zip(values, maps, strict=True):
            inner = {a: (mapping[a],) for a in mapping} | {marker: mapped(value.axes[axis])}
            producers.append(self.placed(value, want[0].replaced(inner), hint))
        total = atom(sum(value.dims[axis] for value in values))
        out = want[0].replaced({marker: total})
        axes = [*rest]
        axes[axis] = total
        where = next((i for i, each in enumerate(want[0].spatial) if marker in each), None)
        name = {} if where is None else {"axis": AXIS_NAMES[len(want[0].spatial)][where]}
        return Value(tuple(axes), self.emit("concat", hint, producers, out, **name))

    def _concat_layout(
        self, values: Sequence[Value], axis: int, rest: Axes, maps: Sequence[dict[Atom, Atom]]
    ) -> tuple[Layout, Atom]:
        """The common layout, with one atom that stands for what each value has along the axis."""
        marker = Atom(2)
        for value, mapping in zip(values, maps, strict=True):
            if value.producer.layout is None:
                continue
            back = {own: (common,) for common, own in mapping.items()}
            have, along = self.layout(value), mapped(value.axes[axis])
            for number, group in enumerate((*have.spatial, have.channels)):
                if group[: len(along)] == along and (along or not group):
                    groups = [*have.spatial, have.channels]
                    groups[number] = (marker, *group[len(along) :])
                    arranged = Layout(tuple(groups[:-1]), groups[-1]).replaced(back)
                    if set(arranged.atoms) == {marker, *mapped(a for axis in rest for a in axis)}:
                        return arranged, marker
        axes = [*rest]
        axes[axis] = (marker,)
        return natural(tuple(axes)), marker

    # Slices

    def sliced(self, value: Value, axis: int, start: int, stop: int, hint: str) -> Value:
        """The slice between two positions along an axis."""
        length = value.dims[axis]
        if (start, stop) == (0, length):
            return value
        along = leaves(value.axes[axis])
        if any(each.batch for each in along):
            raise BatchError("takes examples of the batch apart")
        inner = size(along[1:])
        if len(along) > 1 and start % inner == 0 and stop % inner == 0:
            outer, tail = along[:1], along[1:]
            return self._cut(value, axis, outer, tail, start // inner, stop // inner, hint)
        return self._cut(value, axis, along, (), start, stop, hint)

    def _cut(
        self, value: Value, axis: int, outer: Atoms, tail: Atoms, start: int, stop: int, hint: str
    ) -> Value:
        have = self.layout(value)
        groups = [*have.spatial, have.channels]
        where = next((i for i, group in enumerate(groups) if group[: len(outer)] == outer), None)
        if where is not None and where < len(have.spatial) and groups[where] != outer:
            where = None
        if where is None:
            channels = (*outer, *(a for a in have.channels if a not in outer))
            spatial = tuple(tuple(a for a in group if a not in outer) for group in have.spatial)
            have = Layout(spatial, channels)
            groups, where = [*spatial, channels], len(spatial)
        producer = self.placed(value, have, hint)
        piece = atom(stop - start)
        rest = groups[where][len(outer) :]
        total, fields = size(outer), {}
        if where == len(have.spatial):
            fields = _channel_slice(start, stop, total, size(rest))
        elif len(have.spatial) == 1:
            fields = {"spatial": [start, stop]}
        else:
            fields = {
                "spatial": [[0, size(g)] if i != where else [start, stop] for i, g in enumerate(have.spatial)]
            }
        groups[where] = (*piece, *rest)
        out = Layout(tuple(groups[:-1]), groups[-1])
        axes = [*value.axes]
        axes[axis] = (*piece, *tail)
        return Value(tuple(axes), self.emit("slice", hint, [producer], out, **fields))


def _check_batch(one: Value, left: Atoms, other: Value, right: Atoms) -> None:
    """Refuse what has numbers of its own for each example; a tensor that is not learned is the same for all."""
    for value, axis, opposite in ((one, left, right), (other, right, left)):
        own = any(each.batch for each in leaves(axis))
        if (
            not own
            and any(each.batch for each in leaves(opposite))
            and value.producer.fields.get("trainable", True)
        ):
            raise BatchError("joins each example with numbers of its own")


def _keeps_axes(layout: Layout, axes: Axes) -> bool:
    """Whether an layout has each of some axes as one of its own; of no axes it has all."""
    groups = [group for group in (*layout.spatial, layout.channels) if group]
    own = [group for group in map(mapped, axes) if group]
    return not axes or (len(groups) == len(own) and set(groups) == set(own))


def natural(axes: Axes) -> Layout:
    """What a tensor's axes are where nothing tells: N×C×H×W, N×P×C, N×C."""
    rank = len(axes)
    if rank in (4, 5):
        return packed(axes[2:], axes[1], axes[0])
    if not rank:
        return Layout((), ())
    if rank == 1 or (rank == 2 and not mapped(axes[0])):
        return Layout((), mapped(axes[-1]))
    return packed(axes[1:-1], axes[-1], axes[0])


def packed(spatial: Sequence[Atoms], channels: Atoms, first: Atoms = ()) -> Layout:
    """An layout of at most three spatial axes; where there are more, the first are merged.

    ``first`` is left out where only the batch is in it, as are leading axes of size 1 beyond three.
    """
    axes = [mapped(axis) for axis in spatial]
    if mapped(first):
        axes.insert(0, mapped(first))
    while len(axes) > MAX_SPATIAL:
        if () in axes:
            axes.remove(())
        else:
            axes[:2] = [axes[0] + axes[1]]
    return Layout(tuple(axes), mapped(channels))


def _fits(candidate: Layout, maps: Sequence[dict[Atom, Atom]]) -> bool:
    """Whether every value has each axis as a whole or not at all, as broadcasting needs."""
    return all(
        len({atom_ in mapping for atom_ in group}) < 2
        for group in (*candidate.spatial, candidate.channels)
        for mapping in maps
    )


def _grouped(atoms: Atoms, maps: Sequence[dict[Atom, Atom]]) -> Layout:
    groups: list[tuple[tuple[bool, ...], Atoms]] = []
    for each in atoms:
        pattern = tuple(each in mapping for mapping in maps)
        if groups and groups[-1][0] == pattern:
            groups[-1] = (pattern, (*groups[-1][1], each))
        else:
            groups.append((pattern, (each,)))
    axes = [group for _, group in groups]
    if len(axes) > MAX_SPATIAL + 1:
        raise RefusedError("broadcasts along too many separate axes")
    return Layout(tuple(axes[:-1]), axes[-1]) if axes else Layout((), ())


def _layout_change(have: Layout, want: Layout) -> tuple[str, dict[str, Any]]:
    if have.spatial == want.spatial:
        for cut in range(1, len(have.channels)):
            if have.channels[cut:] + have.channels[:cut] == want.channels:
                return "channel_shuffle", {"groups": size(have.channels[:cut])}
    if not want.spatial:
        return "flatten", {}
    return "reshape", {"to": str(want.shape)}


def _channel_slice(start: int, stop: int, total: int, inner: int) -> dict[str, Any]:
    length = stop - start
    if total % length == 0 and start % length == 0:
        return {"part": start // length + 1, "of": total // length}
    return {"channels": [start * inner, stop * inner]}


def _without(value: Value, axis: int) -> Value:
    axes = [*value.axes]
    axes[axis] = ()
    return Value(tuple(axes), value.producer, value.via)
