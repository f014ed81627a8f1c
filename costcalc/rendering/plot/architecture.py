"""The architecture: layers in order, high as their maps, wide as their channels; skips and branches as arcs.

Both sizes are on logarithmic scales: a map of 7x7 is to be seen beside one of 224x224.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from costcalc.network import Network, Row
from costcalc.rendering.plot.drawing import Chart
from costcalc.rendering.plot.gathering import gathered, group_size
from costcalc.rendering.plot.look import COLUMN, INK, PALETTE, REST, finished, leading, row_of
from costcalc.rendering.text import cells
from costcalc.shape import Shape

#: With more layers than this none has its name.
_MOST_NAMED = 40
#: So many arcs at most, the longest ones.
_MOST_ARCS = 400
_BENDS = 12
_GAP = 0.35
_OTHERS = "others"


def architecture_chart(network: Network, width: int = COLUMN, to: str = "") -> Chart:
    """The picture of a network as written; ``to`` begins the ids of the rows that its blocks lead to."""
    groups = gathered(network.rows)
    blocks = _blocks(groups, to)
    arcs = list(_arcs(network, blocks))
    kinds = list(dict.fromkeys(block["kind"] for block in blocks))
    kinds.sort(key=lambda kind: kind == _OTHERS)
    colours = {
        "domain": kinds,
        "range": [REST if kind == _OTHERS else PALETTE[place] for place, kind in enumerate(kinds)],
    }
    plain: dict[str, Any] = {"type": "quantitative", "axis": None, "scale": {"nice": False, "zero": False}}
    layers: list[Chart] = [
        {
            "data": {"values": blocks},
            "mark": {"type": "rect", "stroke": INK, "strokeWidth": 0.4},
            "encoding": {
                "x": {**plain, "field": "left"},
                "x2": {"field": "right"},
                "y": {**plain, "field": "bottom"},
                "y2": {"field": "top"},
                "color": {
                    "field": "kind",
                    "type": "nominal",
                    "scale": colours,
                    "title": None,
                    "legend": {"columns": _legend_columns(kinds, width)},
                },
                **leading(to),
            },
        }
    ]
    if arcs:
        layers.append(
            {
                "data": {"values": arcs},
                "mark": {"type": "line", "interpolate": "monotone", "color": INK, "strokeWidth": 0.8},
                "encoding": {
                    "x": {**plain, "field": "x"},
                    "y": {**plain, "field": "y"},
                    "detail": {"field": "arc", "type": "nominal"},
                    "order": {"field": "bend", "type": "quantitative"},
                },
            }
        )
    if len(network.rows) <= _MOST_NAMED:
        layers.append(_names(blocks, plain))
    return finished({"width": width - 10, "height": 170, "layer": layers})


def _legend_columns(kinds: Sequence[str], width: int) -> int:
    """So many columns of the legend that it is no wider than the picture; a letter takes some 6 pixels, a mark 24."""
    return max(1, width // (24 + 6 * max(map(len, kinds), default=0)))


def _blocks(groups: Sequence[Sequence[Row]], to: str) -> list[dict[str, Any]]:
    kinds = Counter(row.type for group in groups for row in group)
    own = {
        kind
        for kind, _ in kinds.most_common(len(PALETTE) if len(kinds) <= len(PALETTE) else len(PALETTE) - 1)
    }
    found = []
    right = 0.0
    for place, group in enumerate(groups):
        largest = max((row.output for row in group), key=_height)
        kind = Counter(row.type for row in group).most_common(1)[0][0]
        left = right + _GAP
        right = left + max(math.log2(1 + row.output.channels) for row in group) / 4
        half = _height(largest) / 2
        found.append(
            {
                "left": left,
                "right": right,
                "bottom": -half,
                "top": half,
                "kind": cells.name(kind) if kind in own else _OTHERS,
                "name": cells.name(group[0].name),
                **row_of(to, place * len(groups[0])),
            }
        )
    return found


def _height(output: Shape) -> float:
    return math.log2(1 + max(output.spatial, default=1))


def _names(blocks: list[dict[str, Any]], plain: dict[str, Any]) -> Chart:
    low = min((block["bottom"] for block in blocks), default=0) - 0.3
    values = [
        {"x": (block["left"] + block["right"]) / 2, "y": low, "name": block["name"]} for block in blocks
    ]
    return {
        "data": {"values": values},
        "mark": {
            "type": "text",
            "angle": 270,
            "align": "right",
            "baseline": "middle",
            "fontSize": 8,
            "limit": 90,
            "clip": False,
        },
        "encoding": {
            "x": {**plain, "field": "x"},
            "y": {**plain, "field": "y"},
            "text": {"field": "name"},
        },
    }


def _arcs(network: Network, blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The points of all arcs: over a block for what stays within it, from block to block for what leads over some."""
    pairs = sorted(_jumps(network), key=lambda pair: (pair[0] - pair[1], pair))[:_MOST_ARCS]
    longest = max((stop - start for start, stop in pairs), default=1) or 1
    for arc, (start, stop) in enumerate(pairs):
        first, last = blocks[start], blocks[stop]
        within = start == stop
        x0, x1 = (first["left"] if within else first["right"]), (last["right"] if within else last["left"])
        bump = 0.7 if within else 1 + 3 * math.log2(1 + stop - start) / math.log2(1 + longest)
        for bend in range(_BENDS + 1):
            t = bend / _BENDS
            low = first["top"] + (last["top"] - first["top"]) * t
            yield {
                "arc": arc,
                "bend": bend,
                "x": round(x0 + (x1 - x0) * t, 3),
                "y": round(low + bump * math.sin(math.pi * t), 3),
            }


def _jumps(network: Network) -> set[tuple[int, int]]:
    """The places of blocks that are joined by what does not just lead from a node to the next one."""
    size = group_size(len(network.rows))
    found = set()
    for index, node in enumerate(network.nodes):
        for source in node.inputs:
            if source == index - 1 or (
                source < 0 and (index == 0 or network.nodes[index - 1].row != node.row)
            ):
                continue
            start = network.nodes[source].row if source >= 0 else node.row
            follows = start == node.row - 1 and index and network.nodes[index - 1].row == node.row
            stop = node.row // size
            found.add((stop if follows else start // size, stop))
    return found
