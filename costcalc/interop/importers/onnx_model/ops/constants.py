"""Operations that only make or compute numbers: Constant, Shape, Range, comparisons."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model import fold
from costcalc.interop.importers.onnx_model.operation import Operand, Operation
from costcalc.interop.importers.onnx_model.proto import MAX_VALUES, RawTensor
from costcalc.interop.importers.onnx_model.values import FLOAT, INT64, RUN_TIME, Tensor, known, run_time
from costcalc.interop.importers.tensors.limits import check_dims


def constant(op: Operation) -> Tensor:
    """Constant: a tensor, a number, or a list of them."""
    attributes = op.node.attributes
    name = op.node.outputs[0] if op.node.outputs else op.node.name
    if isinstance(attributes.get("value"), RawTensor):
        raw: RawTensor = attributes["value"]
        return Tensor(name, raw.dims, raw.data_type, "constant", name, raw.values)
    for key, data_type in (("value_int", INT64), ("value_float", FLOAT)):
        if key in attributes:
            return known((attributes[key],), (), data_type, name)
    for key, data_type in (("value_ints", INT64), ("value_floats", FLOAT)):
        if key in attributes:
            return known(tuple(attributes[key]), (len(attributes[key]),), data_type, name)
    raise RefusedError("holds neither numbers nor a tensor of numbers")


def constant_of_shape(op: Operation) -> Tensor:
    """ConstantOfShape: one number everywhere. One of a stored shape stands for a weight that was left out."""
    shape, dims = op.weight(0, "sizes"), tuple(op.ints(0, "shape") or ())
    check_dims(dims)
    if min(dims, default=0) < 0:
        raise RefusedError(f"makes a tensor of shape {list(dims)}")
    raw = op.tensor_attribute("value") if "value" in op.node.attributes else None
    number = (raw.values() or (0,))[0] if raw is not None else 0.0
    data_type = raw.data_type if raw is not None else FLOAT
    name = op.node.outputs[0]
    count = math.prod(dims)

    def read() -> Any:
        return (number,) * count if count <= MAX_VALUES else None

    stands_for_weight = data_type == FLOAT and isinstance(shape.key, str)
    return Tensor(name, dims, data_type, "fill" if stands_for_weight else "constant", name, read)


def shape(op: Operation) -> Tensor:
    """Shape: the sizes themselves."""
    dims = op.operand(0).dims
    start, end = op.attribute("start", 0), op.attribute("end", len(dims))
    sizes = dims[slice(start, end)]
    return known(sizes, (len(sizes),))


def size(op: Operation) -> Tensor:
    """Size: how many elements there are."""
    return known((math.prod(op.operand(0).dims),), ())


def range_(op: Operation) -> Tensor:
    """Range."""
    parts = [op.numbers(at, "limits") for at in range(3)]
    start, limit, delta = (part[0] if part else 0 for part in parts)
    if delta == 0:
        raise RefusedError("counts in steps of 0")
    count = max(math.ceil((limit - start) / delta), 0)
    fold.check_count((count,))
    return known(tuple(start + index * delta for index in range(count)), (count,))


def where(op: Operation) -> Operand:
    """Where: numbers chosen by numbers; a map that is masked stays as it is."""
    condition, one, other = op.operand(0), op.operand(1), op.operand(2)
    if not isinstance(condition, Tensor):
        return op.defer([condition, one, other])
    dims = fold.broadcast_dims(condition.dims, one.dims, other.dims)
    maps = [
        each
        for each in (one, other)
        if not isinstance(each, Tensor) or (each.learned and each.origin == "weight")
    ]
    if len(maps) == 1 and maps[0].dims == dims:
        return maps[0]
    if maps or not isinstance(one, Tensor) or not isinstance(other, Tensor):
        return op.defer([condition, one, other])
    tensors = (condition, one, other)

    def read() -> Any:
        values = [tensor.values() for tensor in tensors]
        if math.prod(dims) > MAX_VALUES or any(value is None for value in values):
            return None
        wide = [fold.broadcast(v or (), t.dims, dims) for v, t in zip(values, tensors, strict=True)]
        return tuple(a if c else b for c, a, b in zip(*wide, strict=True))

    return replace(known((), dims, one.data_type), read=read)


def computed(op: Operation) -> Tensor:
    """An operation on numbers alone."""
    tensors = [operand for operand in op.operands() if isinstance(operand, Tensor)]
    if len(tensors) != len(op.operands()):
        raise RefusedError("computes with a map what only numbers are expected in")
    return on_tensors(op, tensors)


def on_tensors(op: Operation, tensors: list[Tensor]) -> Tensor:
    """An elementwise operation, or a reduction, of tensors of the file; a weight stays the weight that it is."""
    learned = [tensor for tensor in tensors if tensor.learned and tensor.origin == "weight"]
    dims = fold.broadcast_dims(*(tensor.dims for tensor in tensors))
    if any(tensor.key is RUN_TIME for tensor in tensors):
        return run_time(dims, tensors[0].data_type)
    if learned and op.type not in fold.COMPARISONS:
        if len({id(tensor.key) for tensor in learned}) > 1 or learned[0].dims != dims:
            raise RefusedError("computes one weight from several: which numbers are learned is not known")
        return replace(learned[0], read=lambda: None)

    def read() -> Any:
        values = [tensor.values() for tensor in tensors]
        if math.prod(dims) > MAX_VALUES or any(value is None for value in values):
            return None
        wide = [fold.broadcast(v or (), t.dims, dims) for v, t in zip(values, tensors, strict=True)]
        try:
            return tuple(_elementwise(op.type, wide))
        except (ArithmeticError, ValueError, TypeError):
            return None

    data_type = 9 if op.type in fold.COMPARISONS else tensors[0].data_type
    return replace(known((), dims, data_type), read=read)


def _elementwise(name: str, operands: list[fold.Numbers]) -> fold.Numbers:
    if len(operands) == 1 and name in fold.UNARY:
        return [fold.UNARY[name](value) for value in operands[0]]
    total = operands[0]
    for more in operands[1:]:
        function = fold.BINARY["Add" if name == "Sum" else name]
        total = [fold.held(function(a, b)) for a, b in zip(total, more, strict=True)]
    if len(operands) == 1:
        raise ValueError(name)
    return total


def reduced_numbers(op: Operation, tensor: Tensor, axes: Sequence[int]) -> Tensor:
    """A reduction of a tensor of the file that is not learned."""
    keep = bool(op.attribute("keepdims", 1))
    dims = tuple(
        1 if axis in axes else length for axis, length in enumerate(tensor.dims) if keep or axis not in axes
    )

    def read() -> Any:
        values = tensor.values()
        if values is None or op.type not in fold.REDUCTIONS:
            return None
        try:
            return tuple(fold.reduced(values, tensor.dims, axes, fold.REDUCTIONS[op.type]))
        except (ArithmeticError, ValueError):
            return None

    return replace(known((), dims, tensor.data_type), read=read)


def nonzero(op: Operation) -> Tensor:
    """NonZero of known numbers."""
    tensor = op.tensor(0)
    values = None if tensor is None else tensor.values()
    if tensor is None or values is None:
        raise RefusedError("makes a tensor whose shape depends on the data")
    found, dims = fold.nonzero(values, tensor.dims)
    return known(tuple(found), dims)


def trilu(op: Operation) -> Tensor:
    """Trilu: a tensor of which one triangle is zero, such as a mask."""
    tensor = op.tensor(0)
    if tensor is None or len(tensor.dims) < 2:
        raise RefusedError("takes a triangle of a map, which there is no layer kind for")
    diagonal, upper = (op.ints(1, "diagonal") or [0])[0], bool(op.attribute("upper", 1))
    found = tensor

    def read() -> Any:
        values = found.values()
        return None if values is None else tuple(fold.triangle(values, found.dims, diagonal, upper))

    return replace(tensor, read=read)


def scattered(op: Operation) -> Tensor:
    """ScatterND, ScatterElements and Scatter, its old name: a tensor of which some numbers are others."""
    if not isinstance(op.operand(0), Tensor) or not isinstance(op.operand(2), Tensor):
        raise RefusedError("writes into a map, which there is no layer kind for")
    tensor = op.weight(0)
    origin = "weight" if tensor.origin == "weight" else "constant"
    return replace(tensor, origin=origin, read=lambda: None)  # type: ignore[arg-type]


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "Constant": constant,
    "ConstantOfShape": constant_of_shape,
    "Shape": shape,
    "Size": size,
    "Range": range_,
    "Where": where,
    "NonZero": nonzero,
    "Trilu": trilu,
    "Scatter": scattered,
    "ScatterND": scattered,
    "ScatterElements": scattered,
    "Mod": computed,
}
