"""The report for people: a table of multiplies, one of params, what they mean, the verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from costcalc.analysis.costs import METRICS, VERSIONS, Analysis, LayerCost
from costcalc.metrics import Number, in_columns, leading, metric_named
from costcalc.rendering.report.report import Report, View
from costcalc.rendering.report.summary import TOLD, summary
from costcalc.rendering.report.words import counting, heading, meaning, notes_of, title, verdict_lines
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Column, Line, Role, lay_out, least_width, table_width
from costcalc.rendering.text.plain import finish

if TYPE_CHECKING:
    from fractions import Fraction

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


class _Row(NamedTuple):
    """One row of a table: its texts, and its cost in each version, None where it is not in that version."""

    role: Role
    layer: str
    type: str
    output: str
    written: Number | None
    standard: Number | None
    separable: Number | None
    theory: Fraction | None = None


def render_table(reports: Sequence[Report], view: View) -> str:
    """The reports one after the other; several are compared at the end."""
    lines: list[Line] = []
    for report in reports:
        lines += [*_report(report, view), Line("text", "")]
    if len(reports) > 1:
        from costcalc.rendering.report.overview import overview

        lines += overview(reports, view)
    else:
        lines.pop()
    return finish(lines, view)


def _report(report: Report, view: View) -> Iterator[Line]:
    analysis = report.analysis
    yield from heading(report)
    if view.by is not None:
        from costcalc.rendering.report.breakdown import breakdown_lines

        yield Line("text", "")
        yield from breakdown_lines(report, view.by, view.exact, view.room)
        yield from counting(analysis)
        yield from verdict_lines(report)
        return
    under, below = notes_of(analysis)
    chosen: Sequence[str] = ()
    for metric in in_columns(analysis.metrics):
        rows = [*_rows(analysis, metric, view.expand)]
        columns = _columns(rows, metric, view)
        chosen = chosen or _chosen(columns, view)
        yield Line("text", "")
        yield Line("title", title(analysis, metric))
        notes = _placed(under, rows) if metric == leading() else {}
        shown = [columns[name] for name in chosen if name in columns]
        yield from lay_out(shown, [row.role for row in rows], notes, view.room)
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


def _placed(notes: Mapping[int, Sequence[str]], rows: Sequence[_Row]) -> dict[int, Sequence[str]]:
    """The notes of layers by the place of their row."""
    places = [place for place, row in enumerate(rows) if row.role == "row"]
    return {places[layer]: texts for layer, texts in notes.items()}


def _rows(analysis: Analysis, metric: str, expand: bool) -> Iterator[_Row]:
    for layer in analysis.layers:
        name = cells.name(layer.name)
        if layer.repeat > 1:
            name += f" ×{layer.repeat}"
        output = cells.shape(layer.output)
        written, standard, separable = (layer.versions[version][metric] for version in VERSIONS)
        yield _Row("row", name, cells.name(layer.type), output, written, standard, separable, layer.theory)
        if expand:
            yield from _parts(layer, metric)
    written, standard, separable = (analysis.total(version)[metric] for version in VERSIONS)
    yield _Row("total", "total", "", "", written, standard, separable)


def _parts(layer: LayerCost, metric: str) -> Iterator[_Row]:
    from costcalc.rendering.report.parts import inner_parts

    for part in inner_parts(layer):
        name = "  " + cells.name(part.path.removeprefix(layer.name).lstrip("./") or part.path)
        written, standard, separable = (
            part.costs[version][metric] if version in part.costs else None for version in VERSIONS
        )
        output = cells.shape(part.output)
        yield _Row("part", name, cells.name(part.type), output, written, standard, separable)


def _columns(rows: Sequence[_Row], metric: str, view: View) -> dict[str, Column]:
    _, names, types, outputs, written, standard, separable, _ = zip(*rows, strict=True)
    number = cells.printer(metric, view.exact)
    found: dict[str, Sequence[str]] = {
        "layer": names,
        "type": types,
        "output": outputs,
        "written": [*map(number, written)],
        "standard": [*map(number, standard)],
        "separable": [*map(number, separable)],
        "reduction": [*map(cells.reduction, standard, separable)],
        "theory": [cells.theory(row.theory) if row.role == "row" else "" for row in rows],
        "share": [*_shares(rows)],
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


def _shares(rows: Sequence[_Row]) -> Iterator[str]:
    """Each row's share of the last one, the total, with a bar."""
    whole, longest = rows[-1].written, max((row.written or 0 for row in rows if row.role == "row"), default=0)
    for row in rows:
        scale = longest if row.role == "row" else 0
        yield "" if row.role == "part" else cells.share(row.written or 0, whole or 0, scale)


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
