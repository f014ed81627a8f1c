"""JSON: one spec is an object, several an array of them. Ints are ints; ``theory`` is a float or null.

The schema is design section 5's; within one ``schema_version`` fields are only added. ``note`` holds a row's
notes, joined by "; ", or null. With ``expand`` each layer has its ``nodes``; a node that does not stand in a
version is null there. Control characters and whatever is not ASCII are escaped as JSON does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from costcalc import __version__
from costcalc.analysis.costs import Analysis, Cost, VersionName
from costcalc.conventions.convention import MULTIPLIES, Convention
from costcalc.metrics import plain_number
from costcalc.rendering.json_document import json_document
from costcalc.rendering.report.parts import ReportPart, parts
from costcalc.rendering.report.report import Report, View

if TYPE_CHECKING:
    from costcalc.analysis.breakdown import By
    from costcalc.budget import Verdict

SCHEMA_VERSION = 1


def render_json(reports: Sequence[Report], view: View) -> str:
    """The reports as JSON."""
    objects = [report_object(report, view.expand, view.by) for report in reports]
    return json_document(objects[0] if len(objects) == 1 else objects)


def report_object(report: Report, expand: bool = False, by: By | None = None) -> dict[str, Any]:
    """One report as plain data."""
    analysis, metrics = report.analysis, report.analysis.metrics
    shapes = {name: str(shape) for name, shape in analysis.inputs.items()}
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "costcalc", "version": __version__},
        "convention": convention_object(analysis.convention or MULTIPLIES),
        "network": {
            "name": analysis.name,
            "path": report.path,
            "input": shapes["input"] if list(shapes) == ["input"] else shapes,
            "output": str(analysis.output),
        },
        "totals": {version: _cost(analysis.total(version), metrics) for version in analysis.versions.names},
        **_breakdown(analysis, by),
        "layers": _layers(analysis, expand),
        "not_counted": analysis.not_counted(),
        "statistics": analysis.written.tally.sum("statistics"),
        "notes": [*analysis.notes, *report.remarks],
        "budget": [_verdict(verdict) for verdict in report.verdicts],
    }


def _breakdown(analysis: Analysis, by: By | None) -> dict[str, Any]:
    if by is None:
        return {}
    from costcalc.rendering.report.breakdown import breakdown_object

    return {"breakdown": breakdown_object(analysis, by)}


def _layers(analysis: Analysis, expand: bool) -> Iterator[dict[str, Any]]:
    metrics = analysis.metrics
    values = {
        version: {metric: analysis.row_values(version, metric) for metric in metrics}
        for version in analysis.versions.names
    }
    for index, layer in enumerate(analysis.layers):
        costs = {
            version: {metric: plain_number(column[index]) for metric, column in columns.items()}
            for version, columns in values.items()
        }
        yield {
            "name": layer.name,
            "type": layer.type,
            "output": str(layer.output),
            "repeat": layer.repeat,
            **costs,
            "theory": None if layer.theory is None else float(layer.theory),
            "note": "; ".join(layer.notes) or None,
            **({"nodes": [_node(part, values, metrics) for part in parts(layer)]} if expand else {}),
        }


def _node(part: ReportPart, versions: Iterable[VersionName], metrics: Sequence[str]) -> dict[str, Any]:
    costs = {
        version: _cost(part.costs[version], metrics) if version in part.costs else None
        for version in versions
    }
    return {"path": part.path, "type": part.type, "output": str(part.output), **costs}


def _cost(cost: Cost, metrics: Sequence[str]) -> dict[str, int | float | None]:
    return {metric: plain_number(cost[metric]) for metric in metrics}


def convention_object(convention: Convention) -> dict[str, str]:
    """The name, version and unit that every document is stamped with."""
    return {"name": convention.name, "version": convention.version, "unit": convention.unit}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    where = verdict.rule.location
    place = {"path": where.path, "line": where.line, "column": where.column} if where is not None else None
    return {
        "metric": verdict.metric,
        "value": plain_number(verdict.value),
        "limit": plain_number(verdict.limit),
        "status": verdict.status,
        "location": place,
        **({"arguments": plain_arguments(verdict.rule.arguments)} if verdict.rule.arguments else {}),
    }


def plain_arguments(arguments: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """What a limit says of its metric's arguments, as it could have been written: a dtype's tensors by name."""
    return {
        name: {tensor: word for tensor, word in value._asdict().items() if word} if name == "dtype" else value
        for name, value in arguments
    }
