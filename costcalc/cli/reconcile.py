"""``costcalc reconcile``: what explains a number that somebody printed for a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from costcalc.cli.codes import ANSWERED_NO
from costcalc.cli.options import (
    Color,
    ColorChoice,
    Debug,
    ExitZero,
    Resolution,
    ResultsFormat,
    Setting,
    WidthMultiplier,
)
from costcalc.cli.output import emit, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import WhatIf, parse_what_if

if TYPE_CHECKING:
    from costcalc.analysis.reconciliation import Question


def command(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A spec file, zoo:NAME, or -.")],
    multiplies: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Operations of any kind, as they were printed: 603M.")
    ] = None,
    params: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Parameters, as they were printed: 4.24M.")
    ] = None,
    width_multiplier: WidthMultiplier = None,
    resolution: Resolution = None,
    set: Setting = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Search and list all explanations of up to three assumptions.")
    ] = False,
    format: Annotated[ResultsFormat, typer.Option("--format", "-f", help="How to print it.")] = "table",
    exit_zero: ExitZero = False,
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """Find what explains a number that was printed for a network: who counts so, or what was left out.

    Searched are conventions, units, norms, biases, classes, stem and classifier, widths and resolutions, the
    standard and separable versions and the spec's variants. Exit code 1 says that nothing explains it.
    """
    from costcalc.analysis.reconciliation import reconcile
    from costcalc.application.load import load_document
    from costcalc.application.variants import load_variants
    from costcalc.rendering.reconciliation import render_reconciliation
    from costcalc.rendering.report.report import View

    what_if = parse_what_if(width_multiplier, resolution, set)
    questions = _questions(spec, multiplies, params, what_if)
    loaded = load_document(spec, settings=what_if.settings)
    say_problems(loaded.network.warnings)
    alpha, size = what_if.width_multiplier, what_if.resolution
    if (alpha is not None or size is not None) and spec != "-":
        load_document(spec, width_multiplier=alpha, resolution=size, settings=what_if.settings)
    networks = {"": loaded.network, **load_variants(spec, loaded)}
    answers = [reconcile(question, networks, everything) for question in questions]
    name = loaded.network.name or loaded.document.path
    emit(render_reconciliation(name, answers, everything, format, View(terminal_width(), wants_color(color))))
    explained = all(answer.explanations for answer in answers)
    return 0 if explained or exit_zero else ANSWERED_NO


def _questions(spec: str, multiplies: str | None, params: str | None, what_if: WhatIf) -> list[Question]:
    """The questions asked; raises UsageError."""
    from costcalc.analysis.reconciliation import Question
    from costcalc.application.load import ZOO
    from costcalc.spec.published import parse_printed

    if multiplies is None and params is None:
        raise UsageError("a printed number is missing", "--multiplies 603M, --params 4.24M, or both")
    zoo = spec.removeprefix(ZOO) if spec.startswith(ZOO) else ""
    questions = []
    for metric, text in {"multiplies": multiplies, "params": params}.items():
        if text is None:
            continue
        try:
            printed = parse_printed(text)
        except ValueError as error:
            raise UsageError(f"--{metric} {error}") from None
        questions.append(Question(metric, printed, what_if.width_multiplier, what_if.resolution, zoo))
    return questions
