"""CSV by RFC 4180: one row a layer, a node with ``expand``, a spec with ``summary``; rows sum to a spec's totals.

A node that does not stand in a version has empty cells there. Names that a spreadsheet would take for a
formula get a leading quote.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from costcalc.analysis.costs import Analysis, Cost, LayerCost, VersionName
from costcalc.metrics import plain_number
from costcalc.rendering.escape import csv_cell
from costcalc.rendering.report.parts import parts
from costcalc.rendering.report.report import Report, View, worst

_SPEC = ("spec", "network")
#: Under another convention each row names it.
_STAMP = ("convention", "unit")


def render_csv(reports: Sequence[Report], view: View) -> str:
    """The reports' layers as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    convention = reports[0].analysis.convention
    writer.writerow((*_SPEC, *_columns(reports[0].analysis, view), *(_STAMP if convention else ())))
    stamp = () if convention is None else (csv_cell(convention.stamp), csv_cell(convention.unit))
    for report in reports:
        spec = (csv_cell(report.path), csv_cell(report.analysis.name or ""))
        rows = [_summary(report)] if view.summary else _rows(report.analysis, view)
        writer.writerows((*spec, *row, *stamp) for row in rows)
    return text.getvalue()


def _columns(analysis: Analysis, view: View) -> tuple[str, ...]:
    if view.by is not None and not view.summary:
        from costcalc.rendering.report.breakdown import breakdown_columns

        return breakdown_columns(analysis, view.by)
    versions = analysis.versions.names
    costs = tuple(f"{version}_{metric}" for metric in analysis.metrics for version in versions)
    if view.summary:
        return "layers", *costs, "budget"
    if view.expand:
        return "layer", "node", "type", "output", *costs
    return "layer", "type", "output", "repeat", *costs, "theory", "note"


def _summary(report: Report) -> tuple[object, ...]:
    """The totals, and the worst verdict, as JSON has it."""
    analysis = report.analysis
    totals = {version: analysis.total(version) for version in analysis.versions.names}
    status = worst(verdict.status for verdict in report.verdicts)
    return len(analysis.network.rows), *_costs(totals, totals, analysis.metrics), status


def _rows(analysis: Analysis, view: View) -> Iterator[tuple[object, ...]]:
    if view.by is not None:
        from costcalc.rendering.report.breakdown import breakdown_records

        yield from breakdown_records(analysis, view.by)
        return
    metrics = analysis.metrics
    for layer in analysis.layers:
        yield from _nodes(layer, metrics) if view.expand else [_layer(layer, metrics)]


def _layer(layer: LayerCost, metrics: Sequence[str]) -> tuple[object, ...]:
    theory = "" if layer.theory is None else float(layer.theory)
    return (
        *_names(layer),
        layer.output,
        layer.repeat,
        *_costs(layer.versions, layer.versions, metrics),
        theory,
        csv_cell("; ".join(layer.notes)),
    )


def _nodes(layer: LayerCost, metrics: Sequence[str]) -> Iterator[tuple[object, ...]]:
    for part in parts(layer):
        names = csv_cell(layer.name), csv_cell(part.path), part.type
        yield *names, part.output, *_costs(part.costs, layer.versions, metrics)


def _names(layer: LayerCost) -> tuple[str, str]:
    return csv_cell(layer.name), csv_cell(layer.type)


def _costs(
    costs: Mapping[VersionName, Cost], versions: Iterable[VersionName], metrics: Sequence[str]
) -> list[object]:
    return [
        plain_number(costs[version][metric]) if version in costs else ""
        for metric in metrics
        for version in versions
    ]
