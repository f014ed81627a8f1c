"""A TFLite model as it stands in the file: operators with their options, tensors without their elements."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from costcalc.interop.importers.onnx_model.proto import MAX_VALUES, Scalar
from costcalc.interop.importers.tensors.limits import excess
from costcalc.interop.importers.tflite_model.flatbuffer import FlatbufferError, FlatTable, PagedFile, root
from costcalc.interop.importers.tflite_model.schema import (
    CODES,
    CUSTOM,
    FIELDS,
    IDENTIFIER,
    OPERATORS,
    OPTIONS,
    TYPES,
)
from costcalc.quantity import MAX_SIZE, shown

MAX_OPERATORS = 30_000
MAX_TENSORS = 200_000
MAX_OPERANDS = 4096
_MODEL, _SUBGRAPH, _OPERATOR = FIELDS["Model"], FIELDS["SubGraph"], FIELDS["Operator"]
_TENSOR, _BUFFER, _QUANTIZATION = FIELDS["Tensor"], FIELDS["Buffer"], FIELDS["QuantizationParameters"]
_CODE = FIELDS["OperatorCode"]


@dataclass(frozen=True, slots=True)
class TfliteTensor:
    """A tensor of the file. ``data`` is where its elements are, None where they follow when the model runs.

    ``scales`` and ``zero_points`` are those of numbers that stand for fractions. ``dims`` has "?" for open sizes.
    """

    name: str
    shape: tuple[int, ...]
    dims: tuple[int | str, ...]
    type: str
    buffer: int
    data: tuple[int, int] | None
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    sparse: bool
    variable: bool
    file: PagedFile = field(repr=False)

    @property
    def elements(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def fractions(self) -> bool:
        """Whether its numbers are fractions, stored as such or quantised."""
        return self.type in ("FLOAT32", "FLOAT16", "FLOAT64", "BFLOAT16") or bool(self.scales)

    def values(self) -> tuple[Scalar, ...] | None:
        """Its elements, fractions where they are quantised; None where they are too many, or not known."""
        code = CODES.get(self.type)
        if self.data is None or code is None or self.elements > MAX_VALUES or self.sparse:
            return None
        start, length = self.data
        if length != self.elements * struct.calcsize(f"<{code}"):
            return None
        found = struct.unpack(f"<{self.elements}{code}", self.file.raw(start, length))
        if not self.scales:
            return found
        if len(self.scales) > 1:
            return None
        zero = self.zero_points[0] if self.zero_points else 0
        return tuple(self.scales[0] * (value - zero) for value in found)


@dataclass(frozen=True, slots=True)
class TfliteOperator:
    """One operator: its name, its operands as numbers of tensors (-1 where one is left out), its options.

    ``custom`` are the options of a custom operator, as bytes.
    """

    index: int
    type: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any]
    custom: bytes = b""


@dataclass(frozen=True, slots=True)
class TfliteModel:
    """The main graph of a file."""

    version: int
    description: str
    name: str
    tensors: tuple[TfliteTensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[TfliteOperator, ...]


def read_model(data: PagedFile) -> TfliteModel:
    """The model in a file's bytes. Raises FlatbufferError."""
    if data.size < 8 or data.raw(4, 4) != IDENTIFIER:
        raise FlatbufferError("its bytes 5 to 8 are not TFL3")
    model = root(data)
    graph = model.item(_MODEL["subgraphs"], 0)
    types = [_type(code) for code in model.tables(_MODEL["operator_codes"])]
    if graph.count(_SUBGRAPH["tensors"]) > MAX_TENSORS or graph.count(_SUBGRAPH["operators"]) > MAX_OPERATORS:
        raise FlatbufferError(f"more than {MAX_OPERATORS} operators, or {MAX_TENSORS} tensors")
    tensors = tuple(_tensor(data, model, each) for each in graph.tables(_SUBGRAPH["tensors"]))
    operators = tuple(
        _operator(each, index, types, len(tensors))
        for index, each in enumerate(graph.tables(_SUBGRAPH["operators"]))
    )
    return TfliteModel(
        version=model.number(_MODEL["version"], "I"),
        description=model.text(_MODEL["description"]),
        name=graph.text(_SUBGRAPH["name"]),
        tensors=tensors,
        inputs=_places(graph, _SUBGRAPH["inputs"], len(tensors), least=0),
        outputs=_places(graph, _SUBGRAPH["outputs"], len(tensors), least=0),
        operators=operators,
    )


def _type(code: FlatTable) -> str:
    """What an operator code names: files before 2020 have the number in a byte, later ones in either."""
    number = max(code.number(_CODE["builtin_code"], "i"), code.number(_CODE["deprecated_builtin_code"], "b"))
    if number == CUSTOM:
        return f"custom:{code.text(_CODE['custom_code'])}"
    return OPERATORS[number] if 0 <= number < len(OPERATORS) else f"operator {number}"


def _tensor(data: PagedFile, model: FlatTable, table: FlatTable) -> TfliteTensor:
    shape = table.numbers(_TENSOR["shape"], "i") or ()
    signature = table.numbers(_TENSOR["shape_signature"], "i") or shape
    name = table.text(_TENSOR["name"])
    if any(not 0 <= size <= MAX_SIZE for size in shape) or excess(shape):
        raise FlatbufferError(f"the tensor {shown(name)} has the impossible shape {list(shape)[:8]}")
    if len(signature) != len(shape):
        signature = shape
    kind = table.number(_TENSOR["type"], "b")
    buffer = table.number(_TENSOR["buffer"], "I")
    quantization = table.table(_TENSOR["quantization"])
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    if quantization is not None:
        scales = quantization.numbers(_QUANTIZATION["scale"], "f") or ()
        zero_points = quantization.numbers(_QUANTIZATION["zero_point"], "q") or ()
    return TfliteTensor(
        name=name,
        shape=shape,
        dims=tuple("?" if open_ < 0 else size for open_, size in zip(signature, shape, strict=True)),
        type=TYPES[kind] if 0 <= kind < len(TYPES) else f"type {kind}",
        buffer=buffer,
        data=_data(model, buffer),
        scales=scales,
        zero_points=zero_points,
        sparse=table.place(_TENSOR["sparsity"]) is not None,
        variable=bool(table.number(_TENSOR["is_variable"], "?")),
        file=data,
    )


def _data(model: FlatTable, index: int) -> tuple[int, int] | None:
    """Where a buffer's bytes are: in it, or in a large file behind all tables; None where it has none."""
    if not index:
        return None
    buffer = model.item(_MODEL["buffers"], index)
    start, length = buffer.number(_BUFFER["offset"], "Q"), buffer.number(_BUFFER["size"], "Q")
    if start > 1:
        return start, length
    found = buffer.span(_BUFFER["data"])
    return found if found and found[1] else None


def _operator(table: FlatTable, index: int, types: list[str], tensors: int) -> TfliteOperator:
    code = table.number(_OPERATOR["opcode_index"], "I")
    if code >= len(types):
        raise FlatbufferError(f"operator {index} has the code {code} of {len(types)}")
    inputs = _places(table, _OPERATOR["inputs"], tensors, least=-1)
    outputs = _places(table, _OPERATOR["outputs"], tensors, least=0)
    custom = b""
    if types[code].startswith("custom:") and table.count(_OPERATOR["custom_options"]) <= MAX_OPERANDS:
        custom = bytes(table.numbers(_OPERATOR["custom_options"], "B") or ())
    options = _options(table.table(_OPERATOR["builtin_options"]), OPTIONS.get(types[code], ""))
    return TfliteOperator(index, types[code], inputs, outputs, options, custom)


def _places(table: FlatTable, at: int, tensors: int, least: int) -> tuple[int, ...]:
    """Numbers of tensors. Raises FlatbufferError where one is none."""
    if table.count(at) > MAX_OPERANDS:
        raise FlatbufferError(f"an operator, or the graph, with more than {MAX_OPERANDS} operands")
    found = table.numbers(at, "i") or ()
    if not all(least <= each < tensors for each in found):
        raise FlatbufferError(f"there are {tensors} tensors, but {max(found, key=abs)} is asked for")
    return found


def _options(table: FlatTable | None, fields: str) -> dict[str, Any]:
    """An operator's options; the defaults where they are left out."""
    found: dict[str, Any] = {}
    for number, each in enumerate(fields.split()):
        name, _, rest = each.partition(":")
        code, _, default = rest.partition("=")
        if code.startswith("*"):
            found[name] = None if table is None else table.numbers(number, code[1:])
        elif code == "text":
            found[name] = "" if table is None else table.text(number)
        else:
            given = int(default or 0)
            found[name] = given if table is None else table.number(number, code, given)
    return found
