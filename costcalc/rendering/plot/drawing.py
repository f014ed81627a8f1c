"""From a Vega-Lite description to SVG, PNG or PDF, by vl-convert: offline, with nothing loaded from anywhere.

Why this one: of a chart of 60 bars vl-convert (BSD-3-Clause, one wheel that needs no other package) gives 29 kB of SVG
that stands in a page without any script, and PNG and PDF of the same description. A page that draws itself is 0.9 MB
with Altair's inlined script, 1.3 MB with Bokeh's and 4.8 MB with Plotly's, and its policy would have to let that run;
Matplotlib gives 78 kB of SVG, its letters as outlines, and needs nine packages.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from costcalc.errors import CostcalcError

MISSING = "pictures and HTML pages need Jinja2 and vl-convert: pip install 'costcalc[report]'"

#: What a picture can be written as: the suffixes of files.
PICTURES = ("svg", "png", "pdf")

#: So many pixels of a PNG make one of the picture: sharp on paper, too.
_SCALE = 3
_VERSION = "5.20"
_ROOT = re.compile(r'^<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*>')
_TAG = re.compile(r"<[a-z][^<>]*>")
#: A link to a place of the page; Vega puts an address before it.
_LINK = re.compile(r'<a xlink:href="[^"#]*#([a-z0-9-]*)"[^>]*>')
_ROLE = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')

Chart = dict[str, Any]


def extra(name: str) -> Any:
    """A module of the extra. Raises CostcalcError with what to install where it is not there."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise CostcalcError(MISSING) from None


def draw(chart: Chart, format: str) -> bytes:
    """A picture as a file of a format of PICTURES. Raises CostcalcError."""
    converter = extra("vl_convert")
    options: dict[str, Any] = {"vl_version": _VERSION, "allowed_base_urls": []}
    if format == "png":
        found: bytes = converter.vegalite_to_png(chart, scale=_SCALE, **options)
        return found
    if format == "pdf":
        pdf: bytes = converter.vegalite_to_pdf(chart, **options)
        return pdf
    svg: str = converter.vegalite_to_svg(chart, **options)
    return svg.encode()


def inline_svg(chart: Chart, label: str) -> str:
    """A picture to stand in a page, as wide as there is room; ``label`` is the id of what names it.

    A mark with a link to a row says so as data, for the page's script: links within an image are no links to a reader
    of screens.
    """
    svg = draw(chart, "svg").decode()
    root = _ROOT.match(svg)
    assert root is not None, svg[:200]
    width, height = root.groups()
    head = f'<svg role="img" aria-labelledby="{label}" width="{width}" viewBox="0 0 {width} {height}">'
    body = _LINK.sub(r'<g data-to="\1">', svg[root.end() :]).replace("</a>", "</g>")
    return head + _TAG.sub(_without_roles, body)


def _without_roles(tag: re.Match[str]) -> str:
    """A tag of a picture without what it says to screen readers: the picture is one image, its table stands beside."""
    return _ROLE.sub("", tag[0])
