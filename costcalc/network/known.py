"""What layers make, kept for the next layer that says the same: of this spec, or of another one in the same run.

A layer without layers written in it makes the same nodes of the same shapes wherever it stands. Reading it,
expanding it and working out its shapes and facts takes many times longer than copying what came out before.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from costcalc.layers.base import Layer, Primitive
from costcalc.network.graph import Node
from costcalc.shape import Shape
from costcalc.tally import Tally

_MOST_LAYERS = 4096
_MOST_SHAPES = 64


class Stub(NamedTuple):
    """A node without its place: ``suffix`` ends its path; ``inputs`` count from the layer's first node, and
    ``~0``, ``~1``, … are what came into the layer.
    """

    suffix: str
    layer: Primitive
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output: Shape
    tally: Tally


class Made(NamedTuple):
    """The nodes of a layer, and which of them (or of what came in) is its value."""

    stubs: tuple[Stub, ...]
    value: int


class KnownLayer:
    """A layer that was read, and what it made of the shapes that came in."""

    __slots__ = ("layer", "made")

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.made: dict[tuple[Shape, ...], Made] = {}

    def learn(self, shapes: tuple[Shape, ...], made: Made) -> None:
        """Keep what the layer made of shapes."""
        if len(self.made) == _MOST_SHAPES:
            self.made.clear()
        self.made[shapes] = made


_LAYERS: dict[Hashable, KnownLayer] = {}


def known_layer(key: Hashable) -> KnownLayer | None:
    """The layer that was read from what a key stands for. Raises TypeError for a key that cannot be hashed."""
    return _LAYERS.get(key)


def remember(key: Hashable, known: KnownLayer) -> None:
    """Keep a layer under what it was read from."""
    if len(_LAYERS) == _MOST_LAYERS:
        _LAYERS.clear()
    _LAYERS[key] = known


def made_of(nodes: Sequence[Node], start: int, value: int, path: str, inputs: Sequence[int]) -> Made:
    """What a layer at a path made of its inputs: the nodes from ``start`` on."""

    def seen_from_the_layer(index: int) -> int:
        return index - start if index >= start else ~inputs.index(index)

    stubs = [
        Stub(
            node.path[len(path) :],
            node.layer,
            tuple(map(seen_from_the_layer, node.inputs)),
            node.input_shapes,
            node.output,
            node.tally,
        )
        for node in nodes[start:]
    ]
    return Made(tuple(stubs), seen_from_the_layer(value))


def make_again(nodes: list[Node], made: Made, path: str, inputs: Sequence[int], row: int) -> int:
    """Append the nodes of a layer that stands at another place; the index of its value."""
    start = len(nodes)
    for suffix, layer, sources, shapes, output, tally in made.stubs:
        indices = tuple([start + source if source >= 0 else inputs[~source] for source in sources])
        nodes.append(Node(path + suffix, layer, indices, shapes, output, tally, row))
    return start + made.value if made.value >= 0 else inputs[~made.value]
