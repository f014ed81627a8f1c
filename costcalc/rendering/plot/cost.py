"""Cost by layer: a bar for each version, or a line each where there are many layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from costcalc.analysis.costs import Analysis, LayerCost
from costcalc.analysis.versions import VERSIONS
from costcalc.metrics import in_columns
from costcalc.rendering.plot.drawing import Chart
from costcalc.rendering.plot.gathering import gathered
from costcalc.rendering.plot.look import COLUMN, by_version, dashes, finished, leading, row_of, si
from costcalc.rendering.text import cells

#: With more layers than this they have no names and lines in the place of bars.
_MOST_NAMED = 60
_BAR = 5
_BETWEEN_METRICS = 12


def cost_chart(analysis: Analysis, width: int = COLUMN, to: str = "") -> Chart:
    """The picture of multiplies and of params, in all versions; ``to`` begins the ids of the rows that bars lead to."""
    metrics = in_columns(analysis.metrics)
    layers = analysis.layers
    chart = (
        _bars(layers, metrics, width, to) if len(layers) <= _MOST_NAMED else _lines(layers, metrics, width)
    )
    return finished(chart)


def _bars(layers: Sequence[LayerCost], metrics: Sequence[str], width: int, to: str) -> Chart:
    names = [_name(layer) for layer in layers]
    beside = min(150, 7 * max(map(len, names)))  # whatever font a browser has: its letters may be wide
    room = max(80, (width - beside) // len(metrics) - _BETWEEN_METRICS)
    places = {"field": "place", "type": "ordinal", "sort": None}
    bare: dict[str, Any] = {"title": None, "ticks": False}
    return {
        "data": {"values": list(_values([[layer] for layer in layers], metrics, to))},
        "params": [{"name": "names", "value": names}],
        "spacing": _BETWEEN_METRICS,
        "hconcat": [
            {
                "width": room,
                "height": {"step": _BAR},
                "mark": {"type": "bar", "height": {"band": 1}},
                "encoding": {
                    "y": {
                        **places,
                        "axis": {
                            **bare,
                            **(
                                {"labelExpr": "names[datum.value]", "minExtent": beside}
                                if metric == metrics[0]
                                else {"labels": False}
                            ),
                        },
                    },
                    "yOffset": {"field": "version", "type": "nominal", "sort": list(VERSIONS)},
                    "x": {"field": metric, "type": "quantitative", "axis": si(metric)},
                    "color": by_version(),
                    **leading(to),
                },
            }
            for metric in metrics
        ],
    }


def _lines(layers: Sequence[LayerCost], metrics: Sequence[str], width: int) -> Chart:
    groups = gathered(layers)
    size = len(groups[0])
    return {
        "data": {"values": list(_values(groups, metrics))},
        "vconcat": [
            {
                "width": width - 60,
                "height": 110,
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 1.2},
                "encoding": {
                    "x": {
                        "field": "place",
                        "type": "quantitative",
                        "axis": {"title": "layer", "grid": False},
                    },
                    "y": {
                        "field": metric,
                        "type": "quantitative",
                        "axis": si(metric if size == 1 else f"{metric} of {size} layers"),
                    },
                    "color": by_version(),
                    "strokeDash": dashes(),
                },
            }
            for metric in metrics
        ],
    }


def _values(
    groups: Sequence[Sequence[LayerCost]], metrics: Sequence[str], to: str = ""
) -> Iterator[dict[str, Any]]:
    size = len(groups[0]) if groups else 1
    for place, group in enumerate(groups):
        for version in VERSIONS:
            costs = {
                metric: float(sum(layer.versions[version][metric] for layer in group)) for metric in metrics
            }
            yield {"place": place * size, "version": version, **costs, **row_of(to, place * size)}


def _name(layer: LayerCost) -> str:
    name = cells.name(layer.name)
    return name if layer.repeat == 1 else f"{name} ×{layer.repeat}"
