"""The conventions that come with costcalc, a plain data value a module.

To add one: write its module (``CONVENTION``, no code), and its line here. A convention that needs a fact which no
layer counts is a reason to count that fact, never to write code for it.
"""

from __future__ import annotations

from importlib import import_module

from costcalc.conventions.convention import Convention

#: name -> module; a module is imported when its convention is asked for.
CONVENTIONS = {
    "multiplies": "costcalc.conventions.multiplies",
    "weights": "costcalc.conventions.weights",
    "slim": "costcalc.conventions.slim",
    "keras": "costcalc.conventions.keras",
    "flops": "costcalc.conventions.flops",
    "fvcore": "costcalc.conventions.fvcore",
    "thop": "costcalc.conventions.thop",
    "thop-0.0.31": "costcalc.conventions.thop_0_0_31",
    "torchinfo": "costcalc.conventions.torchinfo",
    "flop-counter": "costcalc.conventions.flop_counter",
    "ptflops": "costcalc.conventions.ptflops",
    "ptflops-0.6": "costcalc.conventions.ptflops_0_6",
    "ptflops-aten": "costcalc.conventions.ptflops_aten",
    "calflops": "costcalc.conventions.calflops",
}


def convention(name: str) -> Convention:
    """The convention of a name; raises KeyError where there is none."""
    found: Convention = import_module(CONVENTIONS[name]).CONVENTION
    return found
