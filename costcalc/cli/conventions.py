"""``costcalc conventions``: how other tools count, and what that makes of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from costcalc.cli.options import Color, ColorChoice, Debug, ResultsFormat, Setting
from costcalc.cli.output import emit, say_problems
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import parse_settings

if TYPE_CHECKING:
    from costcalc.tally import Tally


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME|FILE.yaml", help="Print this convention in full.")
    ] = None,
    spec: Annotated[
        str | None, typer.Option("--spec", metavar="SPEC", help="Show what it makes of this network.")
    ] = None,
    set: Setting = None,
    format: Annotated[ResultsFormat, typer.Option("--format", "-f", help="How to print it.")] = "table",
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """List the conventions by which others count; with a name, all that one weighs, and its source.

    analyze --convention NAME counts by one of them beside our own counting. A file of your own says name,
    unit, and operations and parameters as kind -> fact -> weight, over those of another (extends).
    """
    from costcalc.conventions import CONVENTIONS, convention
    from costcalc.rendering.conventions import render_convention, render_conventions
    from costcalc.rendering.report.report import View
    from costcalc.spec.named import find_convention

    view = View(terminal_width(), wants_color(color))
    rule = None if name is None else find_convention(name)
    network, tally = ("", None) if spec is None else _facts(spec, parse_settings(set))
    if rule is None:
        emit(render_conventions([*map(convention, CONVENTIONS)], network, tally, format, view))
    else:
        emit(render_convention(rule, network, tally, format, view))
    return 0


def _facts(spec: str, settings: Mapping[str, str]) -> tuple[str, Tally]:
    """A network's name and its facts as written."""
    from costcalc.application.load import load_document
    from costcalc.network.stem_and_classifier import tally_without

    loaded = load_document(spec, settings=settings)
    say_problems(loaded.network.warnings)
    return loaded.network.name or loaded.document.path, tally_without(loaded.network)
