"""An analysis as plain data: a document, flat records for data frames, a table for notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from costcalc.analysis.costs import Analysis, Cost, LayerCost, VersionName
from costcalc.metrics import Number, in_columns

_HEADERS = ("layer", "type", "output", "multiplies", "params", "separable multiplies", "theory")


def document(analysis: Analysis) -> dict[str, Any]:
    """Totals and layers, nested by version and metric. Ints are ints, a theory and seconds are Fractions."""
    metrics = analysis.metrics
    return {
        "name": analysis.name,
        "inputs": {name: str(shape) for name, shape in analysis.inputs.items()},
        "output": str(analysis.output),
        "totals": {version: _costs(analysis.total(version), metrics) for version in analysis.versions.names},
        "layers": [_layer(layer, metrics) for layer in analysis.layers],
    }


def _layer(layer: LayerCost, metrics: Iterable[str]) -> dict[str, Any]:
    costs = {version: _costs(cost, metrics) for version, cost in layer.versions.items()}
    return {**_head(layer), **costs, "theory": layer.theory, "notes": list(layer.notes)}


def _costs(cost: Cost, metrics: Iterable[str]) -> dict[str, Number]:
    return {name: cost[name] for name in metrics}


def _head(layer: LayerCost) -> dict[str, Any]:
    return {"name": layer.name, "type": layer.type, "output": str(layer.output), "repeat": layer.repeat}


def records(analysis: Analysis) -> list[dict[str, Any]]:
    """One record a layer: ``multiplies`` as written, ``standard_multiplies``, …; ``theory`` a float or None."""
    metrics = in_columns(analysis.metrics)
    return [
        {
            **_head(layer),
            **{
                _column(version, metric): cost[metric]
                for version, cost in layer.versions.items()
                for metric in metrics
            },
            "theory": None if layer.theory is None else float(layer.theory),
        }
        for layer in analysis.layers
    ]


def _column(version: VersionName, metric: str) -> str:
    return metric if version == "written" else f"{version}_{metric}"


def html(analysis: Analysis) -> str:
    """The layers and the total as a table, whatever a spec's names hold."""
    rows = [
        (
            layer.name,
            layer.type,
            str(layer.output),
            f"{layer.written.multiplies:,}",
            f"{layer.written.params:,}",
            f"{layer.separable.multiplies:,}",
            "" if layer.theory is None else str(layer.theory),
        )
        for layer in analysis.layers
    ]
    total, separable = analysis.written, analysis.separable
    rows.append(
        ("total", "", "", f"{total.multiplies:,}", f"{total.params:,}", f"{separable.multiplies:,}", "")
    )
    head = _row(_HEADERS, "th")
    body = "".join(_row(row, "td") for row in rows)
    name = escape(analysis.name or "network")
    return f"<table><caption>{name}</caption><thead>{head}</thead><tbody>{body}</tbody></table>"


def _row(cells: Iterable[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
