"""An ONNX model as it stands in the file: nodes, attributes, tensors without their elements, inputs and outputs.

The field numbers are those of onnx.proto (https://github.com/onnx/onnx), held against the onnx package by a test.
Subgraphs are read when it is known that they run.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from costcalc.interop.importers.onnx_model.wire import LimitError, Wire, WireError, from_bits, number, span
from costcalc.interop.importers.tensors.limits import excess
from costcalc.quantity import shown

MAX_NODES = 200_000
MAX_OPERANDS = 4096
MAX_TENSORS = 200_000
MAX_VALUES = 2**16  # elements of a tensor that are looked at
_MAX_STORED_AXES = 32

#: Message -> field -> number.
NUMBERS: Mapping[str, Mapping[str, int]] = {
    "ModelProto": {
        "ir_version": 1,
        "producer_name": 2,
        "producer_version": 3,
        "graph": 7,
        "opset_import": 8,
        "functions": 25,
    },
    "OperatorSetIdProto": {"domain": 1, "version": 2},
    "FunctionProto": {"name": 1, "domain": 10},
    "GraphProto": {
        "node": 1,
        "name": 2,
        "initializer": 5,
        "input": 11,
        "output": 12,
        "value_info": 13,
        "sparse_initializer": 15,
    },
    "NodeProto": {
        "input": 1,
        "output": 2,
        "name": 3,
        "op_type": 4,
        "attribute": 5,
        "domain": 7,
        "metadata_props": 9,
    },
    "StringStringEntryProto": {"key": 1, "value": 2},
    "AttributeProto": {
        "name": 1,
        "f": 2,
        "i": 3,
        "s": 4,
        "t": 5,
        "g": 6,
        "floats": 7,
        "ints": 8,
        "strings": 9,
        "graphs": 11,
        "ref_attr_name": 21,
    },
    "TensorProto": {
        "dims": 1,
        "data_type": 2,
        "float_data": 4,
        "int32_data": 5,
        "int64_data": 7,
        "name": 8,
        "raw_data": 9,
        "double_data": 10,
        "uint64_data": 11,
        "external_data": 13,
        "data_location": 14,
    },
    "ValueInfoProto": {"name": 1, "type": 2, "metadata_props": 4},
    "TypeProto": {"tensor_type": 1},
    "Tensor": {"elem_type": 1, "shape": 2},
    "TensorShapeProto": {"dim": 1},
    "Dimension": {"dim_value": 1, "dim_param": 2},
}
_MODEL, _OPSET, _FUNCTION = NUMBERS["ModelProto"], NUMBERS["OperatorSetIdProto"], NUMBERS["FunctionProto"]
_GRAPH, _NODE, _ATTRIBUTE = NUMBERS["GraphProto"], NUMBERS["NodeProto"], NUMBERS["AttributeProto"]
_TENSOR, _INFO = NUMBERS["TensorProto"], NUMBERS["ValueInfoProto"]

#: Data type -> how struct reads one element (bfloat16 is the upper half of a float).
_CODES = {1: "f", 2: "B", 3: "b", 4: "H", 5: "h", 6: "i", 7: "q", 9: "?", 10: "e", 11: "d", 12: "I", 13: "Q"}
_BFLOAT16 = 16
FLOATING = frozenset((1, 10, 11, _BFLOAT16, *range(17, 21), 23, 24))
_INPUT_KIND = "pkg.torch.export.graph_signature.InputSpec.kind"
_FOLDED = "pkg.onnxscript.optimizer.folded_from"

Scalar = int | float | bool


@dataclass(slots=True)
class RawTensor:
    """A tensor's name, type and dims, and where in the file its elements are."""

    name: str
    dims: tuple[int, ...]
    data_type: int
    spans: list[tuple[int, int | tuple[int, int]]]
    wire: Wire

    @property
    def elements(self) -> int:
        """How many elements it has."""
        return math.prod(self.dims)

    def values(self) -> tuple[Scalar, ...] | None:
        """Its elements; None where they are not in the file, or more than MAX_VALUES. Raises WireError."""
        if self.elements > MAX_VALUES:
            return None
        found: list[Scalar] = []
        for at, place in self.spans:
            found += self._read(at, place)
        if self.data_type in (10, _BFLOAT16) and self.spans and self.spans[0][0] == _TENSOR["int32_data"]:
            code = "e" if self.data_type == 10 else "f"
            found = [from_bits(int(bits), code) for bits in found]
        if len(found) != self.elements:
            return None
        return tuple(bool(value) for value in found) if self.data_type == 9 else tuple(found)

    def _read(self, at: int, place: int | tuple[int, int]) -> Sequence[Scalar]:
        if at in (_TENSOR["int32_data"], _TENSOR["int64_data"], _TENSOR["uint64_data"]):
            return self.wire.ints(place)
        if at in (_TENSOR["float_data"], _TENSOR["double_data"]):
            return self.wire.floats(place, "f" if at == _TENSOR["float_data"] else "d")
        start, end = span(place)
        if end - start > 16 * self.elements:
            return ()
        if self.data_type == _BFLOAT16:
            data = self.wire.raw(place)
            halves = struct.unpack(f"<{len(data) // 2}H", data[: len(data) // 2 * 2])
            return [from_bits(half, "f") for half in halves]
        code = _CODES.get(self.data_type)
        if code is None:
            return ()
        data, size = self.wire.raw(place), struct.calcsize(f"<{code}")
        return struct.unpack(f"<{len(data) // size}{code}", data[: len(data) // size * size])


class StoredTensor(Protocol):
    """What a front end that speaks ONNX's words says of a tensor."""

    @property
    def dims(self) -> tuple[int, ...]: ...

    @property
    def data_type(self) -> int: ...

    def values(self) -> tuple[Scalar, ...] | None:
        """Its elements; None where they are not known, or too many."""


@dataclass(frozen=True, slots=True)
class Subgraph:
    """In the place of an attribute that is a graph: where in the file it is, and what names around it are now."""

    wire: Wire | None = None
    start: int = 0
    end: int = 0
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class OnnxNode:
    """One node; ``attributes`` are int, float, str, lists of them, RawTensor or Subgraph.

    ``namespace`` is what PyTorch notes of the modules around it: ``path: class``, slashed.
    ``origin`` is its name in another format.
    """

    op_type: str = ""
    name: str = ""
    domain: str = ""
    namespace: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    origin: str = ""


@dataclass(frozen=True, slots=True)
class ValueInfo:
    """An input or output: its dims, each an int or a symbol; None where it is no tensor or says no shape."""

    name: str
    dims: tuple[int | str, ...] | None
    data_type: int = 0


@dataclass(slots=True)
class Model:
    """What is read of a file. ``kinds`` and ``folded``: what PyTorch notes of a tensor, by its name.

    ``maps`` are inputs of which it is known that they are N×C×…; of others, what takes them tells. ``merged``: equal
    tensors are stored once, so each layer counts its own.
    """

    producer: str = ""
    producer_version: str = ""
    ir_version: int = 0
    opsets: dict[str, int] = field(default_factory=dict)
    functions: set[tuple[str, str]] = field(default_factory=set)
    graph_name: str = ""
    has_graph: bool = False
    nodes: list[OnnxNode] = field(default_factory=list)
    initializers: dict[str, StoredTensor] = field(default_factory=dict)
    sparse: set[str] = field(default_factory=set)
    kinds: dict[str, str] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    inputs: list[ValueInfo] = field(default_factory=list)
    outputs: list[ValueInfo] = field(default_factory=list)
    maps: set[str] = field(default_factory=set)
    merged: bool = False


def read_model(wire: Wire) -> Model:
    """The model in a file's bytes. Raises WireError."""
    model = Model()
    for at, value in wire.fields(0, wire.size):
        if at == _MODEL["graph"]:
            model.has_graph = True
            read_graph(wire, model, *span(value))
        elif at == _MODEL["opset_import"]:
            fields = dict(wire.fields(*span(value)))
            domain = wire.text(fields[_OPSET["domain"]]) if _OPSET["domain"] in fields else ""
            model.opsets[domain] = number(fields.get(_OPSET["version"], 0))
        elif at == _MODEL["ir_version"]:
            model.ir_version = number(value)
        elif at == _MODEL["producer_name"]:
            model.producer = wire.text(value)
        elif at == _MODEL["producer_version"]:
            model.producer_version = wire.text(value)
        elif at == _MODEL["functions"]:
            fields = dict(wire.fields(*span(value)))
            names = [wire.text(fields.get(_FUNCTION[key], (0, 0))) for key in ("domain", "name")]
            model.functions.add((names[0], names[1]))
    return model


def read_graph(wire: Wire, model: Model, start: int, end: int) -> None:
    """Read what a graph holds. Raises WireError."""
    for at, value in wire.fields(start, end):
        if at == _GRAPH["node"]:
            model.nodes.append(_read_node(wire, *span(value)))
            if len(model.nodes) > MAX_NODES:
                raise LimitError(f"has more than {MAX_NODES:,} nodes, the most that are read")
        elif at == _GRAPH["initializer"]:
            tensor = _read_tensor(wire, *span(value))
            if tensor.name in model.initializers:
                raise WireError(f"two tensors of the name {shown(tensor.name)}")
            model.initializers[tensor.name] = tensor
            if len(model.initializers) > MAX_TENSORS:
                raise LimitError(f"has more than {MAX_TENSORS:,} tensors, the most that are read")
        elif at == _GRAPH["input"]:
            model.inputs.append(_read_info(wire, *span(value)))
        elif at == _GRAPH["output"]:
            model.outputs.append(_read_info(wire, *span(value)))
        elif at == _GRAPH["value_info"]:
            _read_notes(wire, model, *span(value))
        elif at == _GRAPH["name"]:
            model.graph_name = wire.text(value)
        elif at == _GRAPH["sparse_initializer"]:
            for inner, place in wire.fields(*span(value)):
                if inner == 1:  # its values, which bear its name
                    model.sparse.add(_read_tensor(wire, *span(place)).name)


def _read_notes(wire: Wire, model: Model, start: int, end: int) -> None:
    """PyTorch notes of each tensor whether it is a parameter or a buffer, or what it was computed from."""
    name = None
    for at, value in wire.fields(start, end):
        if at == 1:
            name = value
        elif at == 4 and name is not None:
            for notes, key in ((model.kinds, _INPUT_KIND), (model.folded, _FOLDED)):
                found = _entry(wire, value, key)
                if found:
                    notes[wire.text(name)] = found


def _read_node(wire: Wire, start: int, end: int) -> OnnxNode:
    node = OnnxNode()
    for at, value in wire.fields(start, end):
        if at == 1:
            node.inputs.append(wire.text(value))
            if len(node.inputs) > MAX_OPERANDS:
                raise WireError(f"a node with more than {MAX_OPERANDS} inputs")
        elif at == 2:
            node.outputs.append(wire.text(value))
            if len(node.outputs) > MAX_OPERANDS:
                raise WireError(f"a node with more than {MAX_OPERANDS} outputs")
        elif at == 3:
            node.name = wire.text(value)
        elif at == 4:
            node.op_type = wire.text(value)
        elif at == 5:
            name, content = _read_attribute(wire, *span(value))
            node.attributes[name] = content
        elif at == 7:
            node.domain = wire.text(value)
        elif at == 9 and not node.namespace:
            node.namespace = _entry(wire, value, "namespace")
    return node


def _entry(wire: Wire, value: int | tuple[int, int], key: str) -> str:
    """The value of a metadata entry, if it has this key, else nothing."""
    fields = dict(wire.fields(*span(value)))
    return wire.text(fields[2]) if 1 in fields and 2 in fields and wire.text(fields[1]) == key else ""


def _read_attribute(wire: Wire, start: int, end: int) -> tuple[str, Any]:
    name = ""
    content: Any = None
    for at, value in wire.fields(start, end):
        if at == 1:
            name = wire.text(value)
        elif at == 3:
            content = number(value)
        elif at == 2:
            content = next(iter(wire.floats(value)), None)
        elif at == 4:
            content = wire.text(value)
        elif at == 5:
            content = _read_tensor(wire, *span(value))
        elif at == 6:
            content = Subgraph(wire, *span(value))
        elif at in (11, 21):
            content = Subgraph()
        elif at in (7, 8, 9):
            if not isinstance(content, list):
                content = []
            content += _items(wire, at, value)
    return name, content


def _items(wire: Wire, at: int, value: int | tuple[int, int]) -> Sequence[Any]:
    """What one field adds to an attribute that is a list."""
    if at == _ATTRIBUTE["floats"]:
        return wire.floats(value)
    return wire.ints(value) if at == _ATTRIBUTE["ints"] else [wire.text(value)]


_DATA = frozenset(
    _TENSOR[name]
    for name in ("float_data", "int32_data", "int64_data", "raw_data", "double_data", "uint64_data")
)


def _read_tensor(wire: Wire, start: int, end: int) -> RawTensor:
    tensor = RawTensor("", (), 0, [], wire)
    dims: list[int] = []
    for at, value in wire.fields(start, end):
        if at == _TENSOR["dims"]:
            dims += wire.ints(value)
            if len(dims) > _MAX_STORED_AXES:
                raise WireError(f"a tensor of more than {_MAX_STORED_AXES} axes")
        elif at == _TENSOR["data_type"]:
            tensor.data_type = number(value)
        elif at == _TENSOR["name"]:
            tensor.name = wire.text(value)
        elif at in _DATA and tensor.elements <= MAX_VALUES:
            tensor.spans.append((at, value))
            tensor.dims = tuple(dims)
    if any(not 0 <= size < 2**31 for size in dims) or excess(dims):
        raise WireError(f"a tensor of the impossible shape {dims[:8]}")
    tensor.dims = tuple(dims)
    return tensor


def _read_info(wire: Wire, start: int, end: int) -> ValueInfo:
    fields = dict(wire.fields(start, end))
    name = wire.text(fields.get(_INFO["name"], (0, 0)))
    kind = dict(wire.fields(*span(fields[_INFO["type"]]))) if _INFO["type"] in fields else {}
    if 1 not in kind:
        return ValueInfo(name, None)
    tensor = dict(wire.fields(*span(kind[1])))
    data_type = number(tensor.get(1, 0))
    if 2 not in tensor:
        return ValueInfo(name, None, data_type)
    dims = [_read_dimension(wire, *span(value)) for at, value in wire.fields(*span(tensor[2])) if at == 1]
    return ValueInfo(name, tuple(dims), data_type)


def _read_dimension(wire: Wire, start: int, end: int) -> int | str:
    """A size from 1, or a symbol; a size that is not said or no size is one, too."""
    fields = dict(wire.fields(start, end))
    if 1 in fields and number(fields[1]) > 0:
        return number(fields[1])
    return wire.text(fields[2]) if 2 in fields else "?"
