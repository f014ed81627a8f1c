"""The zoo as a table: each network's name, what it costs as written, and its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from costcalc.analysis import Analysis
from costcalc.rendering import cells
from costcalc.rendering.escape import terminal
from costcalc.rendering.layout import Column, Row, lay_out, table_width
from costcalc.rendering.plain import finish
from costcalc.rendering.report import View
from costcalc.rendering.words import inputs

_COLUMNS = (
    Column("name", left=True),
    Column("input"),
    Column("multiplies"),
    Column("params"),
    Column("source", left=True),
)
#: A source gets at least so many columns, however narrow the terminal.
_LEAST = 20


def render_zoo(networks: Mapping[str, Analysis], view: View) -> str:
    """The networks by name; on a terminal the source wraps in its own column."""
    rows = [*_rows(networks)]
    if view.width is not None:
        rest = view.width - table_width(_COLUMNS, [Row("row", (*row.cells[:-1], "")) for row in rows])
        room = rest + len(_COLUMNS[-1].header)
        rows = [line for row in rows for line in _wrapped(row, max(room, _LEAST))]
    return finish([*lay_out(_COLUMNS, rows)], view)


def _rows(networks: Mapping[str, Analysis]) -> Iterator[Row]:
    for name, analysis in networks.items():
        written = analysis.written
        source = terminal(analysis.spec.source or "")
        numbers = cells.si(written.multiplies), cells.si(written.params)
        yield Row("row", (terminal(name), inputs(analysis), *numbers, source))


def _wrapped(row: Row, room: int) -> Iterator[Row]:
    """A row whose last cell takes several lines where it has not room enough on one."""
    *first, last = row.cells
    for piece in wrap(last, room, break_long_words=False) or [""]:
        yield Row(row.role, (*first, piece))
        first = [""] * len(first)
