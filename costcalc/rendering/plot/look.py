"""How all pictures look: black on white, colours that the colour-blind tell apart and that differ in grey, too.

A page shows them on dark ground as well: its style sheet puts other colours in the place of ``INK``, ``GRID`` and the
colours of the versions, which therefore stand for nothing else.

Source of the colours: Okabe and Ito, "Color Universal Design" (2008).
"""

from __future__ import annotations

from typing import Any

from costcalc.analysis.versions import VERSIONS
from costcalc.rendering.plot.drawing import Chart

INK = "#000000"
GRID = "#d9d9d9"
PAPER = "#ffffff"
BLUE = "#0072b2"
ORANGE = "#e69f00"

#: Widths in pixels: a column of a paper (3.4 inches at 96 a inch), and of a page.
COLUMN, PAGE = 326, 760

#: From dark to light: in grey they are told apart by that.
PALETTE = ("#332288", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#f0e442")
REST = "#bbbbbb"

#: The versions' colours and dashes.
_VERSIONS = {"written": (INK, [1, 0]), "standard": (BLUE, [6, 2]), "separable": (ORANGE, [2, 2])}


def by_version() -> dict[str, Any]:
    """The encoding of a version's colour."""
    colours = [_VERSIONS[name][0] for name in VERSIONS]
    scale = {"domain": list(VERSIONS), "range": colours}
    return {"field": "version", "type": "nominal", "scale": scale, "sort": list(VERSIONS), "title": None}


def dashes() -> dict[str, Any]:
    """The encoding of a version's dashes, for lines."""
    scale = {"domain": list(VERSIONS), "range": [_VERSIONS[name][1] for name in VERSIONS]}
    return {"field": "version", "type": "nominal", "scale": scale, "title": None}


def finished(chart: Chart) -> Chart:
    """A description with all that is the same in each."""
    axis = {
        "domainColor": INK,
        "gridColor": GRID,
        "labelColor": INK,
        "labelFontSize": 10,
        "labelLimit": 150,
        "tickColor": INK,
        "titleColor": INK,
        "titleFontSize": 10,
        "titleFontWeight": "normal",
    }
    legend = {
        "labelColor": INK,
        "labelFontSize": 10,
        "labelLimit": 130,
        "orient": "top",
        "symbolLimit": 0,
        "titleColor": INK,
    }
    config = {
        "aria": False,  # what is in it stands in a table
        "axis": axis,
        "background": PAPER,
        "font": "sans-serif",
        "legend": legend,
        "text": {"color": INK},
        "title": {"color": INK, "fontSize": 11, "anchor": "start", "fontWeight": "normal"},
        "view": {"stroke": None},
    }
    return {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", **chart, "config": config}


def leading(to: str) -> dict[str, Any]:
    """The encoding by which a mark leads to the row ``to`` of a table; nothing in a bare picture."""
    return {"href": {"field": "row", "type": "nominal"}} if to else {}


def row_of(to: str, place: int) -> dict[str, str]:
    """What a datum says of the row that it leads to."""
    return {"row": f"#{to}{place}"} if to else {}


def si(title: str, **more: Any) -> dict[str, Any]:
    """An axis of a quantity, in k, M and G."""
    return {"title": title, "format": "~s", "tickCount": 4, **more}
