"""``costcalc verify``: published figures, against the exact ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from costcalc.cli.codes import ANSWERED_NO, BAD_USAGE
from costcalc.cli.options import Color, ColorChoice, Debug, ExitZero, ResultsFormat, Setting
from costcalc.cli.output import emit, say, say_error, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import parse_settings
from costcalc.errors import CostcalcError, SpecError
from costcalc.rendering.escape import terminal

if TYPE_CHECKING:
    from costcalc.rendering.verification import Verified


def command(
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPEC]...", help="Spec files, zoo:NAME, or -; else the zoo."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List the zoo's figures that agree, too.")
    ] = False,
    format: Annotated[ResultsFormat, typer.Option("--format", "-f", help="How to print it.")] = "table",
    set: Setting = None,
    exit_zero: ExitZero = False,
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """Compare what specs give as published with the exact numbers, to the digits that were printed.

    A number that rounds to the printed one matches, one that was cut to it is told; another one is a mismatch,
    unless the spec says why. Exit code 1 says that one is unexplained.
    """
    from costcalc.rendering.report.report import View
    from costcalc.rendering.verification import render_verification

    paths = specs or []
    if paths.count("-") > 1:
        raise UsageError("standard input can be read once: - stands twice")
    verified, whole = _read(paths or _zoo(), parse_settings(set))
    if verified:
        view = View(terminal_width(), wants_color(color))
        emit(render_verification(verified, everything or bool(paths), format, view))
    failed = any(not finding.holds for spec in verified for finding in spec.findings)
    return BAD_USAGE if not whole else ANSWERED_NO if failed and not exit_zero else 0


def _zoo() -> list[str]:
    from costcalc.application.load import ZOO
    from costcalc.reading.zoo import zoo_names

    return [ZOO + name for name in zoo_names()]


def _read(paths: list[str], settings: Mapping[str, str]) -> tuple[list[Verified], bool]:
    """What was found for all specs that are right; whether all are. What is wrong is told."""
    found = []
    for path in paths:
        try:
            found.append(_verified(path, settings))
        except CostcalcError as error:
            say_error(error)
    return found, len(found) == len(paths)


def _verified(path: str, settings: Mapping[str, str]) -> Verified:
    from costcalc.analysis.verification import verify
    from costcalc.application.load import load_document
    from costcalc.rendering.verification import Verified

    loaded = load_document(path, settings=settings)
    document, spec = loaded.document, loaded.network.spec
    say_problems(loaded.network.warnings)
    if not spec.published and not path.startswith("zoo:"):
        say(terminal(f"{document.path}: nothing is given as published"))
    try:
        findings = verify(loaded.network)
    except SpecError as error:
        raise SpecError(document.place(error.problems)) from None
    places = [document.locate(finding.route) for finding in findings]
    return Verified(path, spec.name or path, spec.source or "", findings, places)
