"""Markdown as GitHub and GitLab show it, fit for a comment on a pull request: verdicts, totals, then the layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from costcalc.analysis.costs import METRICS, VERSIONS, Analysis, Cost, LayerCost, VersionName
from costcalc.conventions.convention import MULTIPLIES
from costcalc.rendering.escape import markdown
from costcalc.rendering.report.report import MORE_METRICS, Report, View, metrics_of
from costcalc.rendering.report.words import inputs, not_counted, stamp
from costcalc.rendering.text import cells

if TYPE_CHECKING:
    from costcalc.analysis.breakdown import By

_MARKS = {"pass": "✅", "warning": "⚠️", "fail": "❌", "skipped": "➖"}
_TOTALS = ("", "written", "standard", "separable", "reduction")
_LAYERS = (
    "layer",
    "type",
    "output",
    "multiplies, written",
    "standard",
    "separable",
    "reduction",
    "theory",
    "params, written",
    "standard",
    "separable",
    "note",
)
_LEFT = frozenset(("", "layer", "spec", "type", "note", "kind", "block"))

_Number = Callable[[int | None], str]


def render_markdown(reports: Sequence[Report], view: View) -> str:
    """The reports as Markdown; several are compared first."""
    number = cells.exact if view.exact else cells.si
    blocks: list[Iterable[str]] = []
    if len(reports) > 1:
        from costcalc.rendering.report.overview import overview_cells

        header, rows = overview_cells(reports, number)
        blocks += [["### Comparison"], _table(header, [[markdown(cell) for cell in row] for row in rows])]
    for report in reports:
        blocks += _report(report, view, number)
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _report(report: Report, view: View, number: _Number) -> Iterator[Iterable[str]]:
    analysis = report.analysis
    yield [f"### {markdown(report.title)}"]
    if report.verdicts:
        yield _verdicts(report)
    yield _table(_TOTALS, _totals(analysis, number))
    if view.by is not None:
        yield _breakdown(analysis, view.by, number)
    layers = len(analysis.layers)
    summary = f"{layers} layer{'s' if layers > 1 else ''}, input {markdown(inputs(analysis))}"
    yield ["<details>", f"<summary>{summary}</summary>"]
    yield _table(_layer_columns(analysis), _layers(analysis, view, number))
    yield ["</details>"]
    yield [f"multiplies: {MULTIPLIES.unit}; params: all trainable tensors; reduction: standard ÷ separable"]
    if free := not_counted(analysis):
        yield [markdown(free)]
    if analysis.convention is not None:
        yield [markdown(stamp(analysis.convention))]
    yield from ([markdown(note)] for note in (*analysis.notes, *report.remarks))


def _verdicts(report: Report) -> Iterator[str]:
    from costcalc.rendering.check.verdict import messages, verdict_line

    for verdict in report.verdicts:
        yield f"- {_MARKS[verdict.status]} {markdown(verdict_line(verdict))}"
    yield from (f"- {markdown(message)}" for message in messages(report.verdicts))


def _totals(analysis: Analysis, number: _Number) -> Iterator[Sequence[str]]:
    for metric in metrics_of(analysis):
        costs = [getattr(analysis.total(version), metric) for version in VERSIONS]
        reduction = cells.reduction(costs[1], costs[2]) if metric in METRICS else cells.NONE
        yield f"**{metric}**", *map(number, costs), reduction


def _breakdown(analysis: Analysis, by: By, number: _Number) -> Iterator[str]:
    from costcalc.rendering.report.breakdown import breakdown_cells

    header, rows, _ = breakdown_cells(analysis, by, number)
    *parts, total = [[markdown(cell) for cell in row] for row in rows]
    return _table(header, [*parts, [f"**{cell}**" for cell in total]])


def _layer_columns(analysis: Analysis) -> Sequence[str]:
    *columns, note = _LAYERS
    more = [f"{metric}, written" for metric in metrics_of(analysis) if metric not in METRICS]
    return [*columns, *(name for first in more for name in (first, *VERSIONS[1:])), note]


def _layers(analysis: Analysis, view: View, number: _Number) -> Iterator[Sequence[str]]:
    for layer in analysis.layers:
        costs = {version: getattr(layer, version) for version in VERSIONS}
        name = markdown(layer.name) + (f" ×{layer.repeat}" if layer.repeat > 1 else "")
        theory, notes = cells.theory(layer.theory), markdown("; ".join(layer.notes))
        yield name, markdown(layer.type), str(layer.output), *_costs(costs, theory, number), notes
        if view.expand:
            yield from _parts(layer, number)
    costs = {version: analysis.total(version) for version in VERSIONS}
    yield tuple(cell and f"**{cell}**" for cell in ("total", "", "", *_costs(costs, "", number), ""))


def _parts(layer: LayerCost, number: _Number) -> Iterator[Sequence[str]]:
    from costcalc.rendering.report.parts import inner_parts

    for part in inner_parts(layer):
        name = f"↳ {markdown(part.path)}"
        yield name, part.type, str(part.output), *_costs(part.costs, cells.NONE, number), ""


def _costs(costs: dict[VersionName, Cost], theory: str, number: _Number) -> tuple[str, ...]:
    """The cells of the two metrics, with reduction and theory between them."""
    weighed = any(cost.operations is not None for cost in costs.values())
    multiplies, params, *more = (
        [number(getattr(costs[version], metric)) if version in costs else cells.NONE for version in VERSIONS]
        for metric in (*METRICS, *(MORE_METRICS if weighed else ()))
    )
    reduction = cells.NONE
    if "standard" in costs and "separable" in costs:
        reduction = cells.reduction(costs["standard"].multiplies, costs["separable"].multiplies)
    return *multiplies, reduction, theory, *params, *chain.from_iterable(more)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; the cells are escaped already."""
    yield f"| {' | '.join(columns)} |"
    yield f"|{'|'.join('---' if column in _LEFT else '---:' for column in columns)}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
