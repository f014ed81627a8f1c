"""Markdown as GitHub and GitLab show it, fit for a comment on a pull request: verdicts, totals, then the layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from costcalc.analysis.costs import METRICS, VERSIONS, Analysis, Cost, LayerCost, VersionName
from costcalc.conventions.convention import MULTIPLIES
from costcalc.metrics import in_columns, leading
from costcalc.rendering.escape import markdown
from costcalc.rendering.report.report import Report, View
from costcalc.rendering.report.totals import MEANING
from costcalc.rendering.report.words import inputs, not_counted, stamp
from costcalc.rendering.text import cells

if TYPE_CHECKING:
    from costcalc.analysis.breakdown import By

_MARKS = {"pass": "✅", "warning": "⚠️", "fail": "❌", "skipped": "➖"}
_TOTALS = ("", "written", "standard", "separable", "reduction", "saves")
_LEFT = frozenset(("", "layer", "spec", "type", "note", "kind", "block"))


def render_markdown(reports: Sequence[Report], view: View) -> str:
    """The reports as Markdown; several are compared first."""
    blocks: list[Iterable[str]] = []
    if len(reports) > 1:
        from costcalc.rendering.report.overview import overview_cells

        header, rows = overview_cells(reports, view.exact)
        blocks += [["### Comparison"], _table(header, [[markdown(cell) for cell in row] for row in rows])]
    for report in reports:
        blocks += _report(report, view)
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _report(report: Report, view: View) -> Iterator[Iterable[str]]:
    analysis = report.analysis
    yield [f"### {markdown(report.title)}"]
    if report.verdicts:
        yield _verdicts(report)
    yield _table(_TOTALS, _totals(analysis, view.exact))
    if view.by is not None:
        yield _breakdown(analysis, view.by, view.exact)
    if not view.summary:
        yield from _all_layers(analysis, view)
    yield [f"multiplies: {MULTIPLIES.unit}; params: all trainable tensors; {MEANING}"]
    if free := not_counted(analysis):
        yield [markdown(free)]
    if analysis.convention is not None:
        yield [markdown(stamp(analysis.convention))]
    yield from ([markdown(note)] for note in (*analysis.notes, *report.remarks))


def _all_layers(analysis: Analysis, view: View) -> Iterator[Iterable[str]]:
    layers = len(analysis.layers)
    summary = f"{layers} layer{'s' if layers > 1 else ''}, input {markdown(inputs(analysis))}"
    yield ["<details>", f"<summary>{summary}</summary>"]
    yield _table(_layer_columns(analysis), _layers(analysis, view))
    yield ["</details>"]


def _verdicts(report: Report) -> Iterator[str]:
    from costcalc.rendering.check.verdict import messages, verdict_line

    for verdict in report.verdicts:
        yield f"- {_MARKS[verdict.status]} {markdown(verdict_line(verdict))}"
    yield from (f"- {markdown(message)}" for message in messages(report.verdicts))


def _totals(analysis: Analysis, exact: bool) -> Iterator[Sequence[str]]:
    for metric in analysis.metrics:
        costs = [analysis.total(version)[metric] for version in VERSIONS]
        number = cells.printer(metric, exact)
        gains = cells.reduction(costs[1], costs[2]), cells.saved(costs[0], costs[2])
        yield (
            f"**{metric}**",
            *map(number, costs),
            *(gains if metric in METRICS else (cells.NONE, cells.NONE)),
        )


def _breakdown(analysis: Analysis, by: By, exact: bool) -> Iterator[str]:
    from costcalc.rendering.report.breakdown import breakdown_cells

    header, rows, _ = breakdown_cells(analysis, by, exact)
    *parts, total = [[markdown(cell) for cell in row] for row in rows]
    return _table(header, [*parts, [f"**{cell}**" for cell in total]])


def _layer_columns(analysis: Analysis) -> Sequence[str]:
    columns = ["layer", "type", "output"]
    for metric in in_columns(analysis.metrics):
        columns += [f"{metric}, written", *VERSIONS[1:]]
        columns += ["reduction", "theory"] if metric == leading() else []
    return [*columns, "note"]


def _layers(analysis: Analysis, view: View) -> Iterator[Sequence[str]]:
    metrics = in_columns(analysis.metrics)
    for layer in analysis.layers:
        name = markdown(layer.name) + (f" ×{layer.repeat}" if layer.repeat > 1 else "")
        theory, notes = cells.theory(layer.theory), markdown("; ".join(layer.notes))
        yield (
            name,
            markdown(layer.type),
            str(layer.output),
            *_costs(layer.versions, theory, metrics, view.exact),
            notes,
        )
        if view.expand:
            yield from _parts(layer, metrics, view.exact)
    costs = {version: analysis.total(version) for version in VERSIONS}
    yield tuple(
        cell and f"**{cell}**" for cell in ("total", "", "", *_costs(costs, "", metrics, view.exact), "")
    )


def _parts(layer: LayerCost, metrics: Sequence[str], exact: bool) -> Iterator[Sequence[str]]:
    from costcalc.rendering.report.parts import inner_parts

    for part in inner_parts(layer):
        name = f"↳ {markdown(part.path)}"
        yield name, part.type, str(part.output), *_costs(part.costs, cells.NONE, metrics, exact), ""


def _costs(
    costs: Mapping[VersionName, Cost], theory: str, metrics: Sequence[str], exact: bool
) -> Iterator[str]:
    """The cells of the metrics, with reduction and theory after the first."""
    for metric in metrics:
        number = cells.printer(metric, exact)
        values = [costs[version][metric] if version in costs else None for version in VERSIONS]
        yield from map(number, values)
        if metric == leading():
            yield cells.reduction(values[1], values[2])
            yield theory


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; the cells are escaped already."""
    yield f"| {' | '.join(columns)} |"
    yield f"|{'|'.join('---' if column in _LEFT else '---:' for column in columns)}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
