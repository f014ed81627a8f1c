"""What pages are made of: tables whose numbers sort and are read back, and figures with what is behind them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from costcalc.metrics import Number, metric_named, plain_number
from costcalc.rendering.html.template import markup
from costcalc.rendering.plot.drawing import Chart, inline_svg
from costcalc.rendering.text import cells


class Cell(NamedTuple):
    """A cell: what is shown, the exact value that it sorts by, where it leads to; a class for its looks."""

    text: str
    value: int | float | str | None = None
    link: str = ""
    kind: str = ""


class PageTable(NamedTuple):
    """A table: its caption, the header, rows of cells, the last of which may be totals.

    ``ids`` are those of the rows that marks of a picture lead to.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    left: Collection[str] = ()
    total: Sequence[Cell] = ()
    sortable: bool = False
    id: str = ""
    ids: Sequence[str] = ()


class Picture(NamedTuple):
    """A picture with its title, what to know of it, and the table behind it; ``beside`` says which one that is."""

    id: str
    title: str
    svg: Any
    notes: Sequence[str] = ()
    table: PageTable | None = None
    beside: str = ""


def figure(id: str, title: str, chart: Chart, **more: Any) -> Picture:
    """A figure of a chart."""
    return Picture(id, title, markup(inline_svg(chart, f"{id}-title")), **more)


def number(metric: str, value: Number | None) -> Cell:
    """A metric's value: three digits for people, the exact one behind them."""
    return Cell(cells.printer(metric, False)(value), plain_number(value), kind="number")


def exact(metric: str, value: Number) -> Cell:
    """A metric's value in full."""
    return Cell(metric_named(metric).text(value, exact=True), plain_number(value), kind="number")


def ratio(text: str, value: Fraction | None) -> Cell:
    """A ratio as it is printed, and as it sorts."""
    return Cell(text, None if value is None else float(value), kind="number")


def texts(rows: Sequence[Sequence[str]]) -> list[list[Cell]]:
    """Rows of plain texts."""
    return [[Cell(text) for text in row] for row in rows]
