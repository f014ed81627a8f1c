"""A space of variants: axes, and for each metric a few tables over some of the axes each, whose sum is its value.

A layer's cost depends on few axes, so that its table is small where the space is large. Sums are of int64 where no
total can be larger than that, else of Python's ints.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

#: Variants that are costed at once; some axes whole, so that a piece can be larger.
PIECE = 2**17
#: Tables are added to one another as long as what comes out is no larger than this: it stays in the fastest memory.
_MERGED = 2**14

Array: TypeAlias = Any  # of numpy, of ints


class SweepAxis(NamedTuple):
    """What varies: its name, its values as they are printed, and the values themselves."""

    name: str
    labels: tuple[str, ...]
    values: tuple[Any, ...]


class Table(NamedTuple):
    """Ints over some of a space's axes, given by their indices in ascending order: an array axis each."""

    axes: tuple[int, ...]
    array: Array

    def over(self, axes: Sequence[int]) -> Array:
        """The array with an axis for each of these; of length 1 where it does not vary."""
        own = dict(zip(self.axes, self.array.shape, strict=True))
        return self.array.reshape([own.get(axis, 1) for axis in axes])

    def reduced(self) -> Table:
        """The same without the axes along which it does not vary."""
        axes, array = list(self.axes), self.array
        for place in reversed(range(len(axes))):
            first = array.take([0], axis=place)
            if array.shape[place] == 1 or bool((array == first).all()):
                array = first.squeeze(axis=place)
                del axes[place]
        return Table(tuple(axes), array)


class Rows(NamedTuple):
    """Some variants: for each axis the index of its value, for each metric its value, and what is wrong with them.

    ``errors`` are indices of a space's messages, 0 where nothing is wrong; None where nothing is anywhere.
    """

    indices: Sequence[Array]
    values: Mapping[str, Array]
    errors: Array | None = None

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def where(self, chosen: Array) -> Rows:
        """Those that a mask, or an array of places, chooses."""
        values = {name: array[chosen] for name, array in self.values.items()}
        errors = None if self.errors is None else self.errors[chosen]
        return Rows([array[chosen] for array in self.indices], values, errors)


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of several parts, of which there is at least one."""
    first = parts[0]
    if len(parts) == 1:
        return first
    indices = [np.concatenate(arrays) for arrays in zip(*(part.indices for part in parts), strict=True)]
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in first.values}
    errors = None if first.errors is None else np.concatenate([part.errors for part in parts])
    return Rows(indices, values, errors)


@dataclass(frozen=True)
class Space:
    """All variants, in the order of a nested loop over the axes, the last one innermost.

    ``tables`` hold each metric's; ``faults`` are tables of indices of ``messages``, the first of which is empty.
    """

    axes: tuple[SweepAxis, ...]
    tables: Mapping[str, Sequence[Table]]
    faults: Sequence[Table] = ()
    messages: Sequence[str] = field(default=("",))

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(axis.labels) for axis in self.axes)

    @property
    def size(self) -> int:
        """How many variants there are."""
        return math.prod(self.sizes)

    @cached_property
    def outer(self) -> int:
        """How many of the axes are fixed within one piece."""
        outer = len(self.axes)
        while outer and math.prod(self.sizes[outer - 1 :]) <= PIECE:
            outer -= 1
        return min(outer, max(len(self.axes) - 1, 0))

    @property
    def pieces(self) -> int:
        """How many pieces there are, in order."""
        return math.prod(self.sizes[: self.outer])

    def piece(self, number: int) -> Rows:
        """The variants of one piece."""
        outer, sizes = self.outer, self.sizes
        fixed = _digits(number, sizes[:outer])
        whole = int(math.prod(sizes[outer:]))

        def total(tables: Iterable[Table], combine: Any = np.add) -> Array:
            inner = sorted((self._inner(table, fixed) for table in tables), key=lambda array: array.size)
            array = inner[0]
            for other in inner[1:]:
                array = combine(array, other)
            return np.broadcast_to(array, sizes[outer:]).reshape(whole)

        values = {name: total(tables) for name, tables in self.tables.items()}
        indices = [np.broadcast_to(np.int32(index), (whole,)) for index in fixed]
        errors = total(self.faults, _first_fault) if self.faults else None
        return Rows([*indices, *self._inner_indices], values, errors)

    def at(self, indices: Sequence[Array]) -> Rows:
        """Any variants, by the index of each axis's value."""

        def found(table: Table) -> Array:
            return table.array[tuple(indices[axis] for axis in table.axes)]

        count = len(indices[0])
        values = {
            name: sum((found(table) for table in tables[1:]), np.broadcast_to(found(tables[0]), (count,)))
            for name, tables in self.tables.items()
        }
        errors = None
        for table in self.faults:
            fault = np.broadcast_to(found(table), (count,))
            errors = fault if errors is None else _first_fault(errors, fault)
        return Rows(indices, values, errors)

    def _inner(self, table: Table, fixed: Sequence[int]) -> Array:
        """A table where the outer axes are fixed, with an axis for each inner one."""
        outer = len(fixed)
        array = table.array[tuple(fixed[axis] for axis in table.axes if axis < outer)]
        inner = Table(tuple(axis for axis in table.axes if axis >= outer), array)
        return inner.over(range(outer, len(self.axes)))

    @cached_property
    def _inner_indices(self) -> list[Array]:
        """The index of each inner axis's value in any piece."""
        sizes = self.sizes[self.outer :]
        grids = np.meshgrid(*(np.arange(size, dtype=np.int32) for size in sizes), indexing="ij")
        return [grid.reshape(-1) for grid in grids]


def _digits(number: int, sizes: Sequence[int]) -> list[int]:
    digits: list[int] = []
    for size in reversed(sizes):
        number, digit = divmod(number, size)
        digits.append(digit)
    return digits[::-1]


def _first_fault(first: Array, second: Array) -> Array:
    return np.where(first != 0, first, second)


def summed(tables: Sequence[Table]) -> list[Table]:
    """Tables of the same sum as these, as few as stay small; of Python's ints where int64 could overflow."""
    bound = sum(max(map(abs, map(int, (table.array.max(), table.array.min())))) for table in tables)
    kind: Any = np.int64 if bound < 2**63 else object
    merged: list[Table] = []
    for table in sorted((table.reduced() for table in tables), key=lambda table: -table.array.size):
        exact = Table(table.axes, np.asarray(table.array).astype(kind))
        for place, other in enumerate(merged):
            both = _sum(other, exact)
            if both is not None:
                merged[place] = both
                break
        else:
            merged.append(exact)
    return merged


def _sum(first: Table, second: Table) -> Table | None:
    """Both as one table; None where that would be large, and neither lies within the other."""
    axes = tuple(sorted({*first.axes, *second.axes}))
    sizes = {**dict(zip(first.axes, first.array.shape, strict=True))}
    sizes |= dict(zip(second.axes, second.array.shape, strict=True))
    size = math.prod(sizes.values())
    if size > max(_MERGED, first.array.size):
        return None
    return Table(axes, np.broadcast_to(first.over(axes) + second.over(axes), [sizes[axis] for axis in axes]))
