"""The state of one import: what names stand for, the layers so far, what is deferred."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping

from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.onnx_model.computed import ComputedWeights
from costcalc.interop.importers.onnx_model.computing import Computing
from costcalc.interop.importers.onnx_model.control_flow import Runs, uses_inside
from costcalc.interop.importers.onnx_model.expressions import Deferred, Recogniser
from costcalc.interop.importers.onnx_model.learned import copies_of, fixed_tensors
from costcalc.interop.importers.onnx_model.proto import Model, OnnxNode, StoredTensor
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import Atom, atom
from costcalc.interop.importers.tensors.maps import Maps, natural
from costcalc.interop.importers.tensors.values import Producer, Value

#: What an operand may be.
Operand = Value | Deferred | Tensor
_DEEPEST = 40


class NodeError(Exception):
    """A node that was refused, and why."""

    def __init__(self, node: OnnxNode, reason: RefusedError) -> None:
        super().__init__(str(reason))
        self.node = node
        self.hint = reason.hint
        self.of_batch = isinstance(reason, BatchError)


class Unknown:
    """In the place of a tensor that could not be computed, until an operation needs it."""

    def __init__(self, reason: RefusedError) -> None:
        self.reason = reason


class ImportState(ABC):
    """The state of one import. ``inputs`` are the dims of the model's inputs, of so many examples."""

    def __init__(self, model: Model, inputs: Mapping[str, tuple[int, ...]], batch: int = 1) -> None:
        self.model = model
        self.opset = model.opsets.get("", model.opsets.get("ai.onnx", 0))
        self.maps = Maps()
        self.recogniser = Recogniser()
        self.computing = Computing()
        self.computed = ComputedWeights(self.maps)
        self.weights: dict[object, Producer] = {}
        self.counted: set[object] = set()
        self.repeated: set[object] = set()
        self.counted_biases: dict[Producer, object] = {}  # of layers whose biases an earlier one counts
        self.inputs: dict[str, Producer] = {}
        fixed, copies = fixed_tensors(model), copies_of(model)
        self.named: dict[str, Operand | Unknown] = {
            name: tensor_of(name, raw, "constant" if name in fixed else "weight", copies.get(name, name))
            for name, raw in model.initializers.items()
        }
        self.batch = batch
        self.batch_atom = (Atom(self.batch, batch=True),) if self.batch > 1 else ()
        for name, dims in inputs.items():
            axes = tuple(atom(length) for length in dims)
            if len(dims) > 1 and dims[0] == self.batch:
                axes = (self.batch_atom, *axes[1:])
            self.inputs[name] = Producer(name, "input", axes=axes)
            if name in model.maps:
                self.inputs[name].layout = natural(axes)
            self.named[name] = Value(axes, self.inputs[name])
        self.uses = Counter(name for node in model.nodes for name in node.inputs)
        self.uses.update(info.name for info in model.outputs)
        self.uses.update(uses_inside(model.nodes))
        self.runs = Runs()
        self.node: OnnxNode | None = None
        self._count = 0

    def find(self, name: str) -> Operand:
        """What a name stands for. Raises RefusedError."""
        found = self.named.get(name)
        if found is None:
            kind = (
                "a sparse tensor, which is not read"
                if name in self.model.sparse
                else "made by no earlier node"
            )
            raise RefusedError(f"its input {name} is {kind}")
        if isinstance(found, Unknown):
            raise found.reason
        return found

    def resolve(self, deferred: Deferred) -> Value:
        """A deferred node as a map, its layer added. Raises RefusedError that names it."""
        if deferred.resolved is None:
            try:
                deferred.resolved = self.recognised(deferred)
            except RefusedError as error:
                if deferred.node is self.node:
                    raise
                raise NodeError(deferred.node, error) from None
            self.expose(deferred.node.outputs[0], deferred.resolved)
        return deferred.resolved

    @abstractmethod
    def recognised(self, deferred: Deferred) -> Value:
        """The map that a deferred node makes: operations know that, which are built upon this."""

    def defer(self, deferred: Deferred) -> Deferred:
        """Number a deferred node, and keep what is below it shallow."""
        self._count += 1
        deferred.index = self._count
        deferred.exposed = self.uses[deferred.node.outputs[0]] > 1
        below = [each for each in deferred.operands if isinstance(each, Deferred) and each.resolved is None]
        deferred.depth = 1 + max((each.depth for each in below), default=0)
        if deferred.depth > _DEEPEST:
            for operand in below:
                self.resolve(operand)
            deferred.depth = 1
        return deferred

    def expose(self, name: str, value: Value) -> None:
        """Note that a map is what an often used name stands for."""
        if self.uses[name] > 1:
            value.producer.exposed = True


def tensor_of(name: str, raw: StoredTensor, origin: str, key: str) -> Tensor:
    """A tensor of the file, known by a key. Its elements are read when they are asked for."""
    known: list[object] = []

    def read() -> tuple[int | float | bool, ...] | None:
        if not known:
            known.append(raw.values())
        return known[0]  # type: ignore[return-value]

    kind = "weight" if origin == "weight" else "constant"
    return Tensor(key, raw.dims, raw.data_type, kind, name, read)  # type: ignore[arg-type]
