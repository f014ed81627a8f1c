"""The report in full: a table of multiplies, one of params, all notes, what they mean, all verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from costcalc.analysis.costs import METRICS, VERSIONS, Analysis
from costcalc.metrics import Number, in_columns, leading, metric_named
from costcalc.rendering.report.grid import Grid
from costcalc.rendering.report.report import Report, View
from costcalc.rendering.report.summary import TOLD, summary
from costcalc.rendering.report.words import heading, meaning, notes_of, title, verdict_lines
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Column, Line, Role, lay_out, least_width, table_width

_ALL = ("layer", "type", "output", "written", "standard", "separable", "reduction", "theory", "share")
_LEFT = frozenset(("layer", "type", "share"))

#: What a terminal shows of the columns: the first selection that fits, or the last one.
_SELECTIONS = (
    _ALL,
    ("layer", "output", "written", "standard", "separable", "reduction", "theory", "share"),
    ("layer", "output", "written", "standard", "separable", "reduction", "theory"),
)
#: On a terminal narrower than this only the columns that matter most.
_NARROW = 100
_NARROW_SELECTIONS = (
    ("layer", "output", "standard", "written", "separable", "reduction"),
    ("layer", "output", "standard", "written", "reduction"),
)


def full_lines(report: Report, view: View) -> Iterator[Line]:
    """The lines of one report."""
    analysis = report.analysis
    yield from heading(report)
    under, below = notes_of(analysis)
    grid = Grid(analysis, view)
    roles: list[Role] = [*grid.roles, "total"]
    chosen: Sequence[str] = ()
    for metric in in_columns(analysis.metrics):
        columns = _columns(grid, metric, view)
        chosen = chosen or _chosen(columns, view)
        yield Line("text", "")
        yield Line("title", title(analysis, metric))
        notes = _placed(under, grid) if metric == leading() else {}
        shown = [columns[name] for name in chosen if name in columns]
        yield from lay_out(shown, roles, notes, view.room)
    yield Line("text", "")
    yield from _totals(analysis, view.exact)
    yield from (Line("note", note) for note in below)
    yield from meaning(analysis, "theory" in chosen)
    yield from (Line("text", line) for line in summary(analysis, view.exact))
    yield from verdict_lines(report)


def _totals(analysis: Analysis, exact: bool) -> Iterator[Line]:
    """A line for each metric that has no table."""
    for metric in analysis.metrics:
        if not metric_named(metric).has_columns and metric not in TOLD:
            number = cells.printer(metric, exact)
            totals = [f"{version} {number(analysis.total(version)[metric])}" for version in VERSIONS]
            yield Line("text", f"{metric}: {', '.join(totals)}")


def _placed(notes: Mapping[int, Sequence[str]], grid: Grid) -> dict[int, Sequence[str]]:
    """The notes of layers by the place of their row."""
    return {
        place: notes[entry]
        for place, entry in enumerate(grid.entries)
        if isinstance(entry, int) and entry in notes
    }


def _columns(grid: Grid, metric: str, view: View) -> dict[str, Column]:
    number = cells.printer(metric, view.exact)
    written, standard, separable = (
        [*grid.values(version, metric), grid.analysis.total(version)[metric]] for version in VERSIONS
    )
    found: dict[str, Sequence[str]] = {
        "layer": [*grid.names, "total"],
        "type": [*grid.types, ""],
        "output": [*grid.outputs, ""],
        "written": [*map(number, written)],
        "standard": [*map(number, standard)],
        "separable": [*map(number, separable)],
        "reduction": [*map(cells.reduction, standard, separable)],
        "theory": [*grid.theories, ""],
        "share": [*_shares(grid, metric, written)],
    }
    if metric != leading():
        del found["output"]
    if metric not in METRICS:  # reduction is of our own counting
        del found["reduction"]
    if (
        metric not in METRICS or metric_named(metric).weighed_as is None
    ):  # theory is of multiplies and weights
        del found["theory"]
    return {name: Column(name, texts, name in _LEFT) for name, texts in found.items()}


def _shares(grid: Grid, metric: str, written: Sequence[Number | None]) -> Iterator[str]:
    """Each layer's share of the last value, the total, with a bar."""
    whole, longest = written[-1], grid.longest(metric)
    roles: list[Role] = [*grid.roles, "total"]
    for role, value in zip(roles, written, strict=True):
        yield "" if role == "part" else cells.share(value or 0, whole or 0, longest if role == "row" else 0)


def _chosen(columns: Mapping[str, Column], view: View) -> Sequence[str]:
    """The names of the columns that are shown, in both tables; names too long for any get their own lines."""
    width = view.room
    if width is None:
        return _ALL
    selections = _NARROW_SELECTIONS if width < _NARROW else (*_SELECTIONS, *_NARROW_SELECTIONS)
    for names in selections:
        if table_width([columns[name] for name in names]) <= width:
            return names
    with_names_apart = (
        names for names in _NARROW_SELECTIONS if least_width([columns[name] for name in names]) <= width
    )
    return next(with_names_apart, _NARROW_SELECTIONS[-1])
