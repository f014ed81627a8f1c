"""Arithmetic on the tensors of the file: shapes and indices, which exporters compute in the graph.

Only numbers that are known, and few: what is larger than MAX_VALUES keeps its dims and has no numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model.proto import MAX_VALUES, Scalar

Numbers = list[Scalar]
Dims = tuple[int, ...]


def _divided(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)  # ONNX truncates
    return a / b


BINARY: Mapping[str, Callable[[Any, Any], Any]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": _divided,
    "Mod": lambda a, b: a % b,
    "Pow": lambda a, b: a**b if abs(b) < 64 else math.inf,
    "Min": min,
    "Max": max,
    "Equal": lambda a, b: a == b,
    "Less": lambda a, b: a < b,
    "LessOrEqual": lambda a, b: a <= b,
    "Greater": lambda a, b: a > b,
    "GreaterOrEqual": lambda a, b: a >= b,
    "And": lambda a, b: bool(a and b),
    "Or": lambda a, b: bool(a or b),
    "Xor": lambda a, b: bool(a) != bool(b),
}
COMPARISONS = frozenset(
    ("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "And", "Or", "Xor", "Not")
)
_INT64 = 2**63


def _product(values: Sequence[Any]) -> Any:
    """A product, given up where it is no number that a tensor can hold: one without limits would take for ever."""
    total: Any = 1
    for value in values:
        total = held(total * value)
    return total


def held(value: Any) -> Any:
    """A number that a tensor can hold. Raises OverflowError."""
    if isinstance(value, int) and not -_INT64 <= value < 2 * _INT64:
        raise OverflowError("larger than 64 bits")
    return value


UNARY: Mapping[str, Callable[[Any], Any]] = {
    "Not": lambda a: not a,
    "Neg": lambda a: -a,
    "Abs": abs,
    "Sqrt": math.sqrt,
    "Reciprocal": lambda a: 1 / a,
    "Floor": math.floor,
    "Ceil": math.ceil,
    "Round": round,
    "Exp": math.exp,
    "Log": math.log,
    "Sin": math.sin,
    "Cos": math.cos,
    "Tan": math.tan,
    "Erf": math.erf,
    "Tanh": math.tanh,
    "Sign": lambda a: (a > 0) - (a < 0),
    "Relu": lambda a: max(a, 0),
}
REDUCTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "ReduceProd": _product,
    "ReduceMean": lambda values: sum(values) / len(values),
    "ReduceSum": sum,
    "ReduceMax": max,
    "ReduceMin": min,
}


def broadcast_dims(*shapes: Dims) -> Dims:
    """The dims of an elementwise result. Raises RefusedError."""
    if not shapes:
        raise RefusedError("has no input")
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(dims)) + dims for dims in shapes]
    result = []
    for sizes in zip(*padded, strict=True):
        wanted = set(sizes) - {1}
        if len(wanted) > 1:
            raise RefusedError(f"cannot broadcast {' and '.join(str(list(dims)) for dims in shapes)}")
        result.append(wanted.pop() if wanted else 1)
    return tuple(result)


def broadcast(values: Sequence[Scalar], dims: Dims, to: Dims) -> Numbers:
    """Numbers of one shape as those of a larger one. Raises RefusedError where there are too many."""
    check_count(to)
    if dims == to:
        return list(values)
    padded = (1,) * (len(to) - len(dims)) + dims
    steps = strides(padded)
    places = [0]
    for length, own, step in zip(to, padded, steps, strict=True):
        jump = step if own > 1 else 0
        places = [place + index * jump for place in places for index in range(length)]
    return [values[place] for place in places]


def strides(dims: Dims) -> list[int]:
    """How far apart neighbours along each axis are."""
    steps, step = [], 1
    for length in reversed(dims):
        steps.append(step)
        step *= length
    return steps[::-1]


def check_count(dims: Dims) -> None:
    """Raise RefusedError where a tensor has more numbers than are looked at."""
    if math.prod(dims) > MAX_VALUES:
        raise RefusedError(f"computes a tensor of more than {MAX_VALUES} numbers")


def transposed(values: Sequence[Scalar], dims: Dims, order: Sequence[int]) -> Numbers:
    """The numbers with their axes in another order."""
    steps = strides(dims)
    places = [0]
    for axis in order:
        places = [place + index * steps[axis] for place in places for index in range(dims[axis])]
    return [values[place] for place in places]


def taken(values: Sequence[Scalar], dims: Dims, axis: int, indices: Sequence[int]) -> Numbers:
    """The numbers at these places along an axis."""
    inner, length = math.prod(dims[axis + 1 :]), dims[axis]
    outer = range(math.prod(dims[:axis]))
    return [
        value
        for start in outer
        for index in indices
        for value in values[(start * length + index) * inner : (start * length + index + 1) * inner]
    ]


def concatenated(parts: Sequence[tuple[Sequence[Scalar], Dims]], axis: int) -> Numbers:
    """Numbers one behind the other along an axis."""
    found: Numbers = []
    for row in range(math.prod(parts[0][1][:axis])):
        for values, dims in parts:
            length = math.prod(dims[axis:])
            found += values[row * length : (row + 1) * length]
    return found


def reduced(
    values: Sequence[Scalar], dims: Dims, axes: Sequence[int], how: Callable[[list[Any]], Any]
) -> Numbers:
    """Each group of numbers along some axes as one."""
    kept = [axis for axis in range(len(dims)) if axis not in axes]
    ordered = transposed(values, dims, [*kept, *axes])
    length = math.prod(dims[axis] for axis in axes)
    return [how(ordered[at : at + length]) for at in range(0, len(ordered), length)] if length else []


def triangle(values: Sequence[Scalar], dims: Dims, diagonal: int, upper: bool) -> Numbers:
    """Each matrix with zeros on one side of a diagonal."""
    rows, columns = dims[-2:]
    places = range(0, len(values), rows * columns) if rows * columns else ()
    return [
        values[start + row * columns + column]
        if (column - row >= diagonal if upper else column - row <= diagonal)
        else 0
        for start in places
        for row in range(rows)
        for column in range(columns)
    ]


def nonzero(values: Sequence[Scalar], dims: Dims) -> tuple[Numbers, Dims]:
    """The places of numbers that are not zero, an axis a row."""
    places = [place for place, value in zip(product(*map(range, dims)), values, strict=True) if value]
    return [place[axis] for axis in range(len(dims)) for place in places], (len(dims), len(places))
