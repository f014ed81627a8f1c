"""A TFLite graph in the words of ONNX, whose front end then reads it.

The two say the same operations, with other names and other orders of axes: TFLite has channels last, ONNX first. What
is put between (a Transpose) only renames axes and makes no layer. So both formats share one recogniser of functions,
one reading of quantised weights, one set of refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from costcalc.interop.importers.errors import MALFORMED, RefusedError
from costcalc.interop.importers.onnx_model.proto import Model, OnnxNode, Scalar, ValueInfo
from costcalc.interop.importers.tflite_model.model import TfliteModel, TfliteOperator, TfliteTensor

OPSET = 21
#: What is behind the name of an input whose channels are first.
FIRST = ":first"
#: What is behind the name of an output that was put so.
LAST = ":last"
#: Type of elements -> its number in ONNX.
DATA_TYPES: Mapping[str, int] = {
    "FLOAT32": 1,
    "UINT8": 2,
    "INT8": 3,
    "UINT16": 4,
    "INT16": 5,
    "INT32": 6,
    "INT64": 7,
    "STRING": 8,
    "BOOL": 9,
    "FLOAT16": 10,
    "FLOAT64": 11,
    "UINT32": 12,
    "UINT64": 13,
    "BFLOAT16": 16,
    "INT4": 3,
}
_FLOAT = 1


@dataclass(frozen=True, slots=True)
class TfliteWeight:
    """A stored tensor as ONNX has one: quantised numbers stand for fractions."""

    stored: TfliteTensor

    @property
    def dims(self) -> tuple[int, ...]:
        """Its dims."""
        return self.stored.shape

    @property
    def data_type(self) -> int:
        """The number of its type."""
        return _FLOAT if self.stored.fractions else DATA_TYPES.get(self.stored.type, 0)

    def values(self) -> tuple[Scalar, ...] | None:
        """Its elements."""
        return self.stored.values()


class TranslationError(Exception):
    """An operator that cannot be said in other words, and why."""

    def __init__(self, operator: TfliteOperator, reason: RefusedError) -> None:
        super().__init__(str(reason))
        self.operator = operator
        self.hint = reason.hint


class Translation:
    """The ONNX model as far as it is written. ``origins``: a node's ``id`` -> the operator that it stands for."""

    def __init__(self, source: TfliteModel) -> None:
        self.source = source
        self.model = Model(opsets={"": OPSET}, has_graph=True, graph_name=source.name, merged=True)
        self.origins: dict[int, TfliteOperator] = {}
        self.stored: dict[str, TfliteTensor] = {}
        self.biases: dict[tuple[str, tuple[int, ...]], str] = {}
        self.dense = 0
        self.states: dict[str, str] = {}
        self._variables: dict[int, str] = {}
        self._kept: dict[str, str] = {}
        self._names = _unique([tensor.name for tensor in source.tensors])
        self._operator: TfliteOperator | None = None
        self._made = 0
        self._first = {tensor.buffer: index for index, tensor in reversed(list(enumerate(source.tensors)))}

    def written(self, translate: Callable[[OperatorWriter], None]) -> Model:
        """The whole model, each operator by ``translate``. Raises TranslationError."""
        for index, tensor in enumerate(self.source.tensors):
            if tensor.data is not None:
                self.model.initializers[self._names[index]] = TfliteWeight(tensor)
                self.stored[self._names[index]] = tensor
        for index in self.source.inputs:
            self._add_input(index)
        for operator in self.source.operators:
            self._operator = operator
            try:
                translate(OperatorWriter(self, operator))
            except RefusedError as error:
                raise TranslationError(operator, error) from None
            except MALFORMED as error:
                reason = f"is not written as it should be: {type(error).__name__}: {error}"
                raise TranslationError(operator, RefusedError(reason)) from None
        names = dict.fromkeys((*map(self._given_out, self.source.outputs), *self._kept.values()))
        self.model.outputs = [ValueInfo(name, None) for name in names]
        return self.model

    def _add_input(self, index: int) -> None:
        self._give(self.name(index), self.source.tensors[index].dims, self.input_order(index))

    def _give(self, name: str, dims: tuple[int | str, ...], order: list[int] | None) -> None:
        """Write an input of the graph, and how its axes come in the order that TFLite has."""
        if order is None:
            self.model.inputs.append(ValueInfo(name, dims, _FLOAT))
            return
        given = name + FIRST
        back = channels_last(len(dims))
        self.model.nodes.append(
            OnnxNode("Transpose", inputs=[given], outputs=[name], attributes={"perm": back})
        )
        self.model.maps.add(given)
        self.model.inputs.append(ValueInfo(given, tuple(dims[axis] for axis in order), _FLOAT))

    def _given_out(self, index: int) -> str:
        """The name of an output; a map's with its channels first."""
        name, rank = self.name(index), len(self.source.tensors[index].shape)
        if rank not in (4, 5):
            return name
        order = {"perm": channels_first(rank)}
        node = OnnxNode("Transpose", inputs=[name], outputs=[name + LAST], attributes=order)
        self.model.nodes.append(node)
        return name + LAST

    def input_order(self, index: int) -> list[int] | None:
        """The order in which ONNX has an input's axes; None where it is the same.

        A map has its channels last, unless the first thing that is done with it is to put them there.
        """
        rank = len(self.source.tensors[index].shape)
        users = [each for each in self.source.operators if index in each.inputs]
        arranged = bool(users) and all(each.type == "TRANSPOSE" for each in users)
        return channels_first(rank) if rank in (4, 5) and not arranged else None

    def name(self, index: int) -> str:
        """What a tensor is called: those that share their numbers by one name."""
        tensor = self.source.tensors[index]
        if tensor.data is not None and self.source.tensors[self._first[tensor.buffer]].shape == tensor.shape:
            return self._names[self._first[tensor.buffer]]
        return self._names[index]

    def add(self, op_type: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> None:
        """Write a node."""
        assert self._operator is not None
        node = OnnxNode(op_type, self._label(op_type), inputs=list(inputs), outputs=list(outputs))
        node.attributes = attributes
        node.origin = self._own_name()
        self.origins[id(node)] = self._operator
        self.model.nodes.append(node)

    def _own_name(self) -> str:
        """What the operator makes: TFLite gives names to tensors alone."""
        assert self._operator is not None
        outputs = self._operator.outputs
        return self.source.tensors[outputs[0]].name if outputs else ""

    def fresh(self) -> str:
        """A name that nothing has."""
        self._made += 1
        return f":{self._made}"

    def _label(self, op_type: str) -> str:
        """What the operator could be called: converters join the names of all that they fused."""
        assert self._operator is not None
        outputs = self._operator.outputs
        text = self.source.tensors[outputs[0]].name if outputs else ""
        parts = [part for part in text.split(";") if part]
        words = _WORDS.get(op_type, ())
        return next((part for part in parts if part.rpartition("/")[2].startswith(words)), (parts or [""])[0])

    # Variables: what a streaming model keeps from one run to the next

    def variable(self, handle: int, name: str) -> None:
        """A tensor stands for a variable."""
        self._variables[handle] = name

    def read_variable(self, handle: int, shape: tuple[int, ...], output: str) -> None:
        """What a variable holds: an input of the network, until it is written."""
        name = self._named(handle)
        if name in self._kept:
            self.add("Identity", [self._kept[name]], [output])
            return
        if name not in self.states:
            self.states[name] = f"{name}:"  # a variable may be called as a tensor is
            order = channels_first(len(shape)) if len(shape) in (4, 5) else None
            self._give(self.states[name], shape, order)
        self.add("Identity", [self.states[name]], [output])

    def assign_variable(self, handle: int, value: str) -> None:
        """A variable's new value is an output of the network."""
        self._kept[self._named(handle)] = value

    def _named(self, handle: int) -> str:
        if handle not in self._variables:
            raise RefusedError("uses a variable that no VAR_HANDLE makes")
        return self._variables[handle]


_WORDS: Mapping[str, tuple[str, ...]] = {
    "Conv": ("Conv", "conv", "depthwise", "Depthwise", "separable"),
    "ConvTranspose": ("Conv", "conv"),
    "MatMul": ("MatMul", "matmul", "dense", "einsum"),
    "Gemm": ("MatMul", "matmul", "dense", "einsum"),
}


class OperatorWriter:
    """One operator with all that its translation needs. Methods raise RefusedError where it is not as it should be."""

    def __init__(self, translation: Translation, operator: TfliteOperator) -> None:
        self._translation = translation
        self.operator = operator
        self.type = operator.type
        self.options = operator.options

    @property
    def translation(self) -> Translation:
        """What has been written so far."""
        return self._translation

    # Operands

    def has(self, index: int) -> bool:
        """Whether an operand is given."""
        return index < len(self.operator.inputs) and self.operator.inputs[index] >= 0

    def input(self, index: int) -> str:
        """An operand's name."""
        if not self.has(index):
            raise RefusedError(f"has no input {index + 1}")
        return self._translation.name(self.operator.inputs[index])

    def inputs(self) -> list[str]:
        """The names of all operands that are given."""
        return [self.input(index) for index in range(len(self.operator.inputs)) if self.has(index)]

    def tensor(self, index: int) -> TfliteTensor:
        """What the file says of an operand."""
        if not self.has(index):
            raise RefusedError(f"has no input {index + 1}")
        return self._translation.source.tensors[self.operator.inputs[index]]

    def result(self, index: int = 0) -> TfliteTensor:
        """What the file says of a result."""
        if index >= len(self.operator.outputs):
            raise RefusedError(f"has no output {index + 1}")
        return self._translation.source.tensors[self.operator.outputs[index]]

    def output(self, index: int = 0) -> str:
        """A result's name."""
        self.result(index)
        return self._translation.name(self.operator.outputs[index])

    def outputs(self) -> list[str]:
        """The names of all results."""
        return [self.output(index) for index in range(len(self.operator.outputs))]

    def bias(self, index: int) -> list[str]:
        """The biases' name, if there are some. The same weights have the same: they are quantised for each use."""
        if not self.has(index):
            return []
        name = self.input(index)
        if not self.tensor(index).scales:
            return [name]
        return [self._translation.biases.setdefault((self.input(1), self.shape(index)), name)]

    def shape(self, index: int) -> tuple[int, ...]:
        """An operand's shape, as the file has it."""
        return self.tensor(index).shape

    def numbers(self, index: int, what: str) -> list[int]:
        """The whole numbers that an operand holds."""
        found = self.tensor(index).values()
        if found is None:
            raise RefusedError(f"its {what}: not in the file, and not known before the model runs")
        return [int(each) for each in found]

    # Nodes

    def add(self, op_type: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Write a node with one result; the result's name."""
        output = self._translation.fresh()
        self._translation.add(op_type, inputs, [output], **attributes)
        return output

    def end(self, op_type: str, inputs: Sequence[str], **attributes: Any) -> None:
        """Write the node that makes the operator's results."""
        self._translation.add(op_type, inputs, self.outputs(), **attributes)

    def constant(self, values: Sequence[int]) -> str:
        """A tensor of known whole numbers."""
        return self.add("Constant", [], value_ints=list(values))

    def first(self, name: str, rank: int) -> str:
        """A tensor with its channels first."""
        return self.add("Transpose", [name], perm=channels_first(rank))

    def last(self, name: str, rank: int) -> str:
        """A tensor with its channels last."""
        return self.add("Transpose", [name], perm=channels_last(rank))

    def finish(self, name: str) -> None:
        """Let a tensor be the operator's result, behind its fused activation."""
        code = self.options.get("fused_activation_function", 0)
        if code not in FUSED:
            raise RefusedError(f"has the fused activation {code}, which costcalc does not know")
        op_type, attributes = FUSED[code]
        self.end(op_type, [name], **attributes)


#: Fused activation -> node and attributes. TANH is 4; SIGN_BIT, 5, has no layer kind.
FUSED: Mapping[int, tuple[str, Mapping[str, Any]]] = {
    0: ("Dropout", {}),  # which is the same tensor
    1: ("Relu", {}),
    2: ("Clip", {"min": -1.0, "max": 1.0}),
    3: ("Clip", {"min": 0.0, "max": 6.0}),
    4: ("Tanh", {}),
}


def channels_first(rank: int) -> list[int]:
    """N×…×C as N×C×…."""
    return [0, rank - 1, *range(1, rank - 1)]


def channels_last(rank: int) -> list[int]:
    """N×C×… as N×…×C."""
    return [0, *range(2, rank), 1]


def _unique(names: Sequence[str]) -> list[str]:
    taken: set[str] = set()
    found = []
    for index, name in enumerate(names):
        own = name or f"tensor {index}"
        own = f"{own}:{index}" if own in taken or own.startswith(":") else own
        taken.add(own)
        found.append(own)
    return found
