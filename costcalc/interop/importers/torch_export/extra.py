"""torch, where it is installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from costcalc.interop.importers.errors import ModelError

MISSING = "reading a PyTorch module needs torch: pip install 'costcalc[torch]'"


def torch_module() -> Any:
    """torch. Raises ModelError where it is not installed."""
    try:
        return import_module("torch")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ModelError(MISSING) from None
