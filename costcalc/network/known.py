"""What layers make, kept for the next layer that says the same: of this spec, or of another one in the same run.

A layer without layers written in it makes the same nodes of the same shapes wherever it stands. Reading it,
expanding it and working out its shapes and facts takes many times longer than copying what came out before.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

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


_LAYERS: dict[Hashable | None, KnownLayer] = {}


def defaults_key(defaults: Mapping[str, Any]) -> Hashable:
    """What stands for a spec's defaults."""
    said = ((name, value.__class__, value) for name, value in defaults.items())
    return tuple(
        [
            (name, kind, *value.__dict__.items()) if isinstance(value, Layer) else (name, kind, value)
            for name, kind, value in said
        ]
    )


def layer_key(defaults: Hashable, fields: Mapping[str, Any]) -> Hashable | None:
    """What stands for a layer's fields under a spec's defaults; None where a list is among the fields."""
    key = _key(defaults, list(fields.items()))
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _key(defaults: Hashable, fields: Sequence[tuple[str, Any]]) -> tuple[Any, ...]:
    return (defaults, *fields, *[value.__class__ for _, value in fields])  # classes, since 1 == True


def known_layer(key: Hashable | None) -> KnownLayer | None:
    """The layer that was read from what a key stands for."""
    return _LAYERS.get(key)


def remember(key: Hashable | None, known: KnownLayer) -> None:
    """Keep a layer under what it was read from."""
    if key is None:
        return
    if len(_LAYERS) == _MOST_LAYERS:
        _LAYERS.clear()
    _LAYERS[key] = known


def made_before(defaults: Hashable, raw: Mapping[str, Any], shape: Shape) -> Made | None:
    """What an entry makes of one input, if that is known; of no entry that names inputs, repeats or shares."""
    if "inputs" in raw or "repeat" in raw or "shares" in raw:
        return None
    fields = [(key, value) for key, value in raw.items() if key != "name"]
    try:
        known = _LAYERS.get(_key(defaults, fields))
    except TypeError:  # a list among the values
        return None
    return None if known is None else known.made.get((shape,))


def made_of(nodes: Sequence[Node], start: int, value: int, path: str, inputs: Sequence[int]) -> Made:
    """What a layer at a path made of its inputs: the nodes from ``start`` on."""

    places = {index: ~place for place, index in enumerate(inputs)}  # which are all different

    def seen_from_the_layer(index: int) -> int:
        return index - start if index >= start else places[index]

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
        if len(sources) == 1:  # as nearly always
            (source,) = sources
            indices: tuple[int, ...] = (start + source if source >= 0 else inputs[~source],)
        else:
            indices = tuple([start + source if source >= 0 else inputs[~source] for source in sources])
        nodes.append(Node(path + suffix, layer, indices, shapes, output, tally, row))
    return start + made.value if made.value >= 0 else inputs[~made.value]
