"""The nodes of an ONNX graph on its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from costcalc.errors import CostcalcError
from costcalc.network import Network, Node
from costcalc.shape import Shape

MISSING = "writing ONNX needs the onnx package: pip install 'costcalc[onnx]'"
#: What every weight is made of.
WEIGHT = 0.01
#: TensorProto's numbers for its data types.
FLOAT, INT64, BOOL = 1, 7, 9
Dims = tuple[int, ...]


def onnx_package() -> Any:
    """The onnx package. Raises CostcalcError where it is not installed."""
    try:
        return import_module("onnx")
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        raise CostcalcError(MISSING) from None


class GraphWriter:
    """Adds ONNX nodes to a GraphProto; ``numbers``: int64 tensors by value, which are still to be added."""

    def __init__(self, network: Network, graph: Any) -> None:
        self.network = network
        self.graph = graph
        self._make_node = onnx_package().helper.make_node
        self.numbers: dict[tuple[int, ...], str] = {}
        self.names: list[str] = []
        self._weights: dict[tuple[int, str], str] = {}
        self._values: dict[float, Any] = {}  # the tensor of each number, made once
        self._count = 0

    def write(self, writers: Mapping[str, Callable[[NodeWriter], str]]) -> None:
        """Add the nodes of every layer, by the writer of its kind: that gives its output's name."""
        for index, node in enumerate(self.network.nodes):
            kind = node.layer.type
            if kind not in writers:
                raise CostcalcError(f"{node.path}: no ONNX operations are written for {kind}")
            self.names.append(writers[kind](NodeWriter(self, node, index)))

    def name_of(self, index: int) -> str:
        """What a node's output is called, or a network's input."""
        return self.names[index] if index >= 0 else list(self.network.inputs)[~index]

    def dims(self, shape: Shape) -> Dims:
        """A shape as ONNX has it: one example, channels first."""
        return (1, shape.channels, *shape.spatial)

    def node(self, kind: str, inputs: Sequence[str], name: str, outputs: int = 1, **attributes: Any) -> str:
        """Add a node; the name of its (first) output."""
        self._count += 1
        made = [
            f"{name}:{self._count}.{number}" if number else f"{name}:{self._count}"
            for number in range(outputs)
        ]
        self.graph.node.append(self._make_node(kind, inputs, made, name=name, **attributes))
        return made[0]

    def ints(self, *values: int) -> str:
        """A tensor of whole numbers, made once."""
        return self.numbers.setdefault(values, f"ints{'_'.join(map(str, values))[:60]}.{len(self.numbers)}")

    def filled(self, name: str, dims: Dims, value: float = WEIGHT) -> str:
        """A tensor of one number everywhere."""
        if value not in self._values:
            self._values[value] = onnx_package().helper.make_tensor("value", FLOAT, [1], [value])
        return self.node("ConstantOfShape", [self.ints(*dims)], name, value=self._values[value])


class NodeWriter:
    """Writes the ONNX nodes of one node of the network; ``inputs`` are the names of what it takes."""

    def __init__(self, writer: GraphWriter, node: Node, index: int) -> None:
        self.writer = writer
        self.node = node
        self.layer = node.layer
        self.source: Shape = node.input_shapes[0] if node.input_shapes else Shape((), 1)
        self.output = node.output
        self.inputs = [writer.name_of(source) for source in node.inputs]
        self._index = index

    @property
    def rank(self) -> int:
        """How many spatial axes its input has."""
        return len(self.source.spatial)

    def make(self, kind: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> str:
        """Add a node under the layer's own name."""
        return self.writer.node(kind, inputs, self.node.path, outputs, **attributes)

    def second(self, first: str) -> str:
        """The second output of a node whose first one this is."""
        return f"{first}.1"

    def weight(self, name: str, *dims: int) -> str:
        """A weight; of a layer that shares another's, that one's."""
        owner = self._index if self.node.shares is None else self.node.shares
        known = self.writer._weights
        if (owner, name) not in known:
            path = self.writer.network.nodes[owner].path
            known[owner, name] = self.writer.filled(f"{path}.{name}", dims)
        return known[owner, name]

    def reshaped(self, name: str, *dims: int) -> str:
        """A tensor under other dims."""
        return self.make("Reshape", [name, self.writer.ints(*dims)])

    def transposed(self, name: str, *order: int) -> str:
        """A tensor with its axes in another order."""
        return self.make("Transpose", [name], perm=list(order))

    def channels_last(self, name: str) -> str:
        """N×C×… as N×…×C."""
        return self.transposed(name, 0, *range(2, self.rank + 2), 1) if self.rank else name

    def channels_first(self, name: str) -> str:
        """N×…×C as N×C×…."""
        return self.transposed(name, 0, self.rank + 1, *range(1, self.rank + 1)) if self.rank else name
