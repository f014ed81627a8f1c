"""Layout: which axes of a tensor are our height, width and channels.

A tensor's axes are made of *atoms*, a size each. Reshaping and transposing only regroup and reorder atoms,
so they make no layer; a layer's map has a :class:`Layout`, the same atoms as spatial axes and channels. Only
where an operation needs another layout than its input has, a ``reshape``, ``flatten`` or ``channel_shuffle``
is put between. Axes of size 1 have no atoms; the batch's atom is in no layout, since costs are per example.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from costcalc.shape import Shape


class Atom:
    """A size that is not taken apart, until it is split: then ``parts`` are its factors, outermost first."""

    __slots__ = ("batch", "parts", "size")

    def __init__(self, size: int, batch: bool = False) -> None:
        self.size = size
        self.batch = batch
        self.parts: tuple[Atom, ...] | None = None

    def __repr__(self) -> str:
        return f"Atom({self.size})"


Atoms: TypeAlias = tuple[Atom, ...]
Axes: TypeAlias = tuple[Atoms, ...]


def atom(size: int) -> Atoms:
    """A new axis of this size."""
    return (Atom(size),) if size != 1 else ()


def leaves(atoms: Iterable[Atom]) -> Atoms:
    """The atoms, with those that were split in their parts."""
    whole = tuple(atoms)
    for each in whole:
        if each.parts is not None:
            break
    else:
        return whole
    found: list[Atom] = []
    for each in whole:
        if each.parts is None:
            found.append(each)
        else:
            found += leaves(each.parts)
    return tuple(found)


def mapped(atoms: Iterable[Atom]) -> Atoms:
    """The atoms that a map has: all but the batch's."""
    found = leaves(atoms)
    for each in found:
        if each.batch:
            return tuple([each for each in found if not each.batch])
    return found


def size(atoms: Iterable[Atom]) -> int:
    """The product of their sizes."""
    product = 1
    for each in atoms:  # one or none mostly: a generator would take longer than the product
        product *= each.size
    return product


@dataclass(frozen=True, slots=True)
class Layout:
    """How a map lies: its spatial axes, height first, and its channels, each a product of atoms."""

    spatial: Axes
    channels: Atoms

    @property
    def shape(self) -> Shape:
        """Its sizes."""
        return Shape(tuple(map(size, self.spatial)), size(self.channels))

    @property
    def current(self) -> Layout:
        """The same with split atoms in their parts, and without the batch."""
        return Layout(tuple(map(mapped, self.spatial)), mapped(self.channels))

    @property
    def atoms(self) -> Atoms:
        """All its atoms, channels last."""
        return (*(each for axis in self.spatial for each in axis), *self.channels)

    def replaced(self, atoms: Mapping[Atom, Atoms]) -> Layout:
        """The same with other atoms in the place of some."""
        return Layout(
            tuple(substituted(axis, atoms) for axis in self.spatial), substituted(self.channels, atoms)
        )


def substituted(atoms: Atoms, by: Mapping[Atom, Atoms]) -> Atoms:
    """Atoms with others in the place of some."""
    return tuple(new for each in atoms for new in by.get(each, (each,)))


def regrouped(atoms: Atoms, sizes: Sequence[int]) -> Axes | None:
    """Atoms as axes of other sizes, splitting them where an axis ends inside; None where that cannot be done."""
    waiting = list(reversed(leaves(atoms)))
    axes: list[Atoms] = []
    for wanted in sizes:
        axis: list[Atom] = []
        while wanted > 1:
            if not waiting:
                return None
            first = waiting.pop()
            if wanted % first.size == 0:
                axis.append(first)
                wanted //= first.size
            elif first.size % wanted == 0 and not first.batch:
                outer, inner = split(first, wanted)
                axis.append(outer)
                waiting.append(inner)
                wanted = 1
            else:
                return None
        axes.append(tuple(axis))
    return None if waiting else tuple(axes)


def split(whole: Atom, outer: int) -> tuple[Atom, Atom]:
    """An atom as two, the outer one of this size."""
    whole.parts = (Atom(outer), Atom(whole.size // outer))
    return whole.parts


def aligned(one: Atoms, other: Atoms) -> tuple[Atoms, Atoms] | None:
    """Two equal axes with atoms of the same sizes, splitting them where needed; None where that cannot be done."""
    left, right = list(reversed(leaves(one))), list(reversed(leaves(other)))
    first: list[Atom] = []
    second: list[Atom] = []
    while left and right:
        a, b = left.pop(), right.pop()
        if a is not b and a.size != b.size:
            small = min(a.size, b.size)
            if max(a.size, b.size) % small or a.batch or b.batch:
                return None
            if a.size > small:
                a, rest = split(a, small)
                left.append(rest)
            else:
                b, rest = split(b, small)
                right.append(rest)
        first.append(a)
        second.append(b)
    return None if left or right else (tuple(first), tuple(second))
