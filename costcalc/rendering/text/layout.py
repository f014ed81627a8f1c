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

#: So many columns of a terminal the names of a table have at least.
_LEAST_NAME = 20

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
    columns: Sequence[Column],
    roles: Sequence[Role] = (),
    notes: Mapping[int, Sequence[str]] | None = None,
    width: int | None = None,
) -> Iterator[Line]:
    """The lines of a table: its header, its rows, a rule before the total.

    ``roles`` say what each row is, plain rows unless given; ``notes`` stand under the row of their index. Where the
    table is wider than ``width``, names in the first column that are too long get a line of their own.
    """
    columns, alone = _narrowed(columns, width)
    header, *texts = map(_GAP.join, zip(*map(_aligned, columns), strict=True))
    rule = "-" * cell_width(header)
    yield Line("header", header.rstrip())
    yield Line("rule", rule)
    notes = notes or {}
    for index, text in enumerate(texts):
        role = roles[index] if roles else "row"
        if role == "total":
            yield Line("rule", rule)
        if index in alone:
            yield Line(role, alone[index])
        yield Line(role, text.rstrip())
        for note in notes.get(index, ()):
            yield Line("note", _MARGIN + note)


def table_width(columns: Sequence[Column]) -> int:
    """How wide a table is."""
    return sum(max(_widths(column)) for column in columns) + len(_GAP) * (len(columns) - 1)


def least_width(columns: Sequence[Column]) -> int:
    """How wide a table is whose long names stand on lines of their own."""
    first, *others = columns
    return table_width([Column(first.header, ["x" * min(max(_widths(first)), _LEAST_NAME)]), *others])


def _narrowed(columns: Sequence[Column], width: int | None) -> tuple[Sequence[Column], Mapping[int, str]]:
    """The columns without the names that would make the table wider than this, and those names by their rows."""
    if width is None or table_width(columns) <= width:
        return columns, {}
    first, *others = columns
    room = max(width - table_width([Column("", [""]), *others]), _LEAST_NAME)
    alone = {index: cell for index, cell in enumerate(first.cells) if cell_width(cell) > room}
    kept = ["" if index in alone else cell for index, cell in enumerate(first.cells)]
    return [first._replace(cells=kept), *others], alone


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
