"""The small models of one operation that the onnx package ships: read with the right output size, or refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.onnx_model import read, reader
from importers.onnx_model.graphs import onnx

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"
MODELS = sorted(
    path for folder in ("pytorch-converted", "pytorch-operator") for path in DATA.glob(f"{folder}/*/*.onnx")
)


@pytest.fixture
def with_old_models(monkeypatch):
    """Most of these are of operator set 6, and still of the form that 7 has."""
    monkeypatch.setattr(reader, "OLDEST_OPSET", 6)


def test_output_sizes(with_old_models):
    read_rightly = []
    for path in MODELS:
        try:
            flat = read(str(path))
        except ModelError:
            continue
        convert(flat)
        graph = onnx.load(path).graph
        batch, *_ = sizes(graph.input[0])
        wanted = math.prod(sizes(graph.output[0]))
        shape = next(layer.output for layer in flat.layers if layer.name == flat.outputs[-1])
        assert shape.elements in (wanted, wanted // batch), path.parent.name
        read_rightly.append(path)
    assert len(read_rightly) >= 95


def sizes(info):
    return [dimension.dim_value for dimension in info.type.tensor_type.shape.dim]
