"""``costcalc init``: a spec to start from."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from costcalc.cli.options import Debug
from costcalc.cli.output import say
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import write

_MARGIN = 5  # percent


def command(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file to write.")] = "network.yaml",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    debug: Debug = False,
) -> int:
    """Write a commented starter spec, with a budget at what it costs today plus 5%."""
    from costcalc.analysis.costs import analyze
    from costcalc.application.load import loads
    from costcalc.quantity import MAX_QUANTITY
    from costcalc.rendering.starter import SCHEMA, render_starter

    if os.path.lexists(path) and not force:
        raise UsageError(f"{path} is there already", "name another file, or say --force")
    written = analyze(loads(render_starter("my-network", MAX_QUANTITY, MAX_QUANTITY))).written
    limits = [cost * (100 + _MARGIN) // 100 for cost in (written.multiplies, written.params)]
    write(path, render_starter("my-network", *limits))
    say(f"wrote {path}; next: costcalc analyze {path}, and for editors costcalc schema > {SCHEMA}")
    return 0
