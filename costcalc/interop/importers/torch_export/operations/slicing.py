"""Slices of a map: slices, halves, picks by index; and padding, which is the opposite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Atoms, Layout, atom, leaves, size
from costcalc.interop.importers.tensors.maps import natural, packed
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall, of_maps
from costcalc.interop.importers.torch_export.operations.regrouping import fused
from costcalc.interop.importers.torch_export.state import ConstantTensor, Operand
from costcalc.interop.importers.torch_export.trace import TensorRef


def sliced(call: OperatorCall) -> Operand:
    """Some of an axis: an interval, every n-th of it."""
    value = call.value("self")
    axis = call.argument("dim", 0) % len(value.axes)
    length = value.dims[axis]
    start, stop, step = slice(call.argument("start"), call.argument("end"), call.argument("step", 1)).indices(
        length
    )
    if stop <= start:  # nothing, which may still be put behind something
        return ConstantTensor(call.hint("slice"), call.sizes)
    piece = cut(call, value, axis, start, stop, call.hint("slice"))
    return piece if step == 1 else every(call, piece, axis, step)


def cut(call: OperatorCall, value: Value, axis: int, start: int, stop: int, hint: str) -> Value:
    """The piece between two places of an axis."""
    along = leaves(value.axes[axis])
    inner = size(along[1:])
    if len(along) > 1 and (start % inner or stop % inner):
        value = fused(call, value)
    return call.maps.sliced(value, axis, start, stop, hint)


def every(call: OperatorCall, value: Value, axis: int, step: int) -> Value:
    """Every n-th place of an axis: a pool whose windows have one place."""
    along = leaves(value.axes[axis])
    have = call.maps.layout(value)
    if along not in have.spatial:
        rest = [tuple(a for a in group if a not in along) for group in have.spatial]
        channels = tuple(a for a in have.channels if a not in along)
        have = packed([*rest, along], channels)
    producer = call.maps.placed(value, have, call.hint("arrange"))
    where = have.spatial.index(along)
    out_axis = atom(-(-value.dims[axis] // step))
    spatial = tuple(out_axis if index == where else group for index, group in enumerate(have.spatial))
    stride = [step if index == where else 1 for index in range(len(spatial))]
    made = call.emit("max_pool", [producer], Layout(spatial, have.channels), kernel_size=1, stride=stride)
    axes = tuple(out_axis if index == axis else group for index, group in enumerate(value.axes))
    return Value(axes, made)


def selected(call: OperatorCall) -> Value:
    """One place of an axis, without the axis."""
    value = call.value("self")
    axis = call.argument("dim", 0) % len(value.axes)
    return _without(_place(call, value, axis, call.argument("index", 0)), axis)


def _place(call: OperatorCall, value: Value, axis: int, index: int) -> Value:
    start = index % value.dims[axis]
    return cut(call, value, axis, start, start + 1, call.hint("slice"))


def _without(value: Value, axis: int) -> Value:
    return Value((*value.axes[:axis], *value.axes[axis + 1 :]), value.producer, value.via)


def narrowed(call: OperatorCall) -> Value:
    """``narrow``: an interval by start and length."""
    value = call.value("self")
    axis = call.argument("dim", 0) % len(value.axes)
    start = call.argument("start", 0) % value.dims[axis]
    return cut(call, value, axis, start, start + call.argument("length"), call.hint("slice"))


class Slices(list[Any]):
    """The slices of a map, each made when it is asked for."""

    def __init__(
        self, call: OperatorCall, value: Value, axis: int, ends: list[int], drop: bool = False
    ) -> None:
        super().__init__([value])
        self.call, self.value, self.axis, self.ends, self.drop = call, value, axis, ends, drop
        self.made: dict[int, Value] = {}

    def slice(self, index: int) -> Value:
        """One of them."""
        if index not in self.made:
            start, stop = self.ends[index], self.ends[index + 1]
            piece = cut(self.call, self.value, self.axis, start, stop, self.call.hint("split"))
            self.made[index] = _without(piece, self.axis) if self.drop else piece
        return self.made[index]


def split(call: OperatorCall) -> Any:
    """``split``, ``chunk``, ``tensor_split`` and ``unbind``: their sizes tell where."""
    value = call.value("self")
    axis = call.argument("dim", 0) % len(value.axes)
    drop = call.step.operation == "unbind"
    lengths = [1 if drop else sizes[axis] for sizes in call.step.sizes]
    ends = [sum(lengths[:index]) for index in range(len(lengths) + 1)]
    return Slices(call, value, axis, ends, drop)


def item(call: OperatorCall) -> Any:
    """One of several results."""
    reference, index = call.step.arguments["0"], call.step.arguments["1"]
    found = call.results(reference)
    if isinstance(found, Slices):
        return found.slice(index)
    made = found[index] if isinstance(found, list) else found
    return made() if callable(made) else made


def indexed(call: OperatorCall) -> Value:
    """``x[:, table]``: places of one axis picked by a table of fixed numbers."""
    value = call.value("self")
    tables = [(axis, table) for axis, table in enumerate(call.operands("indices")) if table is not None]
    if len(tables) != 1:
        raise RefusedError("picks places along several axes at once")
    return picked(call, value, *tables[0])


def index_selected(call: OperatorCall) -> Value:
    """``index_select``."""
    value = call.value("self")
    return picked(call, value, call.argument("dim", 0) % len(value.axes), call.step.arguments["index"])


def picked(call: OperatorCall, value: Value, axis: int, table: TensorRef) -> Value:
    """The places of an axis that a table says, in the table's sizes."""
    if isinstance(call.found(table), Value):
        raise RefusedError("picks places by numbers that follow from the input")
    sizes = call.sizes_of(table)
    return gathered(call, value, axis, tuple(atom(length) for length in sizes))


def repeated_places(call: OperatorCall) -> Value:
    """``repeat_interleave`` and ``repeat``: every place of an axis several times."""
    value = call.value("self")
    lead = len(call.sizes) - len(value.axes)
    value = Value(((),) * lead + value.axes, value.producer, value.via)
    for axis, wanted in enumerate(call.sizes):
        if value.dims[axis] != wanted:
            value = gathered(call, value, axis, (atom(wanted),))
    return value


def gathered(call: OperatorCall, value: Value, axis: int, axes: tuple[Atoms, ...]) -> Value:
    """Places of an axis, picked; in its place stand these axes."""
    along = leaves(value.axes[axis])
    have = call.maps.layout(value, natural(value.axes))
    rest = tuple(a for group in (*have.spatial, have.channels) for a in group if a not in along)
    producer = call.maps.placed(value, Layout((along,), rest), call.hint("arrange"))
    places = tuple(a for group in axes for a in group)
    out = Layout((places,), rest)
    made = call.emit("gather", [producer], out, positions=out.shape.positions)
    return Value((*value.axes[:axis], *axes, *value.axes[axis + 1 :]), made)


def padded(call: OperatorCall) -> Value:
    """Zeros (or copies) around: amounts from the last axis back, negative ones cut."""
    value = call.value("self")
    amounts = call.argument("pad", []) or call.argument("padding", [])
    rank = len(value.axes)
    pads = [(0, 0)] * rank
    for place in range(len(amounts) // 2):
        pads[rank - 1 - place] = (amounts[2 * place], amounts[2 * place + 1])
    for axis, (before, after) in enumerate(pads):
        if before < 0 or after < 0:
            length = value.dims[axis]
            value = cut(call, value, axis, max(-before, 0), length - max(-after, 0), call.hint("slice"))
    return _padded(call, value, [(max(before, 0), max(after, 0)) for before, after in pads])


def _padded(call: OperatorCall, value: Value, pads: list[tuple[int, int]]) -> Value:
    if not any(map(any, pads)):
        return value
    have = call.maps.layout(value)
    groups = (*have.spatial, have.channels)
    touched = [axis for axis, pad in enumerate(pads) if any(pad)]
    if any(leaves(value.axes[axis]) not in groups or not leaves(value.axes[axis]) for axis in touched):
        have = natural(value.axes).current
        groups = (*have.spatial, have.channels)
    producer = call.maps.placed(value, have, call.hint("arrange"))
    amounts = [(0, 0)] * len(groups)
    axes, out = list(value.axes), list(groups)
    for axis in touched:
        where = _group_of(leaves(value.axes[axis]), groups, axis - len(value.axes))
        amounts[where] = pads[axis]
        axes[axis] = out[where] = atom(value.dims[axis] + sum(pads[axis]))
    fields: dict[str, Any] = {}
    if any(map(any, amounts[:-1])):
        fields["padding"] = [each for pair in amounts[:-1] for each in pair]
    if any(amounts[-1]):
        fields["channels"] = list(amounts[-1])
    made = call.emit("pad", [producer], Layout(tuple(out[:-1]), out[-1]), **fields)
    return Value(tuple(axes), made)


def _group_of(along: Atoms, groups: Sequence[Atoms], axis: int) -> int:
    """The axis of a map that one of a tensor is, counted from its end; of equal ones, which have size 1, its own."""
    places = [index for index, group in enumerate(groups) if group == along]
    if not places:
        raise RefusedError("pads an axis that is no axis of the map")
    own = len(groups) - 1 + axis
    return own if own in places else places[-1]


_PADS = [
    "pad",
    "constant_pad_nd",
    *(f"{mode}_pad{rank}d" for mode in ("reflection", "replication") for rank in (1, 2, 3)),
]

_SPLITS = ("split", "split_with_sizes", "chunk", "tensor_split", "unbind", "unsafe_chunk", "unsafe_split")

HANDLERS = {
    **of_maps(
        {
            "slice": sliced,
            "select": selected,
            **dict.fromkeys(_SPLITS, split),
            "index": indexed,
            "repeat_interleave": repeated_places,
            "repeat": repeated_places,
            "tile": repeated_places,
        }
    ),
    "narrow": narrowed,
    "getitem": item,
    "index_select": index_selected,
    **dict.fromkeys(_PADS, padded),
}
