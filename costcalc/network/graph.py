"""The resolved network: primitive nodes in order, and the rows that the user wrote them in."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from costcalc.called import MODULE
from costcalc.dtype import SaidDtype
from costcalc.errors import Problem, Route, ShapeError
from costcalc.layers.base import SLIDING_FIELDS, Primitive, Strides
from costcalc.network.memory import Expansion, KnownLayer, RelativeNode, known_primitive
from costcalc.quantity import MAX_SIZE, listed, shown
from costcalc.shape import Shape
from costcalc.spec import NetworkSpec
from costcalc.spec.choices import Choice
from costcalc.tally import Tally


class Node(NamedTuple):
    """One primitive with its shapes and facts.

    ``inputs`` are indices of earlier nodes; ``~0``, ``~1``, … are the network's inputs. ``row`` is the
    index of the row it belongs to. ``shares`` is the node whose weights it uses again, if it does: then
    its tally holds no tensors. A node whose layer has a norm or an activation as a field is followed at
    once by theirs. ``dtype`` is what the layer, or what it stands in, says of it.
    """

    path: str
    layer: Primitive
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output: Shape
    tally: Tally
    row: int
    shares: int | None = None
    dtype: SaidDtype | None = None

    @property
    def kind(self) -> str:
        """The kind under which it is counted: a convolution of each channel by itself is a depthwise one."""
        return next(iter(self.tally.facts))[0]


class Row(NamedTuple):
    """One layer as it was written: a row of the table."""

    name: str
    type: str
    repeat: int
    route: Route
    output: Shape


class Placed(NamedTuple):
    """One entry of the spec where it was placed: its nodes, all its copies', from ``start`` to before ``stop``.

    ``route`` leads to its text, which in a block is the block's; ``used`` are the uses that led there. ``shares`` says
    whether it is another entry again.
    """

    type: str
    name: str
    route: Route
    used: tuple[Route, ...]
    start: int
    stop: int
    shares: bool

    @property
    def block(self) -> str | None:
        """The block whose text it stands in, if it is one's."""
        return str(self.route[1]) if self.route[0] == "blocks" else None


class Network(NamedTuple):
    """A spec with every layer expanded and every shape known.

    ``flat`` is the same network in the order of the model file that it was read from, each layer an operation, where
    blocks were recognised since: what runs, so what memory goes by.
    """

    spec: NetworkSpec
    inputs: Mapping[str, Shape]
    nodes: tuple[Node, ...]
    rows: tuple[Row, ...]
    output: int
    warnings: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    choices: Mapping[str, Choice] = {}
    flat: "Network | None" = None

    def __repr__(self) -> str:
        given = ", ".join(map(str, self.inputs.values()))
        named = f"{self.name!r}, " if self.name else ""
        return f"Network({named}{given} → {self.shape(self.output)}, {len(self.rows)} layers)"

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

    def only_consumers(self) -> dict[int, int]:
        """The one node that takes a value, by the value: of values that one node takes, and that are no output."""
        found: dict[int, int] = {}
        several = {self.output}
        for index, node in enumerate(self.nodes):
            for source in node.inputs:
                if source in found and found[source] != index:
                    several.add(source)
                found[source] = index
        return {source: index for source, index in found.items() if source not in several}


class GraphBuilder:
    """Appends nodes; the only shape propagation."""

    def __init__(self, inputs: Sequence[Shape]) -> None:
        self.inputs = inputs
        self.nodes: list[Node] = []
        self.characters = 0  # of all paths
        self._halves: dict[int, tuple[Tally, tuple[Tally, Tally]]] = {}
        self._called: set[int] = set()  # the nodes of which it is said how the model calls them
        self._calls: dict[tuple[int, str], tuple[Tally, Tally]] = {}
        self._strides: dict[int, tuple[int, Strides]] = {}  # to a value: from where, and how much

    def shape(self, index: int) -> Shape:
        """The shape of a node's output, or of a network input."""
        return self.nodes[index].output if index >= 0 else self.inputs[~index]

    def shapes(self, indices: Sequence[int]) -> tuple[Shape, ...]:
        """The shapes of several values."""
        return tuple([self.shape(index) for index in indices])

    def add(
        self, layer: Primitive, path: str, inputs: tuple[int, ...], row: int, known: KnownLayer | None = None
    ) -> int:
        """Append a layer, and its norm and activation; the index of what comes out. Raises ShapeError.

        ``known`` is what is known of the layer, where that was looked up already.
        """
        known = known or known_primitive(layer)
        value = self.copy(known, path, inputs, row)
        if value is None:
            start = len(self.nodes)
            value = self._append(layer, path, inputs, row)
            for extra in layer.fused():
                value = self._append_fused(extra, path, value, row)
            self.learn(known, start, value, path, inputs)
        return value

    def copy(self, known: KnownLayer, path: str, inputs: tuple[int, ...], row: int) -> int | None:
        """Append what a layer made of the same shapes before; the index of its value, None where it never did."""
        expansion = known.expansions.get(self.shapes(inputs))
        if expansion is None:
            return None
        nodes = self.nodes
        start = len(nodes)
        for suffix, layer, sources, shapes, output, tally in expansion.nodes:
            indices = tuple([start + source if source >= 0 else inputs[~source] for source in sources])
            nodes.append(Node(path + suffix, layer, indices, shapes, output, tally, row))
        self.characters += len(path) * len(expansion.nodes)
        value = expansion.value
        return start + value if value >= 0 else inputs[~value]

    def learn(self, known: KnownLayer, start: int, value: int, path: str, inputs: tuple[int, ...]) -> None:
        """Keep what a layer at a path made of its inputs: the nodes from ``start`` on."""
        if len(set(inputs)) < len(inputs):
            return  # the nodes do not tell which of two equal inputs they took
        places = {index: ~place for place, index in enumerate(inputs)}

        def relative(index: int) -> int:
            return index - start if index >= start else places[index]

        nodes = [
            RelativeNode(
                node.path[len(path) :],
                node.layer,
                tuple(map(relative, node.inputs)),
                node.input_shapes,
                node.output,
                node.tally,
            )
            for node in self.nodes[start:]
        ]
        known.learn(self.shapes(inputs), Expansion(tuple(nodes), relative(value)))

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
            self._share(index, originals[(index - start) % len(originals)])

    def tie(self, nodes: range, originals: range) -> None:
        """Let nodes use the weights of the originals one for one.

        Raises ShapeError where the weights have other shapes, or there are not as many. Nodes that share the weights of
        these are settled later, all at once.
        """
        if len(nodes) != len(originals):
            raise ShapeError(
                f"cannot share weights: of operations it has {len(nodes)}, there are {len(originals)}"
            )
        for index, first in zip(nodes, originals, strict=True):
            root = self.nodes[index].shares
            if root is None:
                self._refuse_other_fields(index, first)
                self._share(index, first)
            elif root not in nodes:
                whose = self.nodes[root].shares
                path = shown(self.nodes[root if whose is None else whose].path)
                raise ShapeError(f"cannot share weights: it shares those of {path} already")

    def settle(self, start: int) -> None:
        """Let nodes, from ``start`` on, that share the weights of one that was tied since share its original."""
        for index in range(start, len(self.nodes)):
            root = self.nodes[index].shares
            whose = None if root is None else self.nodes[root].shares
            if whose is not None:
                self.nodes[index] = self.nodes[index]._replace(shares=whose)

    def _share(self, index: int, first: int) -> None:
        """Let a node use the weights of an earlier one. Raises ShapeError."""
        node, source = self.nodes[index], self.nodes[first]
        root = source.shares if source.shares is not None else first
        tensors, others = self._split(node.tally)
        if (
            node.layer.type != source.layer.type
            or tensors.facts != self._split(self.nodes[root].tally)[0].facts
        ):
            raise ShapeError(f"cannot share weights: {_described(node)}, but {_described(source)}")
        self.nodes[index] = node._replace(shares=root, tally=others)

    def _refuse_other_fields(self, index: int, first: int) -> None:
        """Raise ShapeError where a node with weights says other fields than its original, but for how it slides."""
        layer, source = self.nodes[index].layer, self.nodes[first]
        root = self.nodes[first if source.shares is None else source.shares]
        other = source.layer
        if layer.type != other.type or not self._split(root.tally)[0].facts:
            return
        fields = [name for name, value in layer.__dict__.items() if getattr(other, name, None) != value]
        differing = [name for name in fields if name not in SLIDING_FIELDS]
        if differing:
            paths = f"{shown(self.nodes[index].path)} and {shown(self.nodes[first].path)}"
            raise ShapeError(f"cannot share weights: {paths} differ in {listed(differing)}")

    def _split(self, tally: Tally) -> tuple[Tally, Tally]:
        """The tensors of a tally, and all else; the same objects for the same tally."""
        if id(tally) not in self._halves:
            self._halves[id(tally)] = tally, (tally.tensors(), tally.without_tensors())
        return self._halves[id(tally)][1]

    def label(self, start: int, dtype: SaidDtype) -> None:
        """Give the nodes from ``start`` on a dtype, as far as they do not say themselves."""
        for index in range(start, len(self.nodes)):
            node = self.nodes[index]
            said = dtype if node.dtype is None else node.dtype.inside(dtype)
            self.nodes[index] = node._replace(dtype=said)

    def call(self, start: int, calls: Mapping[str, str]) -> set[str]:
        """Say how the model calls the nodes from ``start`` on that do not say themselves; the kinds that are there."""
        found = set()
        for index in range(start, len(self.nodes)):
            node = self.nodes[index]
            if node.layer.type in calls:
                found.add(node.layer.type)
                if index not in self._called:
                    self._called.add(index)
                    self.nodes[index] = node._replace(
                        tally=self._called_as(node.tally, calls[node.layer.type])
                    )
        return found

    def _called_as(self, tally: Tally, call: str) -> Tally:
        """A tally of a layer that is called so; the same object for the same tally."""
        if call == MODULE:
            return tally
        key = id(tally), call
        if key not in self._calls:
            self._calls[key] = tally, tally.called_as(call)
        return self._calls[key][1]

    def stride(self, start: int, end: int) -> Strides:
        """How much each axis is strided on the way from one value to a later one; None where undefined."""
        total: Strides = None
        index = end
        while index != start:
            if index < 0 or not self.nodes[index].inputs:
                return None  # it comes from elsewhere
            index, steps = self._step_back(index, start)
            if steps is None or (total is not None and len(steps) != len(total)):
                return None
            total = steps if total is None else tuple(a * b for a, b in zip(steps, total, strict=True))
            if any(max(step.numerator, step.denominator) > MAX_SIZE for step in total):
                return None
        if total is not None:
            self._strides[end] = start, total
        return total

    def _step_back(self, index: int, start: int) -> tuple[int, Strides]:
        """The value before a node, and the stride between: in one leap over a way that is known."""
        leap = self._strides.get(index)
        if leap is not None and leap[0] >= start:
            return leap
        node = self.nodes[index]
        return node.inputs[0], node.layer.strides(node.input_shapes)

    def _append(self, layer: Primitive, path: str, inputs: tuple[int, ...], row: int) -> int:
        shapes = self.shapes(inputs)
        output = layer.output_shape(shapes)
        if max((output.channels, *output.spatial)) > MAX_SIZE:  # computed, and may have grown past all bounds
            raise ShapeError(f"makes {output}, and a size is at most {MAX_SIZE}")
        self.nodes.append(Node(path, layer, inputs, shapes, output, layer.tally(shapes, output), row))
        self.characters += len(path)
        return len(self.nodes) - 1

    def _append_fused(self, extra: Primitive, path: str, value: int, row: int) -> int:
        """Append the norm or activation of a layer."""
        try:
            return self._append(extra, f"{path}/{extra.type}", (value,), row)
        except ShapeError as error:
            field = "norm" if extra.type.endswith("_norm") else "activation"
            raise ShapeError(f"its {extra.type} on {self.shape(value)}: {error.message}", field) from None


def _described(node: Node) -> str:
    shapes = " and ".join(map(str, node.input_shapes)) or "nothing"
    kind = node.layer.type
    return f"{shown(node.path)} is {'an' if kind[0] in 'aeiou' else 'a'} {kind} on {shapes}"
