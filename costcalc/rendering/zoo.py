"""The zoo as a table: each network's name, what it costs as written, and its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from costcalc.analysis.costs import Analysis
from costcalc.metrics import available, in_columns
from costcalc.rendering.escape import terminal
from costcalc.rendering.report.report import View
from costcalc.rendering.report.words import inputs
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Column, Line, lay_out, table_width
from costcalc.rendering.text.plain import finish

_LEFT = frozenset(("name", "source"))
#: A source gets at least so many columns of a terminal; where they are missing, the inputs are left out.
_ROOM = 24


def render_zoo(networks: Mapping[str, Analysis], view: View) -> str:
    """The networks by name; on a terminal the source wraps in its own column."""
    metrics = in_columns(available({}))
    headers = ("name", "input", *metrics, "source")
    columns = [*_columns(headers, [*_rows(networks, metrics)])]
    if view.width is None:
        return finish([*lay_out(columns)], view)
    return finish([*_lines(columns, view.width)], view)


def _lines(columns: Sequence[Column], width: int) -> Iterator[Line]:
    """The table; where there is no room for sources beside the numbers, they stand under them."""
    *short, sources = [column for column in columns if column.header != "input"]
    if width - table_width(short) < _ROOM:
        yield from lay_out(
            short, notes={row: [text] for row, text in enumerate(sources.cells) if text}, width=width
        )
    else:
        yield from lay_out(_fitted(columns, width))


def _fitted(columns: Sequence[Column], width: int) -> list[Column]:
    if width - table_width(columns[:-1]) < _ROOM:
        columns = [column for column in columns if column.header != "input"]
    room = max(width - table_width(columns[:-1]) - 2, _ROOM)
    rows = zip(*(column.cells for column in columns), strict=True)
    lines = [line for row in rows for line in _wrapped(row, room)]
    return [*_columns([column.header for column in columns], lines)]


def _rows(networks: Mapping[str, Analysis], metrics: Sequence[str]) -> Iterator[Sequence[str]]:
    for name, analysis in networks.items():
        written = analysis.written
        numbers = [cells.printer(metric, exact=False)(written[metric]) for metric in metrics]
        yield terminal(name), inputs(analysis), *numbers, terminal(analysis.spec.source or "")


def _columns(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Column]:
    for header, texts in zip(headers, zip(*rows, strict=True), strict=True):
        yield Column(header, texts, header in _LEFT)


def _wrapped(row: Sequence[str], room: int) -> Iterator[Sequence[str]]:
    """A row whose last cell takes several lines where it has not room enough on one."""
    *first, last = row
    for piece in wrap(last, room, break_on_hyphens=False) or [""]:
        yield *first, piece
        first = [""] * len(first)
