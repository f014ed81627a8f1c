"""Reshape, Transpose and what is like them: the same numbers under other axes, no layer of their own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model import fold
from costcalc.interop.importers.onnx_model.expressions import Deferred
from costcalc.interop.importers.onnx_model.operation import Operand, Operation
from costcalc.interop.importers.onnx_model.proto import MAX_VALUES
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import Axes, Layout, atom, leaves, mapped, regrouped
from costcalc.interop.importers.tensors.limits import check_dims
from costcalc.interop.importers.tensors.maps import MAX_SPATIAL
from costcalc.interop.importers.tensors.values import Value


def reshape(op: Operation) -> Operand:
    """Reshape; 0 keeps a size, -1 is what remains."""
    operand = op.operand(0)
    wanted = op.attribute("shape", []) or op.ints(1, "shape")
    if wanted is None:
        raise RefusedError("has no shape")
    dims = list(wanted)
    if not op.attribute("allowzero", 0):
        if any(length == 0 and at >= len(operand.dims) for at, length in enumerate(dims)):
            raise RefusedError(f"keeps a size that {list(operand.dims)} does not have")
        dims = [operand.dims[at] if length == 0 else length for at, length in enumerate(dims)]
    return viewed(op, operand, _completed(dims, math.prod(operand.dims)))


def _completed(dims: list[int], elements: int) -> list[int]:
    """The dims with the one that is -1 worked out."""
    rest = math.prod(length for length in dims if length != -1)
    if dims.count(-1) == 1 and rest > 0 and elements % rest == 0:
        return [elements // rest if length == -1 else length for length in dims]
    if min(dims, default=1) < 0 or math.prod(dims) != elements:
        raise RefusedError(f"makes {dims} of {elements} elements")
    return dims


def viewed(op: Operation, operand: Operand, dims: Sequence[int]) -> Operand:
    """An operand with other dims, in the same order."""
    check_dims(dims)
    if tuple(dims) == operand.dims:
        return operand
    if isinstance(operand, Tensor):
        return replace(operand, dims=tuple(dims))
    value = op.as_value(operand)
    axes = regrouped(value.atoms, dims)
    if axes is None:
        return op.maps.renewed(value, dims, op.hint)
    return Value(axes, value.producer, op.hint)


def flatten(op: Operation) -> Operand:
    """Flatten to two axes."""
    operand = op.operand(0)
    rank = len(operand.dims)
    axis = op.attribute("axis", 1)
    axis = axis if axis == rank else op.axis(axis, rank) if rank else 0
    return viewed(op, operand, [math.prod(operand.dims[:axis]), math.prod(operand.dims[axis:])])


def squeeze(op: Operation) -> Operand:
    """Squeeze: axes of size 1 away."""
    operand = op.operand(0)
    axes = op.axes(len(operand.dims))
    if axes is None:
        axes = [axis for axis, length in enumerate(operand.dims) if length == 1]
    if any(operand.dims[axis] != 1 for axis in axes):
        raise RefusedError(f"drops axes {axes} of {list(operand.dims)}, which are not all of size 1")
    return viewed(op, operand, [length for axis, length in enumerate(operand.dims) if axis not in axes])


def unsqueeze(op: Operation) -> Operand:
    """Unsqueeze: new axes of size 1."""
    operand = op.operand(0)
    given = op.attribute("axes", []) or op.ints(1, "axes") or []
    rank = len(operand.dims) + len(given)
    axes = {op.axis(axis, rank) for axis in given}
    if len(axes) != len(given):
        raise RefusedError(f"adds an axis twice: {given}")
    rest = iter(operand.dims)
    return viewed(op, operand, [1 if axis in axes else next(rest) for axis in range(rank)])


def transpose(op: Operation) -> Operand:
    """Transpose."""
    operand = op.operand(0)
    rank = len(operand.dims)
    order = op.attribute("perm", []) or list(reversed(range(rank)))
    if sorted(order) != list(range(rank)):
        raise RefusedError(f"orders {rank} axes as {order}")
    dims = tuple(operand.dims[axis] for axis in order)
    if isinstance(operand, Tensor):
        return _transposed(operand, dims, order)
    value = op.as_value(operand)
    return Value(tuple(value.axes[axis] for axis in order), value.producer, op.hint)


def _transposed(tensor: Tensor, dims: tuple[int, ...], order: Sequence[int]) -> Tensor:
    def read() -> Any:
        values = tensor.values()
        return None if values is None else tuple(fold.transposed(values, tensor.dims, order))

    return replace(tensor, dims=dims, read=read)


def identity(op: Operation) -> Operand:
    """Identity, Dropout, Cast of a map: the same."""
    return op.operand(0)


def identity_of_weight(op: Operation) -> Operand:
    """Identity. Of a weight it is another one: exporters store equal weights once, and name the rest so."""
    operand = op.operand(0)
    if isinstance(operand, Tensor) and operand.learned and op.node.outputs:
        return replace(operand, key=op.node.outputs[0], name=op.node.outputs[0])
    return operand


def cast(op: Operation) -> Operand:
    """Cast; numbers that are known are converted."""
    operand = op.operand(0)
    if not isinstance(operand, Tensor):
        return operand
    to = op.attribute("to", 1)

    def read() -> Any:
        values = operand.values()
        if values is None:
            return None
        if to == 9:
            return tuple(bool(value) for value in values)
        as_int = to in (2, 3, 4, 5, 6, 7, 12, 13)
        return tuple(int(value) if as_int else float(value) for value in values)

    return replace(operand, data_type=to, read=read)


def expand(op: Operation) -> Operand:
    """Expand: along the batch it changes nothing; of a map along spatial axes it repeats."""
    operand = op.operand(0)
    dims = fold.broadcast_dims(operand.dims, tuple(op.ints(1, "shape") or ()))
    if isinstance(operand, Deferred) and operand.dims != dims:
        deferred = op.defer([operand])
        deferred.dims = dims
        return deferred
    return widened(op, operand, dims)


def tile(op: Operation) -> Operand:
    """Tile: repeats along axes of size 1 as Expand does."""
    operand = op.operand(0)
    repeats = op.ints(1, "repeats") or []
    if len(repeats) != len(operand.dims):
        raise RefusedError(f"has {len(repeats)} repeats for {len(operand.dims)} axes")
    if min(repeats, default=1) < 1:
        raise RefusedError(f"repeats as often as {repeats}")
    dims = tuple(length * times for length, times in zip(operand.dims, repeats, strict=True))
    if isinstance(operand, Tensor) and not operand.learned:
        return _tiled(operand, repeats, dims)
    if any(times > 1 and length > 1 for length, times in zip(operand.dims, repeats, strict=True)):
        return _repeated(op, op.as_value(operand), repeats)
    return widened(op, operand, dims)


def _repeated(op: Operation, value: Value, repeats: Sequence[int]) -> Value:
    """A map several times behind itself."""
    for axis, times in enumerate(repeats):
        if times > 64:
            raise RefusedError(f"repeats a map {times} times")
        if times > 1:
            value = op.maps.concatenated([value] * times, axis, op.hint)
    return value


def widened(op: Operation, operand: Operand, dims: tuple[int, ...]) -> Operand:
    """An operand broadcast to dims."""
    if operand.dims == dims:
        return operand
    if isinstance(operand, Tensor) and (not operand.learned or operand.origin == "fill"):
        return _broadcast(operand, dims)
    value = op.as_value(operand)
    rank = len(dims)
    axes: list[Any] = [*((),) * (rank - len(value.axes)), *value.axes]
    wider = [axis for axis in range(rank) if dims[axis] > 1 and not leaves(axes[axis])]
    if wider and wider[0] == 0 and dims[0] == op.batch:
        axes[0] = op.batch_atom
        wider = wider[1:]
    value = Value(tuple(axes), value.producer, value.via)
    return _spread(op, value, dims) if wider else value


def _spread(op: Operation, value: Value, dims: tuple[int, ...]) -> Value:
    """A map repeated along axes of size 1: the nearest of one is that one."""
    if len(dims) > 2 and value.dims[1] == dims[1] and not mapped(value.axes[0]) and value.dims[0] == dims[0]:
        producer, _ = op.windowed(value)
        spatial = tuple(atom(length) for length in dims[2:])
        out = Layout(spatial, mapped(value.axes[1]))
        made = op.maps.emit("upsample", op.hint, [producer], out, size=list(dims[2:]))
        return Value((*value.axes[:2], *spatial), made)
    wider = [axis for axis, length in enumerate(dims) if length > 1 and not leaves(value.axes[axis])]
    if len(wider) > MAX_SPATIAL:
        raise RefusedError(f"repeats {list(value.dims)} to {list(dims)}: along too many axes")
    rest = mapped(value.atoms)
    axes = [atom(length) if axis in wider else value.axes[axis] for axis, length in enumerate(dims)]
    producer = op.maps.placed(value, Layout(((),) * len(wider), rest), op.hint)
    out = Layout(tuple(axes[axis] for axis in wider), rest)
    size = [dims[axis] for axis in wider]
    return Value(tuple(axes), op.maps.emit("upsample", op.hint, [producer], out, size=size))


def _broadcast(tensor: Tensor, dims: tuple[int, ...]) -> Tensor:
    def read() -> Any:
        values = tensor.values()
        if values is None or math.prod(dims) > MAX_VALUES:
            return None
        return tuple(fold.broadcast(values, tensor.dims, dims))

    return replace(tensor, dims=dims, read=read)


def _tiled(tensor: Tensor, repeats: Sequence[int], dims: tuple[int, ...]) -> Tensor:
    def read() -> Any:
        values = tensor.values()
        if values is None or math.prod(dims) > MAX_VALUES:
            return None
        own = list(tensor.dims)
        for axis, times in enumerate(repeats):
            values = tuple(fold.taken(values, tuple(own), axis, list(range(own[axis])) * times))
            own[axis] *= times
        return values

    return replace(tensor, dims=dims, read=read)


def depth_to_space(op: Operation) -> Value:
    """DepthToSpace: channels become positions."""
    value, block = op.value(0), op.attribute("blocksize", 0)
    batch, channels, height, width = _four(value.dims)
    if block < 1 or channels % block**2:
        raise RefusedError(f"makes blocks of {block} of {channels} channels")
    rest = channels // block**2
    if op.attribute("mode", "DCR") == "DCR":
        parts, order = [batch, block, block, rest, height, width], (0, 3, 4, 1, 5, 2)
    else:
        parts, order = [batch, rest, block, block, height, width], (0, 1, 4, 2, 5, 3)
    return _reordered(op, value, parts, order, [batch, rest, height * block, width * block])


def space_to_depth(op: Operation) -> Value:
    """SpaceToDepth: positions become channels."""
    value, block = op.value(0), op.attribute("blocksize", 0)
    batch, channels, height, width = _four(value.dims)
    if block < 1 or height % block or width % block:
        raise RefusedError(f"makes blocks of {block} of {height}x{width} positions")
    parts = [batch, channels, height // block, block, width // block, block]
    dims = [batch, channels * block**2, height // block, width // block]
    return _reordered(op, value, parts, (0, 3, 5, 1, 2, 4), dims)


def _four(dims: tuple[int, ...]) -> tuple[int, ...]:
    if len(dims) != 4:
        raise RefusedError(f"takes a map of two axes, not a tensor of shape {list(dims)}")
    return dims


def _reordered(op: Operation, value: Value, parts: list[int], order: Sequence[int], dims: list[int]) -> Value:
    axes: Axes | None = regrouped(value.atoms, parts)
    if axes is None:
        return op.maps.renewed(value, dims, op.hint)
    atoms = tuple(each for axis in order for each in axes[axis])
    new = regrouped(atoms, dims)
    assert new is not None
    return Value(new, value.producer, op.hint)


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "Reshape": reshape,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Transpose": transpose,
    "Identity": identity_of_weight,
    "Dropout": identity,
    "Cast": cast,
    "CastLike": identity,
    "Expand": expand,
    "Tile": tile,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
}
