"""The report for people: a table of multiplies, one of params, what they mean, the verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from costcalc.analysis import VERSIONS, Analysis, LayerCost
from costcalc.rendering import cells
from costcalc.rendering.layout import Column, Line, Row, lay_out, table_width
from costcalc.rendering.plain import finish
from costcalc.rendering.report import METRICS, Report, View
from costcalc.rendering.words import heading, meaning, notes_of, verdict_lines

if TYPE_CHECKING:
    from costcalc.comparison import Metric

#: A narrower terminal gets only the columns that matter most.
_NARROW = 100

_COLUMNS = {
    "layer": Column("layer", left=True),
    "type": Column("type", left=True),
    "output": Column("output"),
    "written": Column("written"),
    "standard": Column("standard"),
    "separable": Column("separable"),
    "reduction": Column("reduction"),
    "theory": Column("theory"),
    "share": Column("share", left=True),
}
_ALL = tuple(_COLUMNS)
_FEW = ("layer", "output", "standard", "written", "reduction")
#: What a terminal shows, the first selection that fits; the last one is shown even where it does not.
_SELECTIONS = (
    _ALL,
    tuple(name for name in _ALL if name != "type"),
    tuple(name for name in _ALL if name not in ("type", "share")),
)
_NARROW_SELECTIONS = (("layer", "output", "standard", "written", "separable", "reduction"), _FEW)

_Number = Callable[[int], str]


def render_table(reports: Sequence[Report], view: View) -> str:
    """The reports one after the other; several are compared at the end."""
    lines: list[Line] = []
    for report in reports:
        lines += [*_report(report, view), Line("text", "")]
    if len(reports) > 1:
        from costcalc.rendering.overview import overview

        lines += overview(reports, view)
    else:
        lines.pop()
    return finish(lines, view)


def _report(report: Report, view: View) -> Iterator[Line]:
    analysis = report.analysis
    yield from heading(report)
    under, below = notes_of(analysis)
    for metric in METRICS:
        yield Line("text", "")
        yield Line("title", metric)
        yield from _table(analysis, metric, view, under if metric == "multiplies" else {})
    yield Line("text", "")
    yield from (Line("note", note) for note in below)
    yield from meaning(analysis)
    yield from verdict_lines(report)


def _table(
    analysis: Analysis, metric: Metric, view: View, notes: Mapping[int, Sequence[str]]
) -> Iterator[Line]:
    rows = [*_rows(analysis, metric, view, notes)]
    names = [name for name in _selection(rows, view) if name != "output" or metric == "multiplies"]
    yield from lay_out([_COLUMNS[name] for name in names], [_picked(row, names) for row in rows])


def _selection(rows: Sequence[Row], view: View) -> Sequence[str]:
    if view.wide or view.width is None:
        return _ALL
    narrow = view.width < _NARROW
    for names in _NARROW_SELECTIONS if narrow else (*_SELECTIONS, *_NARROW_SELECTIONS):
        if (
            table_width([_COLUMNS[name] for name in names], [_picked(row, names) for row in rows])
            <= view.width
        ):
            return names
    return _FEW


def _picked(row: Row, names: Sequence[str]) -> Row:
    if len(names) == len(_ALL):
        return row
    return Row(row.role, [row.cells[_ALL.index(name)] for name in names], row.notes)


def _rows(
    analysis: Analysis, metric: Metric, view: View, notes: Mapping[int, Sequence[str]]
) -> Iterator[Row]:
    number = cells.exact if view.exact else cells.si
    total = getattr(analysis.written, metric)
    longest = max((getattr(layer.written, metric) for layer in analysis.layers), default=0)
    for index, layer in enumerate(analysis.layers):
        costs = [getattr(getattr(layer, version), metric) for version in VERSIONS]
        name = cells.name(layer.name)
        yield Row(
            "row",
            (
                name if layer.repeat == 1 else f"{name} ×{layer.repeat}",
                cells.name(layer.type),
                cells.shape(layer.output),
                *map(number, costs),
                cells.reduction(costs[1], costs[2]),
                cells.decimal(layer.theory),
                cells.share(costs[0], total, longest),
            ),
            notes.get(index, ()),
        )
        if view.expand:
            yield from _parts(layer, metric, number)
    costs = [getattr(analysis.total(version), metric) for version in VERSIONS]
    reduction = cells.reduction(costs[1], costs[2])
    yield Row("total", ("total", "", "", *map(number, costs), reduction, "", cells.share(total, total, 0)))


def _parts(layer: LayerCost, metric: Metric, number: _Number) -> Iterator[Row]:
    from costcalc.rendering.parts import parts

    for part in parts(layer):
        costs = [part.costs.get(version) for version in VERSIONS]
        shown = [cells.NONE if cost is None else number(getattr(cost, metric)) for cost in costs]
        name = "  " + cells.name(part.path.removeprefix(layer.name).lstrip("./") or part.path)
        yield Row("part", (name, cells.name(part.type), cells.shape(part.output), *shown, "", "", ""))
