"""The same numbers under other axes; pieces of tensors, and tensors put together; sizes as numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tflite_model.schema import TYPES
from costcalc.interop.importers.tflite_model.translation import DATA_TYPES, OperatorWriter, channels_first

_END = 2**31 - 1


def reshape(op: OperatorWriter) -> None:
    """RESHAPE: to a shape that is an operand, or in old files an option."""
    if op.has(1):
        op.end("Reshape", [op.input(0), op.input(1)], allowzero=1)
        return
    shape = op.options["new_shape"]
    if shape is None:
        shape = op.result().shape
    op.end("Reshape", [op.input(0), op.constant(shape)], allowzero=1)


def squeeze(op: OperatorWriter) -> None:
    """SQUEEZE: these axes of size 1 away, or all."""
    rank = len(op.shape(0))
    axes = [axis + rank if axis < 0 else axis for axis in op.options["squeeze_dims"] or ()]
    op.end("Squeeze", [op.input(0)], **({"axes": axes} if axes else {}))


def expand_dims(op: OperatorWriter) -> None:
    """EXPAND_DIMS: a new axis of size 1."""
    op.end("Unsqueeze", [op.input(0)], axes=op.numbers(1, "axis"))


def transpose(op: OperatorWriter) -> None:
    """TRANSPOSE."""
    op.end("Transpose", [op.input(0)], perm=op.numbers(1, "order of axes"))


def concatenation(op: OperatorWriter) -> None:
    """CONCATENATION, with an activation behind it."""
    _joined(op, op.inputs(), [len(op.shape(at)) for at in range(len(op.inputs()))])


def _joined(op: OperatorWriter, names: Sequence[str], ranks: Sequence[int]) -> None:
    """Tensors one behind the other; maps with their channels first."""
    axis, rank = op.options["axis"], max(ranks, default=0)
    if rank not in (4, 5) or set(ranks) != {rank} or not -rank <= axis < rank:
        op.finish(op.add("Concat", names, axis=axis))
        return
    order = channels_first(rank)
    made = op.add("Concat", [op.first(each, rank) for each in names], axis=order.index(axis % rank))
    op.finish(op.last(made, rank))


def split(op: OperatorWriter) -> None:
    """SPLIT: the axis, then what is split in equal parts."""
    (axis,) = op.numbers(0, "axis") or [0]
    op.end("Split", [op.input(1)], axis=axis)


def split_v(op: OperatorWriter) -> None:
    """SPLIT_V: what is split, the parts' sizes, the axis."""
    (axis,) = op.numbers(2, "axis") or [0]
    sizes = op.numbers(1, "sizes")
    if sizes.count(-1) == 1:
        rank = len(op.shape(0))
        if not -rank <= axis < rank:
            raise RefusedError(f"has no axis {axis}: the tensor has {rank}")
        sizes[sizes.index(-1)] = op.shape(0)[axis] - sum(sizes) - 1
    op.end("Split", [op.input(0)], axis=axis, split=sizes)


def strided_slice(op: OperatorWriter) -> None:
    """STRIDED_SLICE: begins, ends and steps, with masks, a bit an axis, for those that are left out."""
    options = op.options
    if options["ellipsis_mask"] or options["new_axis_mask"]:
        raise RefusedError("has an ellipsis or a new axis in its slice")
    begins, ends, steps = (op.numbers(at, what) for at, what in ((1, "begins"), (2, "ends"), (3, "steps")))
    if not len(begins) == len(ends) == len(steps) or 0 in steps:
        raise RefusedError(f"has {len(begins)} begins, {len(ends)} ends and the steps {steps}")
    gone = []
    for axis, step in enumerate(steps):
        if options["offset"]:
            ends[axis] += begins[axis]
        if options["begin_mask"] >> axis & 1:
            begins[axis] = 0 if step > 0 else _END
        if options["end_mask"] >> axis & 1:
            ends[axis] = _END if step > 0 else -_END - 2
        if options["shrink_axis_mask"] >> axis & 1:
            ends[axis], steps[axis] = begins[axis] + 1 or _END, 1
            gone.append(axis)
    given = [op.input(0), *(op.constant(each) for each in (begins, ends, list(range(len(begins))), steps))]
    if gone:
        op.end("Squeeze", [op.add("Slice", given)], axes=gone)
    else:
        op.end("Slice", given)


def slice_(op: OperatorWriter) -> None:
    """SLICE: begins and sizes; -1 is what remains."""
    begins, sizes = op.numbers(1, "begins"), op.numbers(2, "sizes")
    if len(begins) != len(sizes):
        raise RefusedError(f"has {len(begins)} begins and {len(sizes)} sizes")
    ends = [_END if size == -1 else begin + size for begin, size in zip(begins, sizes, strict=True)]
    op.end("Slice", [op.input(0), op.constant(begins), op.constant(ends)])


def pack(op: OperatorWriter) -> None:
    """PACK: tensors beside each other along a new axis."""
    wider = [op.add("Unsqueeze", [each], axes=[op.options["axis"]]) for each in op.inputs()]
    _joined(op, wider, [len(op.shape(at)) + 1 for at in range(len(wider))])


def unpack(op: OperatorWriter) -> None:
    """UNPACK: the places of an axis, without the axis."""
    axis, count = op.options["axis"], len(op.outputs())
    parts = [op.translation.fresh() for _ in range(count)]
    op.translation.add("Split", [op.input(0)], parts, axis=axis)
    for part, output in zip(parts, op.outputs(), strict=True):
        rank = len(op.shape(0))
        op.translation.add("Squeeze", [part], [output], axes=[axis + rank if axis < 0 else axis])


def tile(op: OperatorWriter) -> None:
    """TILE."""
    op.end("Tile", [op.input(0), op.input(1)])


def broadcast(op: OperatorWriter) -> None:
    """BROADCAST_TO: a tensor, then a shape; FILL has them the other way round."""
    given = [op.input(0), op.input(1)]
    op.end("Expand", given if op.type == "BROADCAST_TO" else given[::-1])


def shape(op: OperatorWriter) -> None:
    """SHAPE: the sizes themselves."""
    op.end("Shape", [op.input(0)])


def range_(op: OperatorWriter) -> None:
    """RANGE."""
    op.end("Range", [op.input(0), op.input(1), op.input(2)])


def cast(op: OperatorWriter) -> None:
    """CAST."""
    code = op.options["out_data_type"]
    kind = TYPES[code] if 0 <= code < len(TYPES) else ""
    op.end("Cast", [op.input(0)], to=DATA_TYPES.get(kind, 1))


HANDLERS: dict[str, Callable[[OperatorWriter], None]] = {
    "RESHAPE": reshape,
    "SQUEEZE": squeeze,
    "EXPAND_DIMS": expand_dims,
    "TRANSPOSE": transpose,
    "CONCATENATION": concatenation,
    "SPLIT": split,
    "SPLIT_V": split_v,
    "STRIDED_SLICE": strided_slice,
    "SLICE": slice_,
    "PACK": pack,
    "UNPACK": unpack,
    "TILE": tile,
    "BROADCAST_TO": broadcast,
    "FILL": broadcast,
    "SHAPE": shape,
    "RANGE": range_,
    "CAST": cast,
}
