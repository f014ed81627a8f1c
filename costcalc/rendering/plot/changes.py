"""What changed, layer by layer: a bar to the right for what got dearer, to the left for what got cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costcalc.analysis.comparison import LayerChange
from costcalc.rendering.plot.drawing import Chart
from costcalc.rendering.plot.look import BLUE, COLUMN, ORANGE, finished, si
from costcalc.rendering.text import cells

#: So many changes at most have a bar, the largest ones.
_MOST = 40


def changes_chart(changes: Sequence[LayerChange], metrics: Sequence[str], width: int = COLUMN) -> Chart:
    """The picture of changes."""
    largest = sorted(changes, key=lambda change: max(_sizes(change, metrics)), reverse=True)
    kept = {id(change) for change in largest[:_MOST]}
    shown = [change for change in changes if id(change) in kept]
    names = [f"{change.sign} {cells.name(change.layer.name)}" for change in shown]
    values = [
        {"place": place, **{metric: float(change.increase(metric)) for metric in metrics}}
        for place, change in enumerate(shown)
    ]
    bare: dict[str, Any] = {"title": None, "ticks": False}
    return finished(
        {
            "data": {"values": values},
            "params": [{"name": "names", "value": names}],
            "spacing": 12,
            "hconcat": [
                {
                    "width": max(80, (width - 150) // len(metrics) - 12),
                    "height": {"step": 14},
                    "mark": "bar",
                    "encoding": {
                        "y": {
                            "field": "place",
                            "type": "ordinal",
                            "axis": {**bare, **_labels(metric == metrics[0])},
                        },
                        "x": {"field": metric, "type": "quantitative", "axis": si(f"{metric}, change")},
                        "color": {
                            "condition": {"test": f"datum.{metric} > 0", "value": ORANGE},
                            "value": BLUE,
                        },
                    },
                }
                for metric in metrics
            ],
        }
    )


def _sizes(change: LayerChange, metrics: Sequence[str]) -> list[float]:
    return [abs(float(change.increase(metric))) for metric in metrics]


def _labels(first: bool) -> dict[str, Any]:
    return {"labelExpr": "names[datum.value]"} if first else {"labels": False}
