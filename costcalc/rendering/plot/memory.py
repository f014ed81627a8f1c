"""Memory over the steps: what each takes, makes, and lets wait; the peak is marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costcalc.analysis.memory.peak import Plan
from costcalc.quantity import format_bytes
from costcalc.rendering.plot.drawing import Chart
from costcalc.rendering.plot.gathering import gathered
from costcalc.rendering.plot.look import BLUE, COLUMN, INK, ORANGE, finished, leading, row_of

#: With more steps than this each has one bar's outline in the place of its parts.
_MOST_PARTED = 120
_PARTS = {"takes": BLUE, "makes": ORANGE, "waits": "#bbbbbb"}
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_HEIGHT = 150


def memory_chart(plan: Plan, width: int = COLUMN, to: str = "") -> Chart:
    """The picture of a plan of memory; ``to`` begins the ids of the rows that its bars lead to."""
    parted = len(plan.order) <= _MOST_PARTED
    power = max(0, (plan.peak.bit_length() - 1) // 10)
    unit, size = _UNITS[min(power, len(_UNITS) - 1)], 1024 ** min(power, len(_UNITS) - 1)
    layers = [_parts(plan, unit, size, to) if parted else _outline(plan, unit, size)]
    if plan.alive:
        layers += _peak(plan, size)
    return finished({"width": width - 70, "height": _HEIGHT, "layer": layers})


def _axes(field: str, unit: str) -> dict[str, Any]:
    return {
        "x": {
            "field": "step",
            "type": "quantitative",
            "scale": {"nice": False},
            "axis": {"title": "step", "grid": False},
        },
        "y": {
            "field": field,
            "type": "quantitative",
            "axis": {"title": f"alive, {unit}", "tickCount": 4},
        },
    }


def _parts(plan: Plan, unit: str, size: int, to: str) -> Chart:
    """Bars from a step's left edge to its right one, in parts."""
    colours = {"domain": list(_PARTS), "range": list(_PARTS.values())}
    axes = _axes("from", unit)
    return {
        "data": {"values": list(_values(plan, size, to))},
        "mark": {"type": "rect", "stroke": "#ffffff", "strokeWidth": 0.3},
        "encoding": {
            **axes,
            "x2": {"field": "end"},
            "y2": {"field": "to"},
            "color": {"field": "part", "type": "nominal", "scale": colours, "title": None},
            **leading(to),
        },
    }


def _values(plan: Plan, unit: int, to: str) -> Iterator[dict[str, Any]]:
    """What a step spares by working in place is taken off what it takes."""
    for position, index in enumerate(plan.order):
        step = plan.steps.steps[index]
        taken = sum(map(plan.steps.size, step.inputs)) - plan.saved(position)
        made = step.output
        bottom = 0
        for part, size in (("takes", taken), ("makes", made), ("waits", plan.alive[position] - taken - made)):
            if size:
                yield {
                    "step": position,
                    "end": position + 1,
                    "part": part,
                    "from": bottom / unit,
                    "to": (bottom + size) / unit,
                    **row_of(to, position),
                }
            bottom += size


def _outline(plan: Plan, unit: str, unit_size: int) -> Chart:
    groups = gathered(plan.alive, 1_000)
    size = len(groups[0])
    values = [{"step": place * size, "alive": max(group) / unit_size} for place, group in enumerate(groups)]
    return {
        "data": {"values": values},
        "mark": {"type": "area", "interpolate": "step-after", "color": BLUE},
        "encoding": _axes("alive", unit),
    }


def _peak(plan: Plan, unit: int) -> list[Chart]:
    right = plan.worst * 2 > len(plan.order)
    point: Chart = {
        "data": {
            "values": [
                {
                    "step": plan.worst + 0.5,
                    "alive": plan.peak / unit,
                    "text": f"peak {format_bytes(plan.peak)}",
                }
            ]
        },
        "encoding": {
            "x": {"field": "step", "type": "quantitative"},
            "y": {"field": "alive", "type": "quantitative"},
        },
    }
    marked = {**point, "mark": {"type": "point", "color": INK, "size": 40, "filled": True}}
    said = {
        "type": "text",
        "align": "right" if right else "left",
        "dx": -8 if right else 8,
        "dy": -4,
        "fontSize": 10,
    }
    text = {**point, "mark": said, "encoding": {**point["encoding"], "text": {"field": "text"}}}
    return [marked, text]
