"""Networks as models of other tools.

An exporter is a module with a function ``export(network) -> str | bytes``. To add one: write it, and its line in
``TARGETS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from costcalc.network import Network


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """What a network can be exported to: ``module`` makes it, of text or (``binary``) bytes."""

    module: str
    suffix: str
    binary: bool = False

    @property
    def export(self) -> Callable[[Network], str | bytes]:
        """The exporter itself, imported when it is asked for."""
        function: Callable[[Network], str | bytes] = import_module(self.module).export
        return function


TARGETS = {
    "onnx": ExportTarget("costcalc.interop.exporters.onnx_model", ".onnx", binary=True),
    "pytorch": ExportTarget("costcalc.interop.exporters.pytorch", ".py"),
    "keras": ExportTarget("costcalc.interop.exporters.keras", ".py"),
}
