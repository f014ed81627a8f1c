"""The roofline of a device, and each layer as a point under it.

Source: Williams et al., "Roofline", Communications of the ACM 52 (2009), figure 1.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from costcalc.analysis.time.answer import Times
from costcalc.errors import CostcalcError
from costcalc.rendering.plot.drawing import Chart
from costcalc.rendering.plot.look import BLUE, COLUMN, INK, finished, leading, row_of
from costcalc.rendering.text import cells

#: So many of the layers that take the longest have their names beside them.
_NAMED = 5
_MOST_POINTS = 1_000
_HEIGHT = 220
_FONT = 9
_LABEL = 120


def has_roofline(times: Times) -> bool:
    """Whether the device has a rate and a bandwidth, and some layer multiplies."""
    return bool(_bandwidth(times)) and not times.device.is_estimated and bool(_points(times))


def roofline_chart(times: Times, width: int = COLUMN, to: str = "") -> Chart:
    """The picture; ``to`` begins the ids of the rows that points lead to.

    Raises CostcalcError where the device has no roofline, or the network nothing under it."""
    if not has_roofline(times):
        raise CostcalcError(
            f"device {times.device.name} has no roofline: it has no bandwidth, or the network does not multiply"
        )
    points = _points(times, to)
    roof = _roof(times, points)
    scale = {"type": "log", "nice": False}
    encoding = {
        "x": {
            "field": "intensity",
            "type": "quantitative",
            "scale": scale,
            "axis": _axis("multiplies per byte"),
        },
        "y": {
            "field": "rate",
            "type": "quantitative",
            "scale": scale,
            "axis": _axis("multiplies per second"),
        },
    }
    named = {"text": {"field": "name"}}
    return finished(
        {
            "width": width - 70,
            "height": _HEIGHT,
            "encoding": encoding,
            "layer": [
                {
                    "data": {"values": roof},
                    "mark": {"type": "line", "color": INK, "strokeWidth": 1.5},
                },
                {
                    "data": {"values": points},
                    "mark": {"type": "point", "filled": True, "color": BLUE, "opacity": 0.7, "size": 40},
                    "encoding": leading(to),
                },
                {
                    "data": {"values": _named(points, roof, width - 70)},
                    "mark": {
                        "type": "text",
                        "align": "left",
                        "dx": 6,
                        "dy": 8,
                        "fontSize": _FONT,
                        "limit": _LABEL,
                    },
                    "encoding": named,
                },
            ],
        }
    )


def _axis(title: str) -> dict[str, Any]:
    return {"title": title, "format": "~s", "tickCount": 4}


def _bandwidth(times: Times) -> Fraction | None:
    """Bytes per second of the bus that all goes over, or of the faster one."""
    device = times.device
    apart = [rate for rate in (device.maps, device.weights) if rate is not None]
    return device.bandwidth if device.bandwidth is not None else max(apart, default=None)


def _points(times: Times, to: str = "") -> list[dict[str, Any]]:
    """The layers that multiply, those that take the longest first; equal points once."""
    found: dict[tuple[float, float], dict[str, Any]] = {}
    layers = [(place, layer, versions["written"]) for place, (layer, versions) in enumerate(times.layers)]
    for place, layer, one in sorted(layers, key=lambda each: each[2].time.seconds, reverse=True):
        if one.multiplies and one.intensity and one.time.seconds:
            x, y = float(one.intensity), float(one.multiplies / one.time.seconds)
            point = {"intensity": x, "rate": y, "name": cells.name(layer.name), **row_of(to, place)}
            found.setdefault((x, y), point)
    return list(found.values())[:_MOST_POINTS]


def _named(points: list[dict[str, Any]], roof: list[dict[str, float]], width: int) -> list[dict[str, Any]]:
    """The layers that take the longest and whose names have room beside those chosen before them."""
    rates = [point["rate"] for point in (*points, *roof)]
    across = width / math.log(roof[-1]["intensity"] / roof[0]["intensity"])
    down = _HEIGHT / math.log(max(rates) / min(rates))

    def apart(one: dict[str, Any], other: dict[str, Any]) -> bool:
        beside = abs(math.log(one["intensity"] / other["intensity"])) * across
        below = abs(math.log(one["rate"] / other["rate"])) * down
        return beside >= _LABEL or below >= _FONT + 2

    chosen: list[dict[str, Any]] = []
    for point in points:
        if len(chosen) < _NAMED and all(apart(point, other) for other in chosen):
            chosen.append(point)
    return chosen


def _roof(times: Times, points: list[dict[str, Any]]) -> list[dict[str, float]]:
    bandwidth, dtype = _bandwidth(times), times.versions["written"].dtype.weights
    assert bandwidth is not None
    rate, slope = float(times.device.rate(dtype)), float(bandwidth)
    ridge = rate / slope
    left = min([ridge, *(point["intensity"] for point in points)]) / 2
    right = max([ridge, *(point["intensity"] for point in points)]) * 2
    corners = [(left, left * slope), (ridge, rate), (right, rate)]
    return [{"intensity": x, "rate": y} for x, y in corners]
