"""The zoo as a table: each network's name, what it costs as written, and its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from costcalc.analysis import Analysis
from costcalc.rendering import cells
from costcalc.rendering.escape import terminal
from costcalc.rendering.layout import Column, lay_out, table_width
from costcalc.rendering.plain import finish
from costcalc.rendering.report import View
from costcalc.rendering.words import inputs

_HEADERS = ("name", "input", "multiplies", "params", "source")
_LEFT = frozenset(("name", "source"))
#: A source gets at least so many columns, however narrow the terminal.
_LEAST = 20


def render_zoo(networks: Mapping[str, Analysis], view: View) -> str:
    """The networks by name; on a terminal the source wraps in its own column."""
    rows = [*_rows(networks)]
    if view.width is not None:
        others = table_width([*_columns(rows)][:-1])
        rows = [line for row in rows for line in _wrapped(row, max(view.width - others - 2, _LEAST))]
    return finish([*lay_out([*_columns(rows)])], view)


def _rows(networks: Mapping[str, Analysis]) -> Iterator[Sequence[str]]:
    for name, analysis in networks.items():
        written = analysis.written
        numbers = cells.si(written.multiplies), cells.si(written.params)
        yield terminal(name), inputs(analysis), *numbers, terminal(analysis.spec.source or "")


def _wrapped(row: Sequence[str], room: int) -> Iterator[Sequence[str]]:
    """A row whose last cell takes several lines where it has not room enough on one."""
    *first, last = row
    for piece in wrap(last, room, break_long_words=False) or [""]:
        yield *first, piece
        first = [""] * len(first)


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[Column]:
    for header, texts in zip(_HEADERS, zip(*rows, strict=True), strict=True):
        yield Column(header, texts, header in _LEFT)
