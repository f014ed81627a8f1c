"""``costcalc convert``: a model as a spec, or a network as a model."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from costcalc.application.convert import TARGETS, export, formats_unless_model, spec_of
from costcalc.cli.options import Debug, Inputs, Setting
from costcalc.cli.output import say, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.reports import STDOUT, refuse_input, write, write_bytes
from costcalc.cli.what_if import parse_settings
from costcalc.quantity import shown
from costcalc.rendering.escape import source_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

To = StrEnum("To", {name: name for name in ("yaml", *TARGETS)})  # type: ignore[misc]


class Rewrite(StrEnum):
    """Which version of a network."""

    standard = "standard"
    separable = "separable"


def command(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|SPEC",
            help="model.onnx, .tflite, .keras, .pt2, or a PyTorch module: package.module:name; with --to, a spec too.",
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="The file to write.  [default: standard output]",
            show_default=False,
        ),
    ] = STDOUT,
    to: Annotated[To, typer.Option("--to", help="What to write.")] = To["yaml"],
    rewrite: Annotated[
        Rewrite | None,
        typer.Option("--rewrite", help="With --to another than yaml: that version of the network."),
    ] = None,
    set: Setting = None,
    input: Inputs = None,
    flat: Annotated[
        bool, typer.Option("--flat", help="One layer an operation, every input by name: no structure.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    debug: Debug = False,
) -> int:
    """Write a model as a spec, as a person would have written it; what it costs stays the same to the digit.

    What costs something and is not known is an error with its name and place, never zero. With --to, write a
    network as a model to train or to run.

    Files are only read. A PyTorch module is imported (from the current directory, too), built and traced, which runs
    its author's code; its name may be a call with plain arguments: 'mypkg.nets:build(width=0.5)'.
    """
    if output != STDOUT and os.path.lexists(output) and not force:
        raise UsageError(f"{output} is there already", "name another file, or say --force")
    refuse_input(output, model)
    if to.value == "yaml":
        if rewrite is not None:
            raise UsageError("--rewrite needs --to another than yaml: a spec holds all three versions")
        if set:
            raise UsageError("--set is for a spec, and goes with --to another than yaml")
        return _to_spec(model, output, input or (), flat)
    if flat:
        raise UsageError("--flat is for specs")
    return _to_model(model, output, to.value, rewrite, input or (), parse_settings(set))


def _to_spec(model: str, output: str, inputs: Sequence[str], flat: bool) -> int:
    from costcalc.rendering.spec_yaml import render_spec

    formats = formats_unless_model(model)
    if formats:
        raise UsageError(
            f"{shown(model)} is no model of a known format", f"formats by example: {', '.join(formats)}"
        )
    converted = spec_of(model, inputs, structured=not flat)
    for note in converted.notes:
        say(f"note: {note}")
    write(output, render_spec(converted.spec))
    if output != STDOUT:
        say(f"wrote {output}: {converted.rows} layers; next: costcalc analyze {output}")
    return 0


def _to_model(
    path: str,
    output: str,
    to: str,
    rewrite: Rewrite | None,
    inputs: Sequence[str],
    settings: Mapping[str, str],
) -> int:
    target = TARGETS[to]
    if target.binary and output == STDOUT:
        raise UsageError(f"{to} is written to a file only", f"name one: -o network{target.suffix}")
    exported = export(path, to, rewrite.value if rewrite else "written", inputs, settings)
    say_problems(exported.warnings)
    if isinstance(exported.document, str):
        write(output, source_text(exported.document))
    else:
        write_bytes(output, exported.document)
    if output != STDOUT:
        say(f"wrote {output}")
    return 0
