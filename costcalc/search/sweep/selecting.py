"""Which variants of a space are kept: those within limits, those that nothing dominates, the first in an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from costcalc.metrics import Number
from costcalc.search.sweep.measuring import Measuring
from costcalc.search.sweep.space import Array, Rows, Space, joined

#: Variants of a sample that are costed at once.
SLICE = 2**16
#: The same where each is measured by itself, which takes a millisecond or several.
MEASURED_SLICE = 2**9
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
    """What was kept of a piece, and how many variants it had, how many were within limits, invalid, and measured."""

    rows: Rows
    variants: int
    within: int
    invalid: int
    measured: int = 0


class Wanted(NamedTuple):
    """What is wanted of each piece: what is within limits, invalid variants too or not, and what is measured."""

    limits: Mapping[str, Number]
    keeps_invalid: bool = False
    measuring: Measuring | None = None


def cost(space: Space, piece: Piece, wanted: Wanted) -> Costed:
    """Cost a piece of a space, and keep what is within limits; invalid variants only where they are to be kept."""
    rows = space.piece(piece) if isinstance(piece, int) else space.at(piece)
    count = len(rows)
    invalid = 0 if rows.errors is None else int(np.count_nonzero(rows.errors))
    rows = _within(rows, wanted)
    measured = 0
    if wanted.measuring is not None:
        measured = len(rows)
        rows = _within(wanted.measuring.added(rows), wanted)
    within = len(rows) - (invalid if wanted.keeps_invalid else 0)
    return Costed(rows, count, within, invalid, measured)


def _within(rows: Rows, wanted: Wanted) -> Rows:
    """The rows whose values, as far as they are known, are within the limits."""
    kept = None if rows.errors is None else rows.errors == 0
    for metric, limit in wanted.limits.items():
        if metric in rows.values:
            within = rows.values[metric] <= limit
            kept = within if kept is None else kept & within
    if kept is None:
        return rows
    if wanted.keeps_invalid and rows.errors is not None:
        kept = kept | (rows.errors != 0)
    return rows.where(np.flatnonzero(kept))


def pieces(space: Space, sample: Sequence[Array] | None, are_measured: bool = False) -> Sequence[Piece]:
    """The pieces of a space, or of a sample of it, in order; small ones where each variant is measured."""
    if sample is None and not are_measured:
        return range(space.pieces)
    return _Slices(space, sample, MEASURED_SLICE if are_measured else SLICE)


class _Slices(Sequence["Sequence[Array]"]):
    """The slices of a sample, or of the whole space, by the indices of their values."""

    def __init__(self, space: Space, sample: Sequence[Array] | None, size: int) -> None:
        self.sizes = space.sizes
        self.sample = sample
        self.size = size
        self.length: int = space.size if sample is None else len(sample[0])

    def __len__(self) -> int:
        return -(-self.length // self.size)

    def __getitem__(self, place: Any) -> Any:
        if not 0 <= place < len(self):
            raise IndexError(place)
        start = place * self.size
        stop = min(start + self.size, self.length)
        if self.sample is not None:
            return [array[start:stop] for array in self.sample]
        return np.unravel_index(np.arange(start, stop), self.sizes)


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


Run: TypeAlias = Callable[[Space, Iterable[Piece], Wanted], Iterator[Costed]]


def here(space: Space, pieces: Iterable[Piece], wanted: Wanted) -> Iterator[Costed]:
    """Cost pieces one after the other in this process."""
    for piece in pieces:
        yield cost(space, piece, wanted)
