"""``costcalc zoo``: the published networks that come with costcalc."""

from __future__ import annotations

from typing import Annotated

import typer

from costcalc.cli.options import Color, ColorChoice, Debug
from costcalc.cli.output import emit
from costcalc.cli.terminal import terminal_width, wants_color


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Print this network's spec instead.")
    ] = None,
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """List the published networks that come with costcalc, and what they cost.

    Every command takes them as zoo:NAME. "costcalc zoo NAME > net.yaml" makes a copy to start from.
    """
    if name is not None:
        emit(_text(name))
        return 0
    from costcalc.analysis.costs import analyze
    from costcalc.application.load import ZOO, load
    from costcalc.reading.zoo import zoo_names
    from costcalc.rendering.report.report import View
    from costcalc.rendering.zoo import render_zoo

    networks = {known: analyze(load(ZOO + known)) for known in zoo_names()}
    emit(render_zoo(networks, View(terminal_width(), wants_color(color))))
    return 0


def _text(name: str) -> str:
    from costcalc.application.load import ZOO
    from costcalc.reading.files import read_text
    from costcalc.reading.zoo import zoo_path

    return read_text(zoo_path(name.removeprefix(ZOO)))
