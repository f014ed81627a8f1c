"""Several networks as points, and the front: those of which no other has as few multiplies and as few params."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costcalc.analysis.costs import Cost
from costcalc.rendering.plot.drawing import Chart
from costcalc.rendering.plot.look import BLUE, COLUMN, INK, finished, si
from costcalc.rendering.text import cells

_NAMED = 40
_HEIGHT = 220


def front_chart(networks: Sequence[tuple[str, Cost]], width: int = COLUMN) -> Chart:
    """The picture of networks by name."""
    points = [
        {"name": cells.name(name), "x": float(cost["multiplies"]), "y": float(cost["params"])}
        for name, cost in networks
    ]
    front = on_front(points)
    axes = {
        "x": {"field": "x", "type": "quantitative", "axis": si("multiplies"), "scale": {"zero": False}},
        "y": {"field": "y", "type": "quantitative", "axis": si("params"), "scale": {"zero": False}},
    }
    layers: list[Chart] = [
        {"data": {"values": front}, "mark": {"type": "line", "interpolate": "step-after", "color": INK}},
        {"data": {"values": points}, "mark": {"type": "point", "filled": True, "size": 40, "color": BLUE}},
    ]
    if len(points) <= _NAMED:
        said = {"type": "text", "align": "left", "dx": 6, "fontSize": 9, "limit": 130}
        layers.append({"data": {"values": points}, "mark": said, "encoding": {"text": {"field": "name"}}})
    return finished({"width": width - 70, "height": _HEIGHT, "encoding": axes, "layer": layers})


def on_front(points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The points that no other is left of and below, from left to right."""
    found: list[dict[str, Any]] = []
    for point in sorted(points, key=lambda each: (each["x"], each["y"])):
        if not found or point["y"] < found[-1]["y"]:
            found.append(point)
    return found
