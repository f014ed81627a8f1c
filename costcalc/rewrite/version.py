"""What a rewrite of a network returns, and the bookkeeping that both rewrites need."""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from costcalc.layers.conv import Conv
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.network import GraphBuilder, Network, Node


class Replacement(NamedTuple):
    """One convolution that stands as standard in one version and as separable in another.

    ``theory`` is m·(1/C_out + 1/taps): separable ÷ standard, by multiplies and weights alone.
    """

    row: int
    path: str
    out_channels: int
    taps: int
    depth_multiplier: int = 1

    @property
    def theory(self) -> Fraction:
        """m·(1/C_out + 1/taps), exactly."""
        return _theory(self.out_channels, self.taps, self.depth_multiplier)


@lru_cache(maxsize=4096)
def _theory(out_channels: int, taps: int, depth_multiplier: int) -> Fraction:
    return depth_multiplier * (Fraction(1, out_channels) + Fraction(1, taps))


class Version(NamedTuple):
    """A rewritten network: what was replaced, and for each row why something was kept or what to know."""

    network: Network
    replacements: tuple[Replacement, ...]
    notes: Mapping[int, tuple[str, ...]]


class Rebuild:
    """A network built anew node by node.

    ``places`` maps old indices to those of the values now, ``spans`` to the nodes that stand for them.
    """

    def __init__(self, source: Network) -> None:
        self.source = source
        self.graph = GraphBuilder(tuple(source.inputs.values()))
        self.places: list[int] = []
        self.spans: list[tuple[int, int]] = []

    def place(self, index: int) -> int:
        """Where the value of an old index stands now."""
        return self.places[index] if index >= 0 else index

    def keep(self, node: Node) -> None:
        """Copy a node as it is."""
        places = self.places
        inputs = tuple([places[index] if index >= 0 else index for index in node.inputs])
        shares = None if node.shares is None else self.spans[node.shares][0]
        moved = inputs != node.inputs or shares != node.shares
        self.graph.nodes.append(node._replace(inputs=inputs, shares=shares) if moved else node)
        self.done(len(self.graph.nodes) - 1, len(self.graph.nodes) - 1)

    def done(self, value: int, start: int) -> None:
        """The next old node now stands at ``value``; the nodes from ``start`` on stand for it."""
        self.places.append(value)
        self.spans.append((start, len(self.graph.nodes)))

    def skip(self, value: int) -> None:
        """The next old node is gone; whoever asks for its value gets ``value``."""
        self.done(value, len(self.graph.nodes))

    def network(self) -> Network:
        """The rewritten network."""
        nodes, output = tuple(self.graph.nodes), self.place(self.source.output)
        return self.source._replace(nodes=nodes, output=output, flat=None)


def is_depthwise(node: Node) -> bool:
    """Whether a node is a depthwise convolution: of that kind, or grouped with groups = C_in > 1."""
    layer = node.layer
    return isinstance(layer, DepthwiseConv) or (
        isinstance(layer, Conv) and layer.groups == node.input_shapes[0].channels > 1
    )


def noted(notes: Mapping[int, Mapping[str, int]]) -> dict[int, tuple[str, ...]]:
    """Notes with how often each applies: ``3 convolutions kept: one tap``."""
    return {
        row: tuple(text.format_map(_counted(count)) for text, count in found.items())
        for row, found in notes.items()
    }


def _counted(count: int) -> dict[str, str]:
    """What the placeholders of a note stand for."""
    if count == 1:
        return {
            "count": "convolution",
            "depthwise": "depthwise convolution",
            "separable has": "separable convolution has",
        }
    return {
        "count": f"{count} convolutions",
        "depthwise": f"{count} depthwise convolutions",
        "separable has": f"{count} separable convolutions have",
    }
