"""TFLite files for tests, written with the package ``flatbuffers``; which field stands where says our own schema.

That schema is held against the package ``tflite`` by a test of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers

from costcalc.interop.importers.tflite_model.schema import CODES, CUSTOM, FIELDS, OPERATORS, OPTIONS, TYPES


@dataclass
class Tensor:
    """A tensor; ``data`` are its elements, where it is stored."""

    name: str
    shape: Sequence[int]
    type: str = "FLOAT32"
    data: Sequence[float] | None = None
    scales: Sequence[float] = ()
    open: Sequence[int] = ()
    buffer: str = ""
    sparse: bool = False


@dataclass
class Graph:
    """A graph under construction: what is added is named, and named again to be used."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    operators: list[tuple[str, Sequence[str], Sequence[str], Mapping[str, Any]]] = field(default_factory=list)
    custom: bytes = b""

    def tensor(self, name: str, shape: Sequence[int], **more: Any) -> str:
        """Add a tensor."""
        self.tensors[name] = Tensor(name, shape, **more)
        return name

    def weight(self, name: str, shape: Sequence[int], **more: Any) -> str:
        """Add a stored tensor, all of whose elements are its place in the file."""
        count = 1
        for size in shape:
            count *= size
        values = [len(self.tensors) % 100] * count
        return self.tensor(name, shape, data=values, **more)

    def numbers(self, name: str, values: Sequence[int], shape: Sequence[int] | None = None) -> str:
        """Add a stored tensor of whole numbers."""
        return self.tensor(name, [len(values)] if shape is None else shape, type="INT32", data=list(values))

    def add(self, operator: str, inputs: Sequence[str], outputs: Sequence[str], **options: Any) -> None:
        """Add an operator; an operand that is left out is empty."""
        self.operators.append((operator, inputs, outputs, options))

    def file(self, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
        """The bytes of a file."""
        return _Writer(self).written(inputs, outputs)


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.builder = flatbuffers.Builder(1024)
        self.places = {name: index for index, name in enumerate(graph.tensors)}
        self.buffers: dict[str, int] = {}
        self.contents: list[bytes] = [b""]

    def written(self, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
        tensors = [self._tensor(each) for each in self.graph.tensors.values()]
        names = list(dict.fromkeys(each[0] for each in self.graph.operators))
        operators = [self._operator(names, *each) for each in self.graph.operators]
        graph = self._table(
            "SubGraph",
            tensors=self._offsets(tensors),
            inputs=self._ints([self.places[name] for name in inputs]),
            outputs=self._ints([self.places[name] for name in outputs]),
            operators=self._offsets(operators),
        )
        codes = [self._code(name) for name in names]
        buffers = [self._table("Buffer", data=self._bytes(each)) for each in self.contents]
        model = self._table(
            "Model",
            version=("I", 3),
            operator_codes=self._offsets(codes),
            subgraphs=self._offsets([graph]),
            buffers=self._offsets(buffers),
        )
        self.builder.Finish(model, file_identifier=b"TFL3")
        return bytes(self.builder.Output())

    def _tensor(self, tensor: Tensor) -> int:
        buffer = 0
        if tensor.data is not None:
            key = tensor.buffer or tensor.name
            if key not in self.buffers:
                self.buffers[key] = len(self.contents)
                self.contents.append(struct.pack(f"<{len(tensor.data)}{CODES[tensor.type]}", *tensor.data))
            buffer = self.buffers[key]
        more: dict[str, Any] = {}
        if tensor.scales:
            scale, zeros = self._numbers(tensor.scales, "f"), self._numbers([0] * len(tensor.scales), "q")
            more["quantization"] = self._table("QuantizationParameters", scale=scale, zero_point=zeros)
        if tensor.open:
            more["shape_signature"] = self._ints(tensor.open)
        if tensor.sparse:
            more["sparsity"] = self._table("Buffer")
        return self._table(
            "Tensor",
            shape=self._ints(tensor.shape),
            type=("b", TYPES.index(tensor.type)),
            buffer=("I", buffer),
            name=self.builder.CreateString(tensor.name),
            **more,
        )

    def _operator(
        self,
        names: list[str],
        name: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        options: Mapping[str, Any],
    ) -> int:
        fields = [each.split("=")[0].split(":") for each in OPTIONS.get(name, "").split()]
        numbers = {word: number for number, (word, _) in enumerate(fields)}
        values: dict[int, Any] = {}
        for word, code in fields:
            if word not in options:
                continue
            if code == "text":
                values[numbers[word]] = self.builder.CreateString(options[word])
            elif code.startswith("*"):
                values[numbers[word]] = self._ints(options[word])
            else:
                values[numbers[word]] = (code, options[word])
        more = {"custom_options": self._bytes(self.graph.custom)} if self.graph.custom else {}
        return self._table(
            "Operator",
            opcode_index=("I", names.index(name)),
            inputs=self._ints([self.places[each] if each else -1 for each in inputs]),
            outputs=self._ints([self.places[each] for each in outputs]),
            builtin_options=self._fields(values),
            **more,
        )

    def _code(self, name: str) -> int:
        if name.startswith("custom:"):
            text = self.builder.CreateString(name.removeprefix("custom:"))
            return self._table("OperatorCode", custom_code=text, builtin_code=("i", CUSTOM))
        number = OPERATORS.index(name)
        old = ("b", min(number, 127))
        return self._table("OperatorCode", deprecated_builtin_code=old, builtin_code=("i", number))

    def _table(self, table: str, /, **fields: Any) -> int:
        return self._fields({FIELDS[table][word]: value for word, value in fields.items()})

    def _fields(self, values: Mapping[int, Any]) -> int:
        """A table; a value is (format, number), or the offset of what is written already."""
        self.builder.StartObject(max(values, default=-1) + 1)
        for number, value in values.items():
            if isinstance(value, tuple):
                code, given = value
                _SLOTS[code](self.builder, number, given, None)
            else:
                self.builder.PrependUOffsetTRelativeSlot(number, value, 0)
        return int(self.builder.EndObject())

    def _numbers(self, values: Sequence[float], code: str) -> int:
        size = struct.calcsize(f"<{code}")
        self.builder.StartVector(size, len(values), size)
        prepend = {"i": "PrependInt32", "f": "PrependFloat32", "q": "PrependInt64"}[code]
        for value in reversed(values):
            getattr(self.builder, prepend)(value)
        return int(self.builder.EndVector())

    def _ints(self, values: Sequence[int]) -> int:
        return self._numbers(values, "i")

    def _bytes(self, data: bytes) -> int:
        return int(self.builder.CreateByteVector(data))

    def _offsets(self, places: Sequence[int]) -> int:
        self.builder.StartVector(4, len(places), 4)
        for place in reversed(places):
            self.builder.PrependUOffsetTRelative(place)
        return int(self.builder.EndVector())


_SLOTS = {
    "b": flatbuffers.Builder.PrependInt8Slot,
    "?": flatbuffers.Builder.PrependBoolSlot,
    "i": flatbuffers.Builder.PrependInt32Slot,
    "I": flatbuffers.Builder.PrependUint32Slot,
    "f": flatbuffers.Builder.PrependFloat32Slot,
}
