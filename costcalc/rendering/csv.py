"""CSV by RFC 4180: one row a layer, or a node with ``expand``; the rows of a spec sum to its totals.

A node that does not stand in a version has empty cells there. Names that a spreadsheet would take for a
formula get a leading quote.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from costcalc.analysis import VERSIONS, Cost, LayerCost, VersionName
from costcalc.rendering.escape import csv_cell
from costcalc.rendering.parts import parts
from costcalc.rendering.report import METRICS, Report, View

_COSTS = tuple(f"{version}_{metric}" for metric in METRICS for version in VERSIONS)
COLUMNS = ("spec", "network", "layer", "type", "output", "repeat", *_COSTS, "theory", "note")
NODE_COLUMNS = ("spec", "network", "layer", "node", "type", "output", *_COSTS)


def render_csv(reports: Sequence[Report], view: View) -> str:
    """The reports' layers as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(NODE_COLUMNS if view.expand else COLUMNS)
    for report in reports:
        spec = (csv_cell(report.path), csv_cell(report.analysis.name or ""))
        for layer in report.analysis.layers:
            writer.writerows((*spec, *row) for row in (_nodes(layer) if view.expand else [_layer(layer)]))
    return text.getvalue()


def _layer(layer: LayerCost) -> tuple[object, ...]:
    costs = {version: getattr(layer, version) for version in VERSIONS}
    theory = "" if layer.theory is None else float(layer.theory)
    return (
        *_names(layer),
        layer.output,
        layer.repeat,
        *_costs(costs),
        theory,
        csv_cell("; ".join(layer.notes)),
    )


def _nodes(layer: LayerCost) -> Iterator[tuple[object, ...]]:
    for part in parts(layer):
        yield csv_cell(layer.name), csv_cell(part.path), part.type, part.output, *_costs(part.costs)


def _names(layer: LayerCost) -> tuple[str, str]:
    return csv_cell(layer.name), csv_cell(layer.type)


def _costs(costs: Mapping[VersionName, Cost]) -> list[object]:
    return [
        getattr(costs[version], metric) if version in costs else ""
        for metric in METRICS
        for version in VERSIONS
    ]
