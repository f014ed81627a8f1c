"""What a file of the builder is read as."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.flat import FlatNetwork
from costcalc.interop.importers.tflite_model import read
from importers.tflite_model.builder import Graph


def flat_of(data: bytes, given: Sequence[str] = ()) -> FlatNetwork:
    """The flat network of a file's bytes, whose specs, flat and structured, were held against it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.tflite")
        with open(path, "wb") as file:
            file.write(data)
        flat = read(path, given)
    convert(flat)
    return flat


def layers_of(flat: FlatNetwork) -> list[tuple[str, Mapping[str, Any], str]]:
    """Kind, fields and output of each layer."""
    return [(layer.kind, dict(layer.fields), str(layer.output)) for layer in flat.layers]


def map_graph(*shapes: Sequence[int]) -> Graph:
    """A graph with inputs x, y, …, which are maps of 1×8×6×4 where nothing is said."""
    graph = Graph()
    for name, shape in zip("xyz", shapes or ((1, 8, 6, 4),), strict=False):
        graph.tensor(name, shape)
    return graph
