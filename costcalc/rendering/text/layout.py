"""Tables as lines of text: columns aligned, and what each line is, for who wants to colour it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Literal, NamedTuple, TypeAlias

from costcalc.rendering.text.folding import cell_width, is_narrow

Role: TypeAlias = Literal[
    "title",
    "header",
    "rule",
    "row",
    "part",
    "note",
    "total",
    "sum",
    "text",
    "pass",
    "warning",
    "fail",
    "skipped",
]
_GAP, _INNER_GAP = 2, 1
_MARGIN = "  "

#: So many columns of a terminal the names of a table have at least.
_LEAST_NAME = 20


class Line(NamedTuple):
    """One line, without its end."""

    role: Role
    text: str


class Column(NamedTuple):
    """A column of a table: its header, its cells, and how they are aligned.

    Columns of one ``group`` stand closer together, under a line with its name.
    """

    header: str
    cells: Sequence[str]
    left: bool = False
    group: str = ""


def lay_out(
    columns: Sequence[Column],
    roles: Sequence[Role] = (),
    notes: Mapping[int, Sequence[str]] | None = None,
    width: int | None = None,
    ruled: bool = True,
) -> Iterator[Line]:
    """The lines of a table: its header, its rows, a rule under the header and before the total where it is ``ruled``.

    ``roles`` say what each row is, plain rows unless given; ``notes`` stand under the row of their index. Where the
    table is wider than ``width``, names in the first column that are too long get a line of their own.
    """
    columns, alone = _narrowed(columns, width)
    gaps = [0, *_gaps(columns)]
    widths = _column_widths(columns)
    header, *texts = map("".join, zip(*map(_aligned, columns, gaps, widths), strict=True))
    rule = "-" * cell_width(header)
    if any(column.group for column in columns):
        yield Line("header", _group_line(columns, gaps, widths))
    yield Line("header", header.rstrip())
    if ruled:
        yield Line("rule", rule)
    notes = notes or {}
    for index, text in enumerate(texts):
        role = roles[index] if roles else "row"
        if role == "total" and ruled:
            yield Line("rule", rule)
        if index in alone:
            yield Line(role, alone[index])
        yield Line(role, text.rstrip())
        for note in notes.get(index, ()):
            yield Line("note", _MARGIN + note)


def table_width(columns: Sequence[Column]) -> int:
    """How wide a table is."""
    return sum(_column_widths(columns)) + sum(_gaps(columns))


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


def _gaps(columns: Sequence[Column]) -> list[int]:
    """How far each column but the first stands from the one before."""
    return [
        _INNER_GAP if left.group and left.group == right.group else _GAP for left, right in pairwise(columns)
    ]


def _column_widths(columns: Sequence[Column]) -> list[int]:
    """How wide each column is: as its widest cell; the first of a group also so that the group's name has room."""
    widths = [max(_widths(column)) for column in columns]
    at, gaps = 0, [0, *_gaps(columns)]
    for group, members in groupby(columns, lambda column: column.group):
        end = at + len([*members])
        room = sum(widths[at:end]) + sum(gaps[at + 1 : end])
        widths[at] += max(0, len(group) - room)
        at = end
    return widths


def _group_line(columns: Sequence[Column], gaps: Sequence[int], widths: Sequence[int]) -> str:
    """The names of the groups, each amid dashes as long as its columns are wide."""
    line = ""
    for group, members in groupby(zip(columns, gaps, widths, strict=True), lambda each: each[0].group):
        (_, gap, first), *others = members
        room = first + sum(inner + width for _, inner, width in others)
        has_room = group and len(group) + 2 <= room
        line += " " * gap + (f" {group} ".center(room, "-") if has_room else group.rjust(room))
    return line.rstrip()


def _widths(column: Column) -> list[int]:
    narrow = is_narrow("".join(column.cells))
    return [*map(len if narrow else cell_width, (column.header, *column.cells))]


def _aligned(column: Column, gap: int, width: int) -> list[str]:
    """The header and the cells of a column, each as wide as the column and with a gap before it."""
    cells, widths = (column.header, *column.cells), _widths(column)
    margin = " " * gap
    if column.left:
        return [margin + cell + " " * (width - own) for cell, own in zip(cells, widths, strict=True)]
    return [" " * (width + gap - own) + cell for cell, own in zip(cells, widths, strict=True)]
