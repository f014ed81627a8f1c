"""costcalc: exact multiplies and parameters of convolutional networks, from a YAML spec or a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from costcalc.analysis.costs import Analysis, Cost, LayerCost, analyze
    from costcalc.application.load import load, loads
    from costcalc.application.verdicts import Check, assert_within, check
    from costcalc.errors import CostcalcError, SpecError
    from costcalc.interop.importers.torch_export import from_torch
    from costcalc.network import Network

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "Check",
    "Cost",
    "CostcalcError",
    "LayerCost",
    "Network",
    "SpecError",
    "analyze",
    "assert_within",
    "check",
    "from_torch",
    "load",
    "loads",
]

_HOMES = {
    "Analysis": "costcalc.analysis.costs",
    "Cost": "costcalc.analysis.costs",
    "LayerCost": "costcalc.analysis.costs",
    "analyze": "costcalc.analysis.costs",
    "CostcalcError": "costcalc.errors",
    "SpecError": "costcalc.errors",
    "Network": "costcalc.network",
    "from_torch": "costcalc.interop.importers.torch_export",
    "Check": "costcalc.application.verdicts",
    "assert_within": "costcalc.application.verdicts",
    "check": "costcalc.application.verdicts",
    "load": "costcalc.application.load",
    "loads": "costcalc.application.load",
}


def __getattr__(name: str) -> object:
    """Import what is asked for only then (PEP 562): a command pays for what it uses."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, "__version__"]
