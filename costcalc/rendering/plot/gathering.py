"""Of a network with very many layers no picture shows each: so many neighbours are one mark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

_Each = TypeVar("_Each")

#: So many marks at most stand side by side.
MOST_MARKS = 240


def gathered(things: Sequence[_Each], most: int = MOST_MARKS) -> list[Sequence[_Each]]:
    """The things in order, in at most so many groups of equal size."""
    size = group_size(len(things), most)
    return [things[start : start + size] for start in range(0, len(things), size)]


def group_size(count: int, most: int = MOST_MARKS) -> int:
    """How many things are in a group."""
    return max(1, -(-count // most))


def about_groups(count: int, most: int = MOST_MARKS) -> str:
    """What to say of the groups; nothing where each thing stands by itself."""
    size = group_size(count, most)
    return "" if size == 1 else f"of {count:,} layers each mark is {size} neighbours"
