"""Keras models: what a ``.keras`` file says of itself, without Keras and without running anything.

Sequential and functional models, nested as deeply as they like; a layer that is called twice shares its weights.
"""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.interop.importers.flat import FlatNetwork
from costcalc.interop.importers.keras_archive.archive import read_config
from costcalc.interop.importers.keras_archive.model import flat_model

__all__ = ["read"]


def read(name: str, inputs: Sequence[str] = ()) -> FlatNetwork:
    """The flat network of a ``.keras`` file; ``inputs`` are sizes that the user gives. Raises CostcalcError."""
    return flat_model(read_config(name), name, inputs)
