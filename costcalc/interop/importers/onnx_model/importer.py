"""From an ONNX graph to layers: node after node, each by the handler of its operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from costcalc.interop.importers.errors import MALFORMED, BatchError, RefusedError
from costcalc.interop.importers.onnx_model.computing import Computing
from costcalc.interop.importers.onnx_model.expressions import Deferred, Recogniser
from costcalc.interop.importers.onnx_model.learned import fixed_tensors
from costcalc.interop.importers.onnx_model.operation import Operand, Operation
from costcalc.interop.importers.onnx_model.ops import handler_of
from costcalc.interop.importers.onnx_model.ops.elementwise import resolved
from costcalc.interop.importers.onnx_model.proto import Model, OnnxNode, StoredTensor
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import Atom, atom, mapped
from costcalc.interop.importers.tensors.maps import Maps, natural
from costcalc.interop.importers.tensors.values import Producer, Value

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


class Importer:
    """The state of one import. ``inputs`` are the dims of the model's inputs, of so many examples."""

    def __init__(self, model: Model, inputs: Mapping[str, tuple[int, ...]], batch: int = 1) -> None:
        self.model = model
        self.opset = model.opsets.get("", model.opsets.get("ai.onnx", 0))
        self.maps = Maps()
        self.recogniser = Recogniser()
        self.computing = Computing()
        self.weights: dict[object, Producer] = {}
        self.inputs: dict[str, Producer] = {}
        fixed = fixed_tensors(model)
        self._named: dict[str, Operand | Unknown] = {
            name: tensor_of(name, raw, "constant" if name in fixed else "weight")
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
            self._named[name] = Value(axes, self.inputs[name])
        self.uses = Counter(name for node in model.nodes for name in node.inputs)
        self.uses.update(info.name for info in model.outputs)
        self._node: OnnxNode | None = None
        self._count = 0

    def run(self) -> list[Producer]:
        """Import every node; what the model's outputs come from, in their order. Raises NodeError."""
        for node in self.model.nodes:
            self._node = node
            try:
                self._import(node)
            except RefusedError as error:
                raise NodeError(node, error) from None
        return self._outputs()

    def find(self, name: str) -> Operand:
        """What a name stands for. Raises RefusedError."""
        found = self._named.get(name)
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
                deferred.resolved = resolved(deferred, self)
            except RefusedError as error:
                if deferred.node is self._node:
                    raise
                raise NodeError(deferred.node, error) from None
            self._expose(deferred.node.outputs[0], deferred.resolved)
        return deferred.resolved

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

    def _import(self, node: OnnxNode) -> None:
        operation = Operation(self, node)
        try:
            handler = handler_of(node, self.model.functions)
            results = handler(operation)
            outputs = self._computed(node, results if isinstance(results, list) else [results])
        except MALFORMED as error:
            raise RefusedError(f"is not written as it should be: {type(error).__name__}: {error}") from error
        except RefusedError as error:
            if not self._only_tensors(node):
                raise
            reason = (
                error
                if error.chained
                else RefusedError(f"needs {_place(node)}, which {error}", error.hint, True)
            )
            for name in node.outputs:
                self._named[name] = Unknown(reason)
            return
        for name, result in zip(node.outputs, outputs, strict=False):
            if name:
                self._named[name] = result
                if isinstance(result, Value):
                    self._expose(name, result)
        for name in node.outputs[len(outputs) :]:
            if name:
                self._named[name] = Unknown(
                    RefusedError(f"needs {name} of {_place(node)}, which is not read", "", True)
                )

    def _computed(self, node: OnnxNode, results: list[Operand]) -> list[Operand]:
        """A node's results; those that are tensors know their numbers once they are computed."""
        inputs = [each for name in node.inputs if isinstance(each := self._named.get(name), Tensor)]
        return [
            self.computing.once(result, inputs) if isinstance(result, Tensor) else result
            for result in results
        ]

    def _only_tensors(self, node: OnnxNode) -> bool:
        """Whether all that a node takes is in the file: then its result may not matter."""
        found = [self._named.get(name) for name in node.inputs if name]
        return bool(found) and all(isinstance(each, Tensor | Unknown) for each in found)

    def _expose(self, name: str, value: Value) -> None:
        if self.uses[name] > 1:
            value.producer.exposed = True

    def _outputs(self) -> list[Producer]:
        self._node = None
        producers = []
        for info in self.model.outputs:
            node = OnnxNode("output", info.name)
            operation = Operation(self, node)
            try:
                value = operation.as_value(self.find(info.name))
                producers.append(self._output(value))
            except RefusedError as error:
                raise NodeError(node, error) from None
        self._check_shared()
        return producers

    def _output(self, value: Value) -> Producer:
        """What an output comes from, arranged by the output's own axes."""
        have = self.maps.layout(value)
        groups = [group for group in (*have.spatial, have.channels) if group]
        axes = [axis for axis in map(mapped, value.axes) if axis]
        return value.producer if set(groups) == set(axes) else self.maps.placed(value, natural(value.axes))

    def _check_shared(self) -> None:
        for layer in self.maps.layers:
            first = layer.shares
            if first is not None and first.weights.get("bias") != layer.weights.get("bias"):
                node = OnnxNode("output", layer.hint)
                raise NodeError(node, RefusedError(f"shares the weights of {first.hint}, but not its bias"))


def tensor_of(name: str, raw: StoredTensor, origin: str) -> Tensor:
    """A tensor of the file. Its elements are read when they are asked for."""
    known: list[object] = []

    def read() -> tuple[int | float | bool, ...] | None:
        if not known:
            known.append(raw.values())
        return known[0]  # type: ignore[return-value]

    kind = "weight" if origin == "weight" else "constant"
    return Tensor(name, raw.dims, raw.data_type, kind, name, read)  # type: ignore[arg-type]


def _place(node: OnnxNode) -> str:
    return f"{node.op_type} {node.name or (node.outputs[0] if node.outputs else '')}".strip()
