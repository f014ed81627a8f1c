"""Maps under construction: layers are added here, and maps rearranged where an operation needs them otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.tensors.layout import (
    Arrangement,
    Atom,
    Atoms,
    Axes,
    aligned,
    atom,
    leaves,
    mapped,
    regrouped,
    size,
)
from costcalc.interop.importers.tensors.source import Source, Value

MAX_SPATIAL = 3
_AXIS_NAMES = {1: ("width",), 2: ("height", "width"), 3: ("depth", "height", "width")}


class Maps:
    """The layers so far, in order."""

    def __init__(self) -> None:
        self.layers: list[Source] = []
        self._parameters: dict[object, Value] = {}

    def emit(
        self,
        kind: str,
        hint: str,
        inputs: Sequence[Source],
        arrangement: Arrangement,
        **fields: Any,
    ) -> Source:
        """Add a layer; the source that its map comes from."""
        source = Source(hint, kind, tuple(inputs), fields, arrangement)
        self.layers.append(source)
        return source

    def parameter(self, key: object, dims: Sequence[int], hint: str, *, trainable: bool = True) -> Value:
        """A stored tensor as a map; one of the same key is the same parameter, under these dims."""
        if key not in self._parameters:
            fields = {} if trainable else {"trainable": False}
            whole = tuple(atom(length) for length in dims)
            self._parameters[key] = Value(whole, Source(hint, "parameter", fields=fields))
        value = self._parameters[key]
        axes = regrouped(value.atoms, dims)
        return self.renewed(value, dims, hint) if axes is None else Value(axes, value.source)

    # Arrangements

    def placed(self, value: Value, want: Arrangement, hint: str = "") -> Source:
        """A source whose map has exactly this arrangement; a layer is added where the value's has another."""
        want, source = want.current, value.source
        have = self.arrangement(value, want)
        if have == want:
            return source
        if set(have.atoms) != set(want.atoms) or len(have.atoms) != len(want.atoms):
            raise BatchError("the batch is mixed with other axes")
        if want not in source.rearranged:
            kind, fields = _rearrangement(have, want)
            source.rearranged[want] = self.emit(kind, value.via or hint, [source], want, **fields)
        return source.rearranged[want]

    def arrangement(self, value: Value, wish: Arrangement | None = None) -> Arrangement:
        """How a value's map is arranged now; one that is not settled is settled as wished, or naturally."""
        source = value.source
        if source.arrangement is None:
            fits = wish is not None and _keeps_axes(wish.current, source.axes)
            source.arrangement = (wish if wish and fits else natural(source.axes or value.axes)).current
            if source.kind == "parameter":
                source.fields = {"shape": str(source.arrangement.shape), **source.fields}
                self.layers.append(source)
        return source.arrangement.current

    def with_channels(
        self, value: Value, channels: Atoms, rest: Sequence[Atoms], hint: str = "", *, ordered: bool = False
    ) -> Source:
        """A source whose channels are these atoms; its spatial axes are as they are, or else the rest.

        Only where ``ordered`` does it matter in which order the channels are.
        """
        wanted = mapped(channels)
        want = packed(rest, wanted)
        have = self.arrangement(value, want)
        if have.channels == wanted or (
            not ordered and len(have.channels) == len(wanted) and set(have.channels) == set(wanted)
        ):
            return value.source
        return self.placed(value, want, hint)

    def renewed(self, value: Value, dims: Sequence[int], hint: str) -> Value:
        """The value as a tensor of these dims that is not followed from the old ones: a ``reshape``."""
        batch = tuple(each for each in value.atoms if each.batch)
        if batch and (value.atoms[: len(batch)] != batch or dims[0] % size(batch)):
            raise BatchError("the batch is mixed with other axes")
        axes = [atom(length) for length in dims]
        if batch:
            axes[0] = batch + atom(dims[0] // size(batch))
        source = self.placed(value, self.arrangement(value), hint)
        new = natural(tuple(axes))
        return Value(tuple(axes), self.emit("reshape", hint, [source], new, to=str(new.shape)))

    # Joins

    def joined(self, kind: str, values: Sequence[Value], hint: str) -> Value:
        """``add`` or ``multiply`` of values, broadcast as ONNX does."""
        values, axes, maps = self._broadcast(values, hint)
        want = self._common_arrangement(values, axes, maps)
        if not any(want.spatial):
            want = Arrangement(((),) * self._flat_rank(values, want), want.channels)
        sources = [
            self._part(value, want, mapping, hint) for value, mapping in zip(values, maps, strict=True)
        ]
        if all(source.arrangement and not source.arrangement.spatial for source in sources):
            want = Arrangement((), want.channels)
        return Value(axes, self.emit(kind, hint, sources, want))

    def _flat_rank(self, values: Sequence[Value], want: Arrangement) -> int:
        """How many spatial axes, all of size 1, a join of such values and of vectors has."""
        settled = [self.arrangement(value) for value in values if value.source.arrangement is not None]
        return max(
            (len(each.spatial) for each in settled if not any(each.spatial)), default=len(want.spatial)
        )

    def _broadcast(
        self, values: Sequence[Value], hint: str
    ) -> tuple[list[Value], Axes, list[dict[Atom, Atom]]]:
        """The values with equal rank and matching atoms, the result's axes, and result atom -> value's atom."""
        rank = max(len(value.axes) for value in values)
        whole = [
            Value(((),) * (rank - len(value.axes)) + value.axes, value.source, value.via) for value in values
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

    def _common_arrangement(
        self, values: Sequence[Value], axes: Axes, maps: Sequence[dict[Atom, Atom]]
    ) -> Arrangement:
        atoms = mapped(each for axis in axes for each in axis)
        settled = [index for index, value in enumerate(values) if value.source.arrangement is not None]
        for index in sorted(settled, key=lambda index: -size(values[index].atoms)):
            back = {own: (common,) for common, own in maps[index].items()}
            have = self.arrangement(values[index])
            if set(atoms) <= set(maps[index]) and set(have.atoms) <= set(back):
                candidate = have.replaced(back)
                if _fits(candidate, maps):
                    return candidate
        candidate = natural(axes)
        return candidate if _fits(candidate, maps) else _grouped(atoms, maps)

    def _part(self, value: Value, want: Arrangement, mapping: dict[Atom, Atom], hint: str) -> Source:
        """A value in its part of a common arrangement; a vector may stay one where its axes have size 1."""
        own = Arrangement(
            tuple(tuple(mapping[a] for a in axis if a in mapping) for axis in want.spatial),
            tuple(mapping[a] for a in want.channels if a in mapping),
        )
        have = self.arrangement(value, own)
        flat = not any(own.spatial) and not any(have.spatial)
        if flat and have.channels == own.channels and (not have.spatial or not own.spatial):
            return value.source
        return self.placed(value, own, hint)

    def concatenated(self, values: Sequence[Value], axis: int, hint: str) -> Value:
        """Values one behind the other along an axis."""
        if any(each.batch for value in values for each in leaves(value.axes[axis])):
            raise BatchError("concatenates along the batch")
        others = [_without(value, axis) for value in values]
        if any(value.dims != others[0].dims for value in others):
            raise RefusedError("concatenates tensors whose other sizes differ")
        _, rest, maps = self._broadcast(others, hint)
        want = self._concat_arrangement(values, axis, rest, maps)
        marker = want[1]
        sources = []
        for value, mapping in zip(values, maps, strict=True):
            inner = {a: (mapping[a],) for a in mapping} | {marker: mapped(value.axes[axis])}
            sources.append(self.placed(value, want[0].replaced(inner), hint))
        total = atom(sum(value.dims[axis] for value in values))
        out = want[0].replaced({marker: total})
        axes = [*rest]
        axes[axis] = total
        where = next((i for i, each in enumerate(want[0].spatial) if marker in each), None)
        name = {} if where is None else {"axis": _AXIS_NAMES[len(want[0].spatial)][where]}
        return Value(tuple(axes), self.emit("concat", hint, sources, out, **name))

    def _concat_arrangement(
        self, values: Sequence[Value], axis: int, rest: Axes, maps: Sequence[dict[Atom, Atom]]
    ) -> tuple[Arrangement, Atom]:
        """The common arrangement, with one atom that stands for what each value has along the axis."""
        marker = Atom(2)
        for value, mapping in zip(values, maps, strict=True):
            if value.source.arrangement is None:
                continue
            back = {own: (common,) for common, own in mapping.items()}
            have, along = self.arrangement(value), mapped(value.axes[axis])
            for number, group in enumerate((*have.spatial, have.channels)):
                if group[: len(along)] == along and (along or not group):
                    groups = [*have.spatial, have.channels]
                    groups[number] = (marker, *group[len(along) :])
                    arranged = Arrangement(tuple(groups[:-1]), groups[-1]).replaced(back)
                    if set(arranged.atoms) == {marker, *mapped(a for axis in rest for a in axis)}:
                        return arranged, marker
        axes = [*rest]
        axes[axis] = (marker,)
        return natural(tuple(axes)), marker

    # Pieces

    def sliced(self, value: Value, axis: int, start: int, stop: int, hint: str) -> Value:
        """The piece between two places along an axis."""
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
        have = self.arrangement(value)
        groups = [*have.spatial, have.channels]
        where = next((i for i, group in enumerate(groups) if group[: len(outer)] == outer), None)
        if where is not None and where < len(have.spatial) and groups[where] != outer:
            where = None
        if where is None:
            channels = (*outer, *(a for a in have.channels if a not in outer))
            spatial = tuple(tuple(a for a in group if a not in outer) for group in have.spatial)
            have = Arrangement(spatial, channels)
            groups, where = [*spatial, channels], len(spatial)
        source = self.placed(value, have, hint)
        piece = atom(stop - start)
        rest = groups[where][len(outer) :]
        total, fields = size(outer), {}
        if where == len(have.spatial):
            fields = _channel_piece(start, stop, total, size(rest))
        elif len(have.spatial) == 1:
            fields = {"spatial": [start, stop]}
        else:
            fields = {
                "spatial": [[0, size(g)] if i != where else [start, stop] for i, g in enumerate(have.spatial)]
            }
        groups[where] = (*piece, *rest)
        out = Arrangement(tuple(groups[:-1]), groups[-1])
        axes = [*value.axes]
        axes[axis] = (*piece, *tail)
        return Value(tuple(axes), self.emit("slice", hint, [source], out, **fields))


def _check_batch(one: Value, left: Atoms, other: Value, right: Atoms) -> None:
    """Refuse what has numbers of its own for each example; a tensor that is not learned is the same for all."""
    for value, axis, opposite in ((one, left, right), (other, right, left)):
        own = any(each.batch for each in leaves(axis))
        if (
            not own
            and any(each.batch for each in leaves(opposite))
            and value.source.fields.get("trainable", True)
        ):
            raise BatchError("joins each example with numbers of its own")


def _keeps_axes(arrangement: Arrangement, axes: Axes) -> bool:
    """Whether an arrangement has each of some axes as one of its own; of no axes it has all."""
    groups = [group for group in (*arrangement.spatial, arrangement.channels) if group]
    own = [group for group in map(mapped, axes) if group]
    return not axes or (len(groups) == len(own) and set(groups) == set(own))


def natural(axes: Axes) -> Arrangement:
    """What a tensor's axes are where nothing tells: N×C×H×W, N×P×C, N×C."""
    rank = len(axes)
    if rank in (4, 5):
        return packed(axes[2:], axes[1], axes[0])
    if not rank:
        return Arrangement((), ())
    if rank == 1 or (rank == 2 and not mapped(axes[0])):
        return Arrangement((), mapped(axes[-1]))
    return packed(axes[1:-1], axes[-1], axes[0])


def packed(spatial: Sequence[Atoms], channels: Atoms, first: Atoms = ()) -> Arrangement:
    """An arrangement of at most three spatial axes; where there are more, the first are merged.

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
    return Arrangement(tuple(axes), mapped(channels))


def _fits(candidate: Arrangement, maps: Sequence[dict[Atom, Atom]]) -> bool:
    """Whether every value has each axis as a whole or not at all, as broadcasting needs."""
    return all(
        len({atom_ in mapping for atom_ in group}) < 2
        for group in (*candidate.spatial, candidate.channels)
        for mapping in maps
    )


def _grouped(atoms: Atoms, maps: Sequence[dict[Atom, Atom]]) -> Arrangement:
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
    return Arrangement(tuple(axes[:-1]), axes[-1]) if axes else Arrangement((), ())


def _rearrangement(have: Arrangement, want: Arrangement) -> tuple[str, dict[str, Any]]:
    if have.spatial == want.spatial:
        for cut in range(1, len(have.channels)):
            if have.channels[cut:] + have.channels[:cut] == want.channels:
                return "channel_shuffle", {"groups": size(have.channels[:cut])}
    if not want.spatial:
        return "flatten", {}
    return "reshape", {"to": str(want.shape)}


def _channel_piece(start: int, stop: int, total: int, inner: int) -> dict[str, Any]:
    length = stop - start
    if total % length == 0 and start % length == 0:
        return {"part": start // length + 1, "of": total // length}
    return {"channels": [start * inner, stop * inner]}


def _without(value: Value, axis: int) -> Value:
    axes = [*value.axes]
    axes[axis] = ()
    return Value(tuple(axes), value.source, value.via)
