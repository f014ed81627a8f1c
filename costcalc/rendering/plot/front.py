"""Points in two columns, and the front: those of which no other is as good in both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costcalc.analysis.costs import Cost
from costcalc.rendering.plot.drawing import Chart
from costcalc.rendering.plot.look import BLUE, COLUMN, INK, finished, leading, si
from costcalc.rendering.text import cells

_NAMED = 40
_HEIGHT = 220


def front_chart(networks: Sequence[tuple[str, Cost]], width: int = COLUMN) -> Chart:
    """The picture of networks by name: of which no other has as few multiplies and as few params."""
    points = [
        {"name": cells.name(name), "x": float(cost["multiplies"]), "y": float(cost["params"])}
        for name, cost in networks
    ]
    return _chart(points, ("multiplies", False), ("params", False), width)


def scatter_chart(
    variants: Sequence[tuple[str, float, float]], x: tuple[str, bool], y: tuple[str, bool], width: int
) -> Chart:
    """The picture of variants, each a place of the page that it leads to, and its values in two columns.

    Of a column there is its name, and whether more of it is better.
    """
    return _chart([{"row": place, "x": left, "y": up} for place, left, up in variants], x, y, width)


def _chart(points: list[dict[str, Any]], x: tuple[str, bool], y: tuple[str, bool], width: int) -> Chart:
    axes: dict[str, Any] = {
        channel: {
            "field": channel,
            "type": "quantitative",
            "axis": si(cells.name(name)),
            "scale": {"zero": False},
        }
        for channel, (name, _) in zip("xy", (x, y), strict=True)
    }
    line = {"type": "line", "interpolate": "step-after" if not x[1] else "step-before", "color": INK}
    dots: Chart = {
        "data": {"values": points},
        "mark": {"type": "point", "filled": True, "size": 40, "color": BLUE},
    }
    dots["encoding"] = leading("row" if points and "row" in points[0] else "")
    layers: list[Chart] = [{"data": {"values": on_front(points, x[1], y[1])}, "mark": line}, dots]
    if len(points) <= _NAMED and points and "name" in points[0]:
        said = {"type": "text", "align": "left", "dx": 6, "fontSize": 9, "limit": 130}
        layers.append({"data": {"values": points}, "mark": said, "encoding": {"text": {"field": "name"}}})
    return finished({"width": width - 70, "height": _HEIGHT, "encoding": axes, "layer": layers})


def on_front(
    points: Sequence[dict[str, Any]], more_x: bool = False, more_y: bool = False
) -> list[dict[str, Any]]:
    """The points that no other is as good as in both, the best in x first."""
    left, down = (-1 if more_x else 1), (-1 if more_y else 1)
    found: list[dict[str, Any]] = []
    for point in sorted(points, key=lambda each: (left * each["x"], down * each["y"])):
        if not found or down * point["y"] < down * found[-1]["y"]:
            found.append(point)
    return found
