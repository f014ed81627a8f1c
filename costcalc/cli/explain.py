"""``costcalc explain``: a layer kind, a topic of the manual, or how the numbers of a spec's layer come about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from costcalc.cli.options import (
    Color,
    ColorChoice,
    Debug,
    DeviceName,
    DtypeName,
    Inputs,
    LimitsPlanner,
    Resolution,
    Setting,
    WidthMultiplier,
)
from costcalc.cli.output import emit, say_problems
from costcalc.cli.parser import UsageError
from costcalc.cli.terminal import terminal_width, wants_color
from costcalc.cli.what_if import AS_WRITTEN, WhatIf, parse_arguments, parse_what_if
from costcalc.errors import CostcalcError, did_you_mean
from costcalc.quantity import shown
from costcalc.rendering.report.report import View

if TYPE_CHECKING:
    from costcalc.network import Network

#: So many layers at most are listed where one is to be chosen.
_LISTED = 40


def command(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND|TOPIC|SPEC", help="A layer kind or a topic; or a spec file, zoo:NAME, or -."
        ),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Argument(metavar="LAYER", help="A layer of the spec, or a path into one: block3.2/conv_1."),
    ] = None,
    width_multiplier: WidthMultiplier = None,
    resolution: Resolution = None,
    set: Setting = None,
    device: DeviceName = None,
    dtype: DtypeName = None,
    planner: LimitsPlanner = None,
    input: Inputs = None,
    color: Color = ColorChoice.auto,
    debug: Debug = False,
) -> int:
    """Explain a layer kind, a topic, or a spec's layer with its own numbers; alone: list the kinds and topics."""
    view = View(terminal_width(), wants_color(color))
    what_if = parse_what_if(width_multiplier, resolution, set)
    arguments = parse_arguments(device, dtype, planner)
    what = None if (what, layer) == ("kinds", None) else what
    if what is None or (layer is None and not _is_spec(what)):
        if what_if != AS_WRITTEN or arguments:
            raise UsageError(
                "--width-multiplier, --resolution, --set, --device, --dtype and --planner are for a spec's layer"
            )
        emit(_kinds(view) if what is None else _kind_or_topic(what, view))
        return 0
    emit(_layer(what, layer, what_if, input or (), arguments, view))
    return 0


def _is_spec(what: str) -> bool:
    """Whether a word that stands alone means a spec: no kind and no topic looks like that."""
    return what == "-" or any(each in what for each in ":/.")


def _kinds(view: View) -> str:
    from costcalc.reading.topics import topic_names
    from costcalc.rendering.kinds import render_kinds
    from costcalc.rendering.topics import render_topic_names

    return f"{render_kinds(view)}\n{render_topic_names(topic_names(), view)}"


def _kind_or_topic(word: str, view: View) -> str:
    from costcalc.layers import KINDS

    if word in KINDS:
        from costcalc.rendering.kinds import render_kind

        return render_kind(word, view)
    from costcalc.reading.topics import topic_names, topic_text

    topics = topic_names()
    if word in topics:
        from costcalc.rendering.topics import render_topic

        return render_topic(topic_text(word), view)
    raise UsageError(
        f"no layer kind or topic {shown(word)}{did_you_mean(word, [*KINDS, *topics])}",
        f"topics: {', '.join(topics)}; kinds: costcalc explain; a layer of a spec: costcalc explain SPEC LAYER",
    )


def _layer(
    spec: str,
    layer: str | None,
    what_if: WhatIf,
    inputs: Sequence[str],
    arguments: Mapping[str, Any],
    view: View,
) -> str:
    from costcalc.analysis.costs import analyze
    from costcalc.analysis.explanation import explain
    from costcalc.application.arguments import with_device
    from costcalc.application.load import load_document
    from costcalc.rendering.explain import render_explanation

    alpha, size = what_if.width_multiplier, what_if.resolution
    loaded = load_document(
        spec, width_multiplier=alpha, resolution=size, inputs=inputs, settings=what_if.settings
    )
    if layer is None:
        raise UsageError(f"which layer of {shown(spec)}?", f"layers: {_listed(loaded.network)}")
    say_problems(loaded.network.warnings)
    analysis = with_device(analyze(loaded.network).given(**arguments), spec, loaded)
    try:
        explanation = explain(analysis, layer)
    except CostcalcError as error:
        raise UsageError(str(error), f"layers: {_listed(loaded.network)}") from None
    return render_explanation(explanation, analysis.name or loaded.document.path, analysis.notes, view)


def _listed(network: Network) -> str:
    names = [row.name for row in network.rows[:_LISTED]]
    more = len(network.rows) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
