"""Tables as lines of text: columns aligned, and what each line is, for who wants to colour it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Role: TypeAlias = Literal[
    "title", "header", "rule", "row", "part", "note", "total", "text", "pass", "warning", "fail", "skipped"
]
_GAP = "  "
_MARGIN = "  "


class Line(NamedTuple):
    """One line, without its end."""

    role: Role
    text: str


class Row(NamedTuple):
    """One row of a table, and the notes that stand under it."""

    role: Role
    cells: Sequence[str]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column's header and how its cells are aligned."""

    header: str
    left: bool = False


def lay_out(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Line]:
    """The lines of a table: its header, its rows with their notes, a rule before the total."""
    widths = _widths(columns, rows)
    fill = _filler(columns, widths)
    yield Line("header", fill([column.header for column in columns]))
    rule = "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    yield Line("rule", rule)
    for role, cells, notes in rows:
        if role == "total":
            yield Line("rule", rule)
        yield Line(role, fill(cells))
        for note in notes:
            yield Line("note", _MARGIN + note)


def table_width(columns: Sequence[Column], rows: Sequence[Row]) -> int:
    """How wide a table is."""
    return sum(_widths(columns, rows)) + len(_GAP) * (len(columns) - 1)


def cell_width(text: str) -> int:
    """The columns of a terminal that a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _widths(columns: Sequence[Column], rows: Sequence[Row]) -> list[int]:
    cells = zip(*(row.cells for row in rows), strict=True)
    found = [max(map(cell_width, column)) for column in cells] or [0] * len(columns)
    return [max(width, len(column.header)) for width, column in zip(found, columns, strict=True)]


def _filler(columns: Sequence[Column], widths: Sequence[int]) -> Callable[[Sequence[str]], str]:
    """A function that aligns the cells of one row."""
    template = _GAP.join(
        f"{{:{'<' if column.left else '>'}{width}}}" for column, width in zip(columns, widths, strict=True)
    )

    def fill(cells: Sequence[str]) -> str:
        line = "".join(cells)
        if line.isascii():
            return template.format(*cells).rstrip()
        return _GAP.join(map(_pad, cells, columns, widths)).rstrip()

    return fill


def _pad(cell: str, column: Column, width: int) -> str:
    blank = " " * (width - cell_width(cell))
    return cell + blank if column.left else blank + cell
