"""``costcalc validate``: whether specs are right, and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from costcalc.cli.codes import BAD_USAGE
from costcalc.cli.options import Debug, Setting, Verbose
from costcalc.cli.output import emit, say, say_problems
from costcalc.cli.what_if import parse_settings
from costcalc.rendering.escape import terminal


def command(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC...", help="Spec files, folders of specs, zoo:NAME, or - for standard input."
        ),
    ],
    only_specs: Annotated[
        bool, typer.Option("--only-specs", help="Pass over files that have no top-level layers:.")
    ] = False,
    set: Setting = None,
    verbose: Verbose = False,
    debug: Debug = False,
) -> int:
    """Check that specs can be read and their networks built, with all that is wrong with them.

    Exit code 2 says that something is.
    """
    from costcalc.application.gate import Gate
    from costcalc.application.load import ZOO
    from costcalc.application.selection import select
    from costcalc.reading.discovery import looks_like_spec

    gate = Gate(skips_baseline=True, settings=parse_settings(set))
    right = True
    for path in select(specs, None)[0]:
        if only_specs and path != "-" and not path.startswith(ZOO) and not looks_like_spec(path):
            if verbose:
                say(f"{terminal(path)}: passed over: no top-level layers:")
            continue
        outcome = gate.check(path)
        say_problems(outcome.problems)
        if outcome.problems or outcome.analysis is None:
            right = False
        else:
            say_problems(outcome.analysis.warnings)
            layers = len(outcome.analysis.network.rows)
            emit(f"{terminal(path)}: ok, {layers} layer{'' if layers == 1 else 's'}\n")
    return 0 if right else BAD_USAGE
