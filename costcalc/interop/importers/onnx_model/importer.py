"""From an ONNX graph to layers: node after node, each by the handler of its operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from costcalc.interop.importers.errors import MALFORMED, RefusedError
from costcalc.interop.importers.onnx_model import control_flow
from costcalc.interop.importers.onnx_model.expressions import Deferred
from costcalc.interop.importers.onnx_model.names import own_name
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.ops import handler_of
from costcalc.interop.importers.onnx_model.ops.elementwise import resolved
from costcalc.interop.importers.onnx_model.proto import Model, OnnxNode, Subgraph
from costcalc.interop.importers.onnx_model.state import ImportState, NodeError, Operand, Unknown, tensor_of
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import mapped
from costcalc.interop.importers.tensors.maps import natural
from costcalc.interop.importers.tensors.values import Producer, Value


class Importer(ImportState):
    """Imports a graph, node after node."""

    def run(self) -> list[Producer]:
        """Import every node; what the model's outputs come from, in their order. Raises NodeError."""
        self._run(self.model.nodes)
        return self._outputs()

    def _run(self, nodes: Sequence[OnnxNode]) -> None:
        for node in nodes:
            self.node = node
            self.maps.origin = own_name(node)
            try:
                self._import(node)
            except RefusedError as error:
                raise NodeError(node, error) from None

    def recognised(self, deferred: Deferred) -> Value:
        reading, self.maps.origin = self.maps.origin, own_name(deferred.node)
        found = resolved(deferred, self)
        self.maps.origin = reading
        return found

    def _import(self, node: OnnxNode) -> None:
        operation = Operation(self, node)
        try:
            inside = _CONTROL.get(node.op_type) if node.domain in ("", "ai.onnx") else None
            handler = None if inside else handler_of(node, self.model.functions)
            results = inside(self, node) if inside else handler(operation) if handler else []
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

    def chosen(self, node: OnnxNode) -> list[Operand]:
        """``If``: what the branch makes that runs."""
        return self._inside(control_flow.branch_of(node, self.find(node.inputs[0])), [])

    def repeated_runs(self, node: OnnxNode) -> list[Operand]:
        """``Loop``: its graph as often as it runs, each time on what the time before made."""
        body = node.attributes.get("body")
        if not isinstance(body, Subgraph):
            raise RefusedError("has no graph to repeat")
        given = {name: self.find(name) for name in node.inputs if name}
        most, graph = control_flow.times_of(node, given), control_flow.graph_of(body)
        condition = given.get(node.inputs[1]) if len(node.inputs) > 1 else None
        state = [given[name] for name in node.inputs[2:]]
        stacked: list[list[str]] = []
        run = 0
        while (most is None or run < most) and control_flow.goes_on(condition):
            if run >= control_flow.MAX_TIMES:
                raise RefusedError(f"runs more than {control_flow.MAX_TIMES} times")
            start = [control_flow.counter(run), control_flow.truth(), *state]
            condition, *found = self._inside(graph, start)
            state, made = found[: len(state)], found[len(state) :]
            stacked.append([self._name(value) for value in made])
            run += 1
        return state + [self._stacked(names) for names in zip(*stacked, strict=True)]

    def _inside(self, graph: Model, start: Sequence[Operand]) -> list[Operand]:
        """What a graph inside makes of what it is given."""
        ending = self.runs.charge(len(graph.nodes))
        own = control_flow.renamed(graph, ending)
        if len(own.inputs) != len(start):
            raise RefusedError(f"its graph takes {len(own.inputs)} inputs, and is given {len(start)}")
        self.named.update(zip((info.name for info in own.inputs), start, strict=True))
        for name, raw in own.initializers.items():
            self.named[name + ending] = tensor_of(name, raw, "weight", name)
        self.uses.update(name for node in own.nodes for name in node.inputs)
        self.uses.update(info.name for info in own.outputs)
        self.uses.update(control_flow.uses_inside(own.nodes))
        outer = self.node
        self.runs.depth += 1
        self._run(own.nodes)
        self.runs.depth -= 1
        self.node = outer
        return [self.find(info.name) for info in own.outputs]

    def _name(self, value: Operand) -> str:
        """A name for a value, to hand it to a node that is not in the file."""
        name = self.runs.charge(0)
        self.named[name] = value
        self.uses[name] += 1
        return name

    def _stacked(self, names: Sequence[str]) -> Operand:
        """What each run made, one behind the other along a new axis."""
        longer = []
        for name in names:
            longer.append(f"{name}+")
            self._import(OnnxNode("Unsqueeze", inputs=[name], outputs=longer[-1:], attributes={"axes": [0]}))
        out = f"{names[0]}++"
        self._import(OnnxNode("Concat", inputs=longer, outputs=[out], attributes={"axis": 0}))
        return self.find(out)

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
            if first is None:
                continue
            bias = first.weights.get("bias", self.counted_biases.get(first))
            if bias != layer.weights.get("bias"):
                node = OnnxNode("output", layer.hint)
                raise NodeError(node, RefusedError(f"shares the weights of {first.hint}, but not its bias"))


#: Operations with graphs inside, of which is known what runs.
_CONTROL: Mapping[str, Callable[[Importer, OnnxNode], list[Operand]]] = {
    "If": Importer.chosen,
    "Loop": Importer.repeated_runs,
}


def _place(node: OnnxNode) -> str:
    return f"{node.op_type} {node.name or (node.outputs[0] if node.outputs else '')}".strip()
