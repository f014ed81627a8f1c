"""The first screen: one table with both metrics, the totals, what they say, and what is over its limit.

A terminal gets those columns that it has room for, the most telling ones first; their order is the same at every width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from costcalc.analysis.costs import METRICS
from costcalc.metrics import Number, in_columns, leading
from costcalc.rendering.escape import terminal
from costcalc.rendering.report.grid import Grid
from costcalc.rendering.report.insight import insight_lines
from costcalc.rendering.report.report import Report, View
from costcalc.rendering.report.summary import summary
from costcalc.rendering.report.totals import MEANING, totals_lines
from costcalc.rendering.report.words import inputs, stamp, verdict_lines
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Column, Line, lay_out, least_width, table_width

_LEFT = frozenset(("layer", "type", "share"))
_HEADERS = {"reduction": "÷"}

#: So many columns a table has at least: the layer, what it costs, and the reduction.
_LEAST = 3

_Key = tuple[str, str]


def screen_lines(report: Report, view: View) -> Iterator[Line]:
    """The lines of one report."""
    analysis = report.analysis
    yield Line("title", title(report))
    if not view.summary:
        grid = Grid(analysis, view)
        columns = _fitted(_Columns(grid, view), view.room)
        yield from lay_out(columns, grid.roles, width=view.room, ruled=False)
        yield Line("text", "")
    yield from totals_lines(report, view)
    yield Line("note", f"{MEANING}; more: --full")
    yield from (Line("text", line) for line in summary(analysis, view.exact))
    if analysis.convention is not None:
        yield Line("note", stamp(analysis.convention))
    yield from (Line("note", terminal(note)) for note in analysis.notes)
    if not view.summary:
        yield from insight_lines(report)
    yield from verdict_lines(report, passed=False)


def title(report: Report) -> str:
    """Which network this is: its name, its file, what goes in and what comes out."""
    analysis = report.analysis
    name = f"{analysis.name} ({report.path})" if analysis.name else report.path
    layers = len(analysis.network.rows)
    shapes = f"{inputs(analysis)} → {analysis.output}, {layers} layer{'' if layers == 1 else 's'}"
    return terminal(f"{name}  {shapes}")


class _Columns:
    """The columns of a table by their keys: the group that one belongs to, and its name in it."""

    def __init__(self, grid: Grid, view: View) -> None:
        self.grid = grid
        self.exact = view.exact
        self.metrics = in_columns(grid.analysis.metrics)
        self._made: dict[_Key, Column] = {}

    def order(self) -> list[_Key]:
        """All columns from left to right."""
        keys = [("", "layer"), ("", "type"), ("", "output")]
        for metric in self.metrics:
            names = ["written", "share", "standard", "separable", "reduction", "theory"]
            keys += [(metric, name) for name in names if self._has(metric, name)]
        return keys

    def by_weight(self) -> list[_Key]:
        """The same, those that tell most first."""
        first, *others = self.metrics
        ours = [metric for metric in others if metric in METRICS]
        keys = [("", "layer"), (first, "written"), (first, "reduction"), (first, "separable")]
        keys += [(metric, "written") for metric in others]
        keys += [(metric, "reduction") for metric in ours]
        keys += [(first, "standard"), ("", "output"), (first, "share")]
        keys += [(metric, name) for metric in others for name in ("separable", "standard")]
        keys += [("", "type"), (first, "theory")]
        return keys + [key for key in self.order() if key not in keys]

    def __getitem__(self, key: _Key) -> Column:
        if key not in self._made:
            metric, name = key
            self._made[key] = Column(
                _HEADERS.get(name, name), self._cells(metric, name), name in _LEFT, metric
            )
        return self._made[key]

    def _has(self, metric: str, name: str) -> bool:
        if name == "theory":
            return metric == leading()
        return name != "reduction" or metric in METRICS

    def _cells(self, metric: str, name: str) -> Sequence[str]:
        grid = self.grid
        if not metric:
            return {"layer": grid.names, "type": grid.types, "output": grid.outputs}[name]
        if name == "theory":
            return grid.theories
        if name == "reduction":
            return [*map(cells.reduction, grid.values("standard", metric), grid.values("separable", metric))]
        if name == "share":
            whole, longest = grid.analysis.written[metric], grid.longest(metric)
            written = grid.values("written", metric)
            return [
                cells.short_share(value or 0, whole, longest if role == "row" else 0)
                for value, role in zip(written, grid.roles, strict=True)
            ]
        number: Callable[[Number | None], str] = cells.printer(metric, self.exact)
        return [*map(number, grid.values(name, metric))]


def _fitted(columns: _Columns, width: int | None) -> list[Column]:
    """The columns that a terminal has room for; names too long for any get lines of their own."""
    keys = columns.order() if width is None else _chosen(columns, width)
    return [columns[key] for key in keys]


def _chosen(columns: _Columns, width: int) -> list[_Key]:
    order, weights = columns.order(), columns.by_weight()
    chosen = order[:1]
    for measure in (table_width, least_width):
        for count in range(_LEAST, len(weights) + 1):
            keys = [key for key in order if key in weights[:count]]
            if measure([columns[key] for key in keys]) > width:
                break
            chosen = keys
        if len(chosen) > 1:
            return chosen
    return [key for key in order if key in weights[:_LEAST]]
