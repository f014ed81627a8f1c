"""``costcalc convert``: a model as a spec."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from costcalc.cli.options import Debug, Inputs
from costcalc.cli.output import say
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import STDOUT, write


def command(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="model.onnx, or a PyTorch module: package.module:name.")
    ],
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="PATH", help="The file to write.  [default: standard output]"),
    ] = STDOUT,
    input: Inputs = None,
    flat: Annotated[
        bool, typer.Option("--flat", help="One layer an operation, every input by name: no structure.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    debug: Debug = False,
) -> int:
    """Write a model as a spec, as a person would have written it; what it costs stays the same to the digit.

    What costs something and is not known is an error with its name and place, never zero.
    """
    from costcalc.importers.conversion import convert
    from costcalc.importers.dispatch import FORMATS, is_model, read_model
    from costcalc.rendering.spec_yaml import render_spec

    if not is_model(model):
        examples = ", ".join(each.example for each in FORMATS)
        raise UsageError(f"{model} is no model of a known format", f"formats by example: {examples}")
    if output != STDOUT and os.path.lexists(output) and not force:
        raise UsageError(f"{output} is there already", "name another file, or say --force")
    flat_network = read_model(model, input or ())
    conversion = convert(flat_network, structured=not flat)
    for note in flat_network.notes:
        say(f"note: {note}")
    write(output, render_spec(conversion.spec))
    if output != STDOUT:
        say(f"wrote {output}: {len(conversion.network.rows)} layers; next: costcalc analyze {output}")
    return 0
