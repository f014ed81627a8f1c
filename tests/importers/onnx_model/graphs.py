"""Small ONNX models, written node by node, and what is read of them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from costcalc.analysis.costs import analyze
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.flat import FlatNetwork, flat_network
from costcalc.interop.importers.onnx_model import read

onnx = pytest.importorskip("onnx", reason="needs the onnx package: pip install 'costcalc[dev]'")
helper = onnx.helper
FLOAT, INT64, INT8 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64, onnx.TensorProto.INT8
IMAGE = {"x": (1, 4, 8, 8)}


def node(kind: str, inputs: str, outputs: str = "y", **attributes: Any) -> Any:
    """A node; names are parted by spaces, ``-`` is a missing input."""
    takes, makes = (["" if name == "-" else name for name in text.split()] for text in (inputs, outputs))
    return helper.make_node(kind, takes, makes, name=attributes.pop("name", kind.lower()), **attributes)


def model(
    nodes: Sequence[Any],
    inputs: Mapping[str, Sequence[Any]] = IMAGE,
    weights: Mapping[str, Sequence[int]] | None = None,
    numbers: Mapping[str, Any] | None = None,
    outputs: Sequence[str] = ("y",),
    opset: int = 21,
    **more: Any,
) -> Any:
    """A model: ``weights`` by their dims, ``numbers`` by their values (ints in a list, or one float)."""
    tensors = [tensor(name, dims) for name, dims in (weights or {}).items()]
    tensors += [constant(name, values) for name, values in (numbers or {}).items()]
    graph = helper.make_graph(
        list(nodes),
        "small",
        [helper.make_tensor_value_info(name, FLOAT, list(dims)) for name, dims in inputs.items()],
        [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs],
        tensors,
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, **more)


def tensor(name: str, dims: Sequence[int], data_type: int = FLOAT) -> Any:
    """A weight of zeros."""
    size = {FLOAT: 4, INT64: 8, INT8: 1}[data_type]
    count = 1
    for length in dims:
        count *= length
    return helper.make_tensor(name, data_type, list(dims), bytes(size * count), raw=True)


def constant(name: str, values: Any) -> Any:
    """Whole numbers in a list as int64, one fraction as a float."""
    if isinstance(values, float):
        return helper.make_tensor(name, FLOAT, [], [values])
    if isinstance(values, int):
        return helper.make_tensor(name, INT64, [], [values])
    return helper.make_tensor(name, INT64, [len(values)], values)


def flat_of(made: Any, *inputs: str) -> FlatNetwork:
    """What is read of a model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.onnx"
        path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
        return read(str(path), inputs)


class Read(NamedTuple):
    """What a test looks at: the layers as (kind, fields), the output's shape, the two totals."""

    layers: list[tuple[str, dict[str, Any]]]
    output: str
    multiplies: int
    params: int

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.layers]


def read_of(made: Any, *inputs: str) -> Read:
    """A model's layers and totals; the spec that is made of it costs the same, which convert sees to."""
    flat = flat_of(made, *inputs)
    convert(flat)
    analysis = analyze(flat_network(flat))
    layers = [(layer.kind, dict(layer.fields)) for layer in flat.layers]
    shape = next(layer.output for layer in flat.layers if layer.name == flat.outputs[-1])
    return Read(layers, str(shape), analysis.written.multiplies, analysis.written.params)
