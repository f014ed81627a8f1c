"""Which variants of a space are kept: those within limits, those that nothing dominates, the first in an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np

from costcalc.search.sweep.space import Array, Rows, Space, joined

#: Variants of a sample that are costed at once.
SLICE = 2**16
#: So many rows at most are held at once, for a document that is written as a whole.
MAX_HELD = 1_000_000

#: A piece of the whole space by its number, or a slice of a sample by the indices of its values.
Piece: TypeAlias = "int | Sequence[Array]"


class Criterion(NamedTuple):
    """What rows are compared by: a metric, or a number for each combination of the values of some axes.

    ``numbers`` are ranks, so that they compare as exactly as ints do; -1 stands for none.
    """

    name: str
    is_more_better: bool = False
    axes: tuple[int, ...] = ()
    numbers: Array = None

    def of(self, rows: Rows) -> Array:
        """A number for each row; the less, the better."""
        if self.numbers is None:
            array = rows.values[self.name]
        else:
            array = self.numbers[tuple(rows.indices[axis] for axis in self.axes)]
        return -array if self.is_more_better else array

    def known(self, rows: Rows) -> Array | None:
        """Which rows have a number; None where all do."""
        if self.numbers is None or self.numbers.size == 0 or self.numbers.min() >= 0:
            return None
        return self.numbers[tuple(rows.indices[axis] for axis in self.axes)] >= 0


class Costed(NamedTuple):
    """What was kept of a piece, and how many variants it had, how many were within limits, and how many invalid."""

    rows: Rows
    variants: int
    within: int
    invalid: int


def cost(space: Space, piece: Piece, limits: Mapping[str, int], keeps_invalid: bool) -> Costed:
    """Cost a piece of a space, and keep what is within limits; invalid variants only where they are to be kept."""
    rows = space.piece(piece) if isinstance(piece, int) else space.at(piece)
    kept = None
    invalid = 0
    if rows.errors is not None:
        valid = rows.errors == 0
        invalid = len(rows) - int(np.count_nonzero(valid))
        kept = valid
    for metric, limit in limits.items():
        within = rows.values[metric] <= limit
        kept = within if kept is None else kept & within
    count = len(rows) if kept is None else int(np.count_nonzero(kept))
    if kept is not None and invalid and keeps_invalid:
        kept = kept | (rows.errors != 0)
    return Costed(rows if kept is None else rows.where(np.flatnonzero(kept)), len(rows), count, invalid)


def pieces(space: Space, sample: Sequence[Array] | None) -> Iterator[Piece]:
    """The pieces of a space, or of a sample of it, in order."""
    if sample is None:
        yield from range(space.pieces)
        return
    for start in range(0, len(sample[0]), SLICE):
        yield [array[start : start + SLICE] for array in sample]


def sampled(space: Space, count: int, seed: int) -> Sequence[Array] | None:
    """So many different variants, in the space's order; None where these are all."""
    if count >= space.size:
        return None
    generator = np.random.default_rng(seed)
    if space.size <= 2 * MAX_HELD:
        positions = np.sort(generator.choice(space.size, count, replace=False))
        return [array.astype(np.int32) for array in np.unravel_index(positions, space.sizes)]
    found = np.zeros((0, len(space.axes)), dtype=np.int32)
    while len(found) < count:
        draws = [generator.integers(size, size=count, dtype=np.int32) for size in space.sizes]
        found = np.unique(np.concatenate([found, np.stack(draws, axis=1)]), axis=0)
    places = np.sort(generator.choice(len(found), count, replace=False))
    return list(found[places].T)


@dataclass
class Held:
    """Rows that are held while others come: of a front, or the first in an order; all where neither is asked for."""

    front: Sequence[Criterion] = ()
    sort: Sequence[Criterion] = ()
    top: int | None = None
    rows: Rows | None = None
    unknown: int = field(default=0)

    @property
    def is_open(self) -> bool:
        """Whether it holds all rows that come."""
        return not self.front and (self.top is None or not self.sort)

    def take(self, rows: Rows) -> None:
        """Take further rows. Raises OverflowError where too many would be held."""
        for column in (*self.front, *self.sort):
            known = column.known(rows)
            if known is not None:
                self.unknown += len(rows) - int(np.count_nonzero(known))
                rows = rows.where(known)
        if not len(rows):
            return
        if self.front:
            rows = rows.where(undominated([column.of(rows) for column in self.front]))
        both = rows if self.rows is None else joined([self.rows, rows])
        if self.front:
            both = both.where(undominated([column.of(both) for column in self.front]))
        elif self.top is not None:
            both = self.ordered(both)
        self.rows = both
        if len(both) > MAX_HELD:
            raise OverflowError

    @property
    def is_full(self) -> bool:
        """Whether no further row can change it."""
        whole = not self.front and not self.sort and self.top is not None
        return whole and self.rows is not None and len(self.rows) >= (self.top or 0)

    def ordered(self, rows: Rows) -> Rows:
        """The rows in the order asked for, as many as are asked for."""
        if self.sort:
            rows = rows.where(np.lexsort([column.of(rows) for column in reversed(self.sort)]))
        return rows if self.top is None or len(rows) <= self.top else rows.where(slice(self.top))


def undominated(columns: Sequence[Array]) -> Array:
    """The places of the rows that no other row is as good as in all columns, and better in one, in order.

    Rows are looked at by their sum of ranks, so that what dominates a row has been met before it.
    """
    ranks = [np.unique(column, return_inverse=True)[1].reshape(-1) for column in columns]
    points = np.stack(ranks, axis=1)
    order = np.argsort(points.sum(axis=1), kind="stable")
    points = points[order]
    place = 0
    while place < len(points):
        point = points[place]
        stays = (points < point).any(axis=1) | (points == point).all(axis=1)
        order, points = order[stays], points[stays]
        place = int(np.count_nonzero(stays[:place])) + 1
    return np.sort(order)


Run: TypeAlias = Callable[[Space, Iterable[Piece], Mapping[str, int], bool], Iterator[Costed]]


def here(
    space: Space, pieces: Iterable[Piece], limits: Mapping[str, int], keeps_invalid: bool
) -> Iterator[Costed]:
    """Cost pieces one after the other in this process."""
    for piece in pieces:
        yield cost(space, piece, limits, keeps_invalid)
