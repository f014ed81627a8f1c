"""The resolved network: primitive nodes in order, and the rows that the user wrote them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from costcalc.errors import Problem, Route, ShapeError
from costcalc.layers.base import Primitive, Strides
from costcalc.quantity import MAX_SIZE, shown
from costcalc.shape import Shape
from costcalc.spec import NetworkSpec
from costcalc.tally import Tally


class Node(NamedTuple):
    """One primitive with its shapes and facts.

    ``inputs`` are indices of earlier nodes; ``~0``, ``~1``, … are the network's inputs. ``row`` is the
    index of the row it belongs to. ``shares`` is the node whose weights it uses again, if it does: then
    its tally holds no tensors. A node whose layer has a norm or an activation as a field is followed at
    once by theirs.
    """

    path: str
    layer: Primitive
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output: Shape
    tally: Tally
    row: int
    shares: int | None = None


class Row(NamedTuple):
    """One layer as it was written: a row of the table."""

    name: str
    type: str
    repeat: int
    route: Route
    output: Shape


@dataclass(frozen=True, slots=True)
class Network:
    """A spec with every layer expanded and every shape known."""

    spec: NetworkSpec
    inputs: Mapping[str, Shape]
    nodes: tuple[Node, ...]
    rows: tuple[Row, ...]
    output: int
    warnings: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """The name that the spec gives it, if any."""
        return self.spec.name

    def shape(self, index: int) -> Shape:
        """The shape of a node's output, or of a network input (``~0``, …)."""
        return self.nodes[index].output if index >= 0 else tuple(self.inputs.values())[~index]

    def nodes_by_row(self) -> list[list[Node]]:
        """The nodes of each row, in order."""
        rows: list[list[Node]] = [[] for _ in self.rows]
        for node in self.nodes:
            rows[node.row].append(node)
        return rows

    def consumers(self) -> list[list[int]]:
        """For each node, the indices of the nodes that take its output."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for index, node in enumerate(self.nodes):
            for source in node.inputs:
                if source >= 0:
                    found[source].append(index)
        return found


class GraphBuilder:
    """Appends nodes; the only shape propagation."""

    def __init__(self, inputs: Sequence[Shape]) -> None:
        self.inputs = inputs
        self.nodes: list[Node] = []
        # The same layer object on the same shapes is computed once; the nodes keep the layers alive.
        self._known: dict[tuple[int, tuple[Shape, ...]], tuple[Shape, Tally]] = {}
        self._halves: dict[int, tuple[Tally, tuple[Tally, Tally]]] = {}

    def shape(self, index: int) -> Shape:
        """The shape of a node's output, or of a network input."""
        return self.nodes[index].output if index >= 0 else self.inputs[~index]

    def add(self, layer: Primitive, path: str, inputs: tuple[int, ...], row: int) -> int:
        """Append a layer, and its norm and activation; the index of what comes out. Raises ShapeError."""
        at = self._append(layer, path, inputs, row)
        for extra in layer.fused():
            try:
                at = self._append(extra, f"{path}/{extra.type}", (at,), row)
            except ShapeError as error:
                field = "norm" if extra.type.endswith("_norm") else "activation"
                raise ShapeError(f"its {extra.type} on {self.shape(at)}: {error.message}", field) from None
        return at

    def share(self, start: int, originals: Sequence[int]) -> None:
        """Let the nodes from ``start`` on use the weights of the originals, again and again in turn.

        Raises ShapeError where the weights have other shapes.
        """
        for index in range(start, len(self.nodes)):
            node = self.nodes[index]
            if not originals:
                raise ShapeError(
                    f"cannot share weights: there is nothing like {shown(node.path)} to share with"
                )
            first = originals[(index - start) % len(originals)]
            source = self.nodes[first]
            root = source.shares if source.shares is not None else first
            tensors, others = self._split(node.tally)
            if node.layer.type != source.layer.type or tensors != self._split(self.nodes[root].tally)[0]:
                raise ShapeError(f"cannot share weights: {_described(node)}, but {_described(source)}")
            self.nodes[index] = node._replace(shares=root, tally=others)

    def _split(self, tally: Tally) -> tuple[Tally, Tally]:
        """The tensors of a tally, and all else; the same objects for the same tally."""
        if id(tally) not in self._halves:
            self._halves[id(tally)] = tally, (tally.tensors(), tally.without_tensors())
        return self._halves[id(tally)][1]

    def stride(self, start: int, end: int) -> Strides:
        """How much each axis is strided on the way from one value to a later one; None where undefined."""
        total: Strides = None
        index = end
        while index != start:
            if index < 0 or not self.nodes[index].inputs:
                return None  # it comes from elsewhere
            node = self.nodes[index]
            steps = node.layer.strides(node.input_shapes)
            if steps is None or (total is not None and len(steps) != len(total)):
                return None
            total = steps if total is None else tuple(a * b for a, b in zip(steps, total, strict=True))
            if any(max(step.numerator, step.denominator) > MAX_SIZE for step in total):
                return None
            index = node.inputs[0]
        return total

    def _append(self, layer: Primitive, path: str, inputs: tuple[int, ...], row: int) -> int:
        nodes = self.nodes
        shapes = tuple([nodes[index].output if index >= 0 else self.inputs[~index] for index in inputs])
        key = (id(layer), shapes)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _worked_out(layer, shapes)
        output, tally = known
        nodes.append(Node(path, layer, inputs, shapes, output, tally, row))
        return len(nodes) - 1


_MOST_KNOWN = 2**14
_known: dict[object, tuple[Shape, Tally]] = {}  # of this network and others, by what the layers say


def _worked_out(layer: Primitive, shapes: tuple[Shape, ...]) -> tuple[Shape, Tally]:
    """What a layer makes of shapes, and its facts. Layers that say the same have them in common."""
    key = (layer.__class__, shapes, *layer.__dict__.values())
    try:
        known = _known.get(key)
    except TypeError:  # a list among the fields
        return _computed(layer, shapes)
    if known is None:
        known = _computed(layer, shapes)
        if len(_known) == _MOST_KNOWN:
            _known.clear()
        _known[key] = known
    return known


def _computed(layer: Primitive, shapes: tuple[Shape, ...]) -> tuple[Shape, Tally]:
    output = _bounded(layer.output_shape(shapes))
    return output, layer.tally(shapes, output)


def _described(node: Node) -> str:
    shapes = " and ".join(map(str, node.input_shapes)) or "nothing"
    return f"{shown(node.path)} is a {node.layer.type} on {shapes}"


def _bounded(shape: Shape) -> Shape:
    """The shape, whose sizes are computed and may have grown past all bounds; raises ShapeError."""
    if max((shape.channels, *shape.spatial)) > MAX_SIZE:
        raise ShapeError(f"makes {shape}, and a size is at most {MAX_SIZE}")
    return shape
