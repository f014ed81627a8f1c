"""The forms of a convolution, a family a module.

To add one: write it in the module of its family (formula, ratio, source, construction), and its line here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from costcalc.search.alternatives.form import Algorithm, Form

#: name -> "module:object", in the order in which they are shown.
FORMS = {
    "standard": "classic:STANDARD",
    "grouped": "classic:GROUPED",
    "separable": "classic:SEPARABLE",
    "spatial": "spatial:SPATIAL",
    "depthwise_spatial": "spatial:DEPTHWISE_SPATIAL",
    "bottleneck": "bottlenecks:BOTTLENECK",
    "inverted_residual": "bottlenecks:INVERTED_RESIDUAL",
    "bsconv_u": "blueprint:BSCONV_U",
    "bsconv_s": "blueprint:BSCONV_S",
    "low_rank": "decompositions:LOW_RANK",
    "tucker2": "decompositions:TUCKER2",
    "cp": "decompositions:CP",
    "ghost": "cheap:GHOST",
    "mixconv": "cheap:MIXCONV",
    "shift": "cheap:SHIFT",
}

#: Algorithms for the same layer, likewise.
ALGORITHMS = {
    "winograd_f2": "algorithms:WINOGRAD_F2",
    "winograd_f4": "algorithms:WINOGRAD_F4",
    "valid_taps": "algorithms:VALID_TAPS",
}


def form_named(name: str) -> Form:
    """The form of a name; raises KeyError where there is none."""
    return cast("Form", _found(FORMS[name]))


def algorithm_named(name: str) -> Algorithm:
    """The algorithm of a name; raises KeyError where there is none."""
    return cast("Algorithm", _found(ALGORITHMS[name]))


def _found(place: str) -> object:
    module, name = place.split(":")
    return getattr(import_module(f"costcalc.search.alternatives.{module}"), name)
