"""The commands, in the order in which ``costcalc --help`` lists them: name -> the first paragraph of its help.

A command is a module of its name in this room, with a function ``command``: its parameters are typer's, its docstring
is the help, it returns the exit code. Its module is imported when the command is asked for, and no other's is; so the
list of them stands here, too.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

COMMANDS = {
    "analyze": (
        "Count multiplies and params, layer by layer: as written, as standard and as separable convolutions."
    ),
    "alternatives": (
        "Cost one convolution, or all of a network's, in every form: grouped, separable, low rank, Ghost, Winograd, …"
    ),
    "plan": (
        "Find the fewest places to change so that a network fits: exactly, and written into your own file."
    ),
    "sweep": ("Cost every combination of a spec's choices, of widths and of resolutions; keep the best."),
    "explain": (
        "Explain a layer kind, a topic, or a spec's layer with its own numbers; alone: list the kinds and topics."
    ),
    "memory": (
        "Say what is alive in memory at each step of a network, the peak, the weights, and what would need less."
    ),
    "time": "Say how long a network takes on a device, layer by layer: at least, and operation by operation.",
    "devices": "List the devices that come with costcalc; print one with its sources, or hold it against measurements.",
    "report": "Write one HTML page about networks: pictures, tables and formulas; it works offline and by mail.",
    "plot": "Draw one picture of a network for a paper or a README: its cost, memory, roofline or architecture.",
    "zoo": "List the published networks that come with costcalc, and what they cost.",
    "schema": "Print the JSON Schema of a spec, by which editors complete and check what is typed.",
    "verify": "Compare what specs give as published with the exact numbers, to the digits that were printed.",
    "conventions": (
        "List the conventions by which others count; with a name, all that one weighs, and its source."
    ),
    "reconcile": (
        "Find what explains a number that was printed for a network: who counts so, or what was left out."
    ),
    "check": "Check specs against their budgets, and against a baseline.",
    "baseline": "Write a baseline: what specs cost today, for check --baseline to compare with.",
    "diff": "Compare two networks layer by layer: what came, went and changed, and what that costs.",
    "validate": "Check that specs can be read and their networks built, with all that is wrong with them.",
    "init": "Write a commented starter spec, with a budget at what it costs today plus 5%.",
    "convert": (
        "Write a model as a spec, as a person would have written it; what it costs stays the same to the "
        "digit."
    ),
}


def command(name: str) -> Callable[..., int]:
    """The function of a command."""
    found: Callable[..., int] = import_module(f"costcalc.cli.{name}").command
    return found
