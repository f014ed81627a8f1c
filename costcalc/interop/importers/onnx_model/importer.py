"""From an ONNX graph to layers: node after node, each by the handler of its operation."""

from __future__ import annotations

from costcalc.interop.importers.errors import MALFORMED, RefusedError
from costcalc.interop.importers.onnx_model.expressions import Deferred
from costcalc.interop.importers.onnx_model.names import own_name
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.ops import handler_of
from costcalc.interop.importers.onnx_model.ops.elementwise import resolved
from costcalc.interop.importers.onnx_model.proto import OnnxNode
from costcalc.interop.importers.onnx_model.state import ImportState, NodeError, Operand, Unknown
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import mapped
from costcalc.interop.importers.tensors.maps import natural
from costcalc.interop.importers.tensors.values import Producer, Value


class Importer(ImportState):
    """Imports a graph, node after node."""

    def run(self) -> list[Producer]:
        """Import every node; what the model's outputs come from, in their order. Raises NodeError."""
        for node in self.model.nodes:
            self.node = node
            self.maps.origin = own_name(node)
            try:
                self._import(node)
            except RefusedError as error:
                raise NodeError(node, error) from None
        return self._outputs()

    def recognised(self, deferred: Deferred) -> Value:
        reading, self.maps.origin = self.maps.origin, own_name(deferred.node)
        found = resolved(deferred, self)
        self.maps.origin = reading
        return found

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
                self.named[name] = Unknown(reason)
            return
        for name, result in zip(node.outputs, outputs, strict=False):
            if name:
                self.named[name] = result
                if isinstance(result, Value):
                    self.expose(name, result)
        for name in node.outputs[len(outputs) :]:
            if name:
                self.named[name] = Unknown(
                    RefusedError(f"needs {name} of {_place(node)}, which is not read", "", True)
                )

    def _computed(self, node: OnnxNode, results: list[Operand]) -> list[Operand]:
        """A node's results; those that are tensors know their numbers once they are computed."""
        inputs = [each for name in node.inputs if isinstance(each := self.named.get(name), Tensor)]
        return [
            self.computing.once(result, inputs) if isinstance(result, Tensor) else result
            for result in results
        ]

    def _only_tensors(self, node: OnnxNode) -> bool:
        """Whether all that a node takes is in the file: then its result may not matter."""
        found = [self.named.get(name) for name in node.inputs if name]
        return bool(found) and all(isinstance(each, Tensor | Unknown) for each in found)

    def _outputs(self) -> list[Producer]:
        self.node = None
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
        self.maps.layers = self.computed.left_out(self.maps.layers, producers)
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


def _place(node: OnnxNode) -> str:
    return f"{node.op_type} {node.name or (node.outputs[0] if node.outputs else '')}".strip()
