"""The page about a sweep: its variants as points, the front of those, and a table that the points lead to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from costcalc.metrics import Number
from costcalc.rendering.html.parts import Cell, PageTable, figure, number
from costcalc.rendering.html.template import fill
from costcalc.rendering.plot.front import scatter_chart
from costcalc.rendering.plot.look import PAGE
from costcalc.rendering.sweep import SHOWN, sentences_of
from costcalc.search.sweep.answer import Sweep

_ID = "variant"


def render_sweep_html(sweep: Sweep, compared: Sequence[str] = ()) -> str:
    """The page. ``compared`` are the columns of its front, ``-`` before those of which more is better.

    Raises CostcalcError where the extra is not installed.
    """
    title = f"{sweep.name}: {sweep.variants:,} variant{'' if sweep.variants == 1 else 's'}"
    sentences = [*sentences_of(sweep)]
    if sweep.invalid:
        sentences.append(f"{sweep.invalid:,} of {sweep.variants:,} variants are invalid.")
    rows = [*islice(sweep.cells(), SHOWN)]
    kept = 0 if sweep.rows is None else len(sweep.rows)
    if kept > len(rows) or (len(rows) == SHOWN < sweep.kept and not compared):
        sentences.append(f"These are the first {len(rows):,} of {sweep.kept:,} variants.")
    valid = [(place, labels, values) for place, (labels, values, error) in enumerate(rows, 1) if not error]
    figures = []
    if valid:
        x, y = (_signed(name) for name in _axes(sweep, compared))
        points = [
            (f"#{_ID}-{place}", _value(sweep, x[0], labels, values), _value(sweep, y[0], labels, values))
            for place, labels, values in valid
        ]
        heading = f"{x[0]} and {y[0]}, and the front of these variants"
        beside = "each point leads to its row in the table of variants"
        figures.append(figure(f"{_ID}s-front", heading, scatter_chart(points, x, y, PAGE), beside=beside))
    return fill(title, tables=[_table(sweep, rows)], figures=figures, sentences=sentences, sections=[])


def _signed(name: str) -> tuple[str, bool]:
    """A column, and whether more of it is better."""
    return name.removeprefix("-"), name.startswith("-")


def _axes(sweep: Sweep, compared: Sequence[str]) -> list[str]:
    """Two columns to draw: those that were compared by as far as they are numbers, metrics first."""
    numeric = {axis.name for axis in sweep.space.axes if all(map(_is_number, axis.labels))}
    said = [name for name in compared if _signed(name)[0] in sweep.metrics]
    said += [name for name in compared if _signed(name)[0] in numeric]
    known = {_signed(name)[0] for name in said}
    return [*said, *(name for name in sweep.metrics if name not in known)][:2]


def _is_number(label: str) -> bool:
    try:
        return abs(float(label)) < float("inf")
    except ValueError:
        return False


def _value(sweep: Sweep, name: str, labels: Sequence[str], values: Sequence[Number | None]) -> float:
    if name in sweep.metrics:
        value = values[sweep.metrics.index(name)]
        return float(0 if value is None else value)
    axes = [axis.name for axis in sweep.space.axes]
    return float(labels[axes.index(name)])


def _table(sweep: Sweep, rows: Sequence[tuple[Sequence[str], Sequence[Number | None], str]]) -> PageTable:
    axes = [axis.name for axis in sweep.space.axes]
    numeric = [all(map(_is_number, axis.labels)) for axis in sweep.space.axes]
    found = []
    for place, (labels, values, error) in enumerate(rows, 1):
        cells = [Cell(str(place), place, kind="number")]
        pairs = zip(labels, numeric, strict=True)
        cells += [Cell(text, text, kind="number") if of else Cell(text) for text, of in pairs]
        cells += [number(name, value) for name, value in zip(sweep.metrics, values, strict=True)]
        found.append([*cells, *([Cell(error)] if sweep.invalid else [])])
    header = ["#", *axes, *sweep.metrics, *(["error"] if sweep.invalid else [])]
    left = {name for name, of in zip(axes, numeric, strict=True) if not of} | {"error"}
    ids = [f"{_ID}-{place}" for place in range(1, len(found) + 1)]
    return PageTable("Variants", header, found, left, sortable=True, id=f"{_ID}s", ids=ids)
