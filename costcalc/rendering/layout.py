"""Tables as lines of text: columns aligned, and what each line is, for who wants to colour it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

Role: TypeAlias = Literal[
    "title", "header", "rule", "row", "part", "note", "total", "text", "pass", "warning", "fail", "skipped"
]
_GAP = "  "
_MARGIN = "  "

#: What may not be one column of a terminal wide: neither ASCII nor a character that we draw with ourselves.
_ODD = re.compile("[^\x20-\x7e—×█▉▊▋▌▍▎▏]")


class Line(NamedTuple):
    """One line, without its end."""

    role: Role
    text: str


class Column(NamedTuple):
    """A column of a table: its header, its cells, and how they are aligned."""

    header: str
    cells: Sequence[str]
    left: bool = False


def lay_out(
    columns: Sequence[Column], roles: Sequence[Role] = (), notes: Mapping[int, Sequence[str]] | None = None
) -> Iterator[Line]:
    """The lines of a table: its header, its rows, a rule before the total.

    ``roles`` say what each row is, plain rows unless given; ``notes`` stand under the row of their index.
    """
    header, *texts = map(_GAP.join, zip(*map(_aligned, columns), strict=True))
    rule = "-" * cell_width(header)
    yield Line("header", header.rstrip())
    yield Line("rule", rule)
    notes = notes or {}
    for index, text in enumerate(texts):
        role = roles[index] if roles else "row"
        if role == "total":
            yield Line("rule", rule)
        yield Line(role, text.rstrip())
        for note in notes.get(index, ()):
            yield Line("note", _MARGIN + note)


def table_width(columns: Sequence[Column]) -> int:
    """How wide a table is."""
    return sum(max(_widths(column)) for column in columns) + len(_GAP) * (len(columns) - 1)


def cell_width(text: str) -> int:
    """The columns of a terminal that a text takes: wide characters two, combining ones none."""
    if not _ODD.search(text):
        return len(text)
    from unicodedata import category, east_asian_width

    combining = sum(category(character) in ("Mn", "Me") for character in text)
    wide = sum(east_asian_width(character) in ("W", "F") for character in text)
    return len(text) - combining + wide


def _widths(column: Column) -> list[int]:
    odd = _ODD.search("".join(column.cells))
    return [*map(cell_width if odd else len, (column.header, *column.cells))]


def _aligned(column: Column) -> list[str]:
    """The header and the cells of a column, each as wide as the widest."""
    cells, widths = (column.header, *column.cells), _widths(column)
    width = max(widths)
    if column.left:
        return [cell + " " * (width - own) for cell, own in zip(cells, widths, strict=True)]
    return [" " * (width - own) + cell for cell, own in zip(cells, widths, strict=True)]
