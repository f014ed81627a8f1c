"""The memory of layers: what was read and what it made, for the next layer that says the same.

A layer without layers written in it makes the same nodes of the same shapes wherever it stands, in this spec or in
another one of the same run. Reading it, expanding it and working out its shapes and facts takes many times longer
than copying what came out before; and equal nodes have their facts in common.
"""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from costcalc.layers.base import Layer, Primitive
from costcalc.shape import Shape
from costcalc.tally import Tally

_MOST_LAYERS = 2**14
_MOST_SHAPES = 2**10  # a relu, or the depthwise half of each convolution, meets as many as there are widths


class RelativeNode(NamedTuple):
    """A node of a layer that may stand anywhere.

    ``suffix`` ends its path; ``inputs`` count from the layer's first node, and ``~0``, ``~1``, … are what came into
    the layer.
    """

    suffix: str
    layer: Primitive
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output: Shape
    tally: Tally


class Expansion(NamedTuple):
    """The nodes of a layer, and which of them (or of what came in) is its value."""

    nodes: tuple[RelativeNode, ...]
    value: int


class KnownLayer:
    """A layer, and what it made of the shapes that came in."""

    __slots__ = ("expansions", "layer")

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.expansions: dict[tuple[Shape, ...], Expansion] = {}

    def learn(self, shapes: tuple[Shape, ...], expansion: Expansion) -> None:
        """Keep what the layer made of shapes."""
        if len(self.expansions) == _MOST_SHAPES:
            self.expansions.clear()
        self.expansions[shapes] = expansion


_LAYERS: dict[Hashable, KnownLayer] = {}


def recall(key: Hashable | None) -> KnownLayer | None:
    """The layer that was read from what a key stands for, if it is known."""
    return _LAYERS.get(key)


def remember(key: Hashable | None, layer: Layer) -> KnownLayer:
    """Know a layer, from now on under a key unless that is None."""
    known = KnownLayer(layer)
    if key is not None:
        if len(_LAYERS) >= _MOST_LAYERS:
            _LAYERS.clear()
        _LAYERS[key] = known
    return known


def known_primitive(layer: Primitive) -> KnownLayer:
    """A primitive that no one wrote: layers that say the same are one."""
    key = _hashable((layer.__class__, *layer.__dict__.values()))
    return recall(key) or remember(key, layer)


def defaults_key(defaults: Mapping[str, Any]) -> Hashable:
    """What stands for a spec's defaults."""
    said = ((name, value.__class__, value) for name, value in defaults.items())
    return tuple(
        [
            (name, kind, *value.__dict__.items()) if isinstance(value, Layer) else (name, kind, value)
            for name, kind, value in said
        ]
    )


def written_key(defaults: Hashable, fields: Mapping[str, Any]) -> Hashable | None:
    """What stands for a layer's fields under a spec's defaults; None where a list is among the fields."""
    classes = [value.__class__ for value in fields.values()]  # since 1 == True
    return _hashable((defaults, *fields.items(), *classes))


def _hashable(key: tuple[Any, ...]) -> Hashable | None:
    try:
        hash(key)
    except TypeError:
        return None
    return key
