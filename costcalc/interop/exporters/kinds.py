"""What the exporters have in common: functions that are given a layer as its own class, windows, slices, heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from costcalc.layers.base import Primitive
from costcalc.layers.conv import Conv
from costcalc.layers.conv_transpose import ConvTranspose
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.dynamic_conv import DynamicConv
from costcalc.layers.fields import per_axis
from costcalc.layers.matmul import Matmul
from costcalc.layers.pool import Pool
from costcalc.layers.reduce import Reduce
from costcalc.layers.slice import Slice
from costcalc.layers.transpose import Transpose
from costcalc.layers.unfold import Fold, Unfold
from costcalc.network import Network, Node
from costcalc.shape import Shape

#: (before, after) for each axis.
Pads: TypeAlias = tuple[tuple[int, int], ...]
#: What slides a window.
Windowed: TypeAlias = Conv | DepthwiseConv | ConvTranspose | DynamicConv | Unfold | Fold | Pool

AXIS_NAMES = ("depth", "height", "width")


class HasLayer(Protocol):
    """A node of a network, or what an exporter makes of one."""

    @property
    def layer(self) -> Primitive:
        """The layer."""


L = TypeVar("L", bound=Primitive)
N = TypeVar("N", bound=HasLayer)
R = TypeVar("R")


def of(kind: type[L], write: Callable[[N, L], R]) -> Callable[[N], R]:
    """A function of a node, from one that is given its layer as well: one of this class."""

    def checked(node: N) -> R:
        layer = node.layer
        assert isinstance(layer, kind), layer.type
        return write(node, layer)

    return checked


class Window(NamedTuple):
    """A number for each spatial axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]


def window_of(layer: Windowed, rank: int) -> Window:
    """The window of a layer over so many axes."""
    stride = layer.kernel_size if layer.stride is None else layer.stride
    return Window(
        per_axis(layer.kernel_size, rank, "kernel_size"),
        per_axis(stride, rank, "stride"),
        per_axis(layer.dilation, rank, "dilation"),
    )


def intervals_of(layer: Slice, source: Shape) -> list[tuple[int, int]]:
    """The (start, stop) that a slice takes of each axis: the channels, then the spatial ones."""
    channels = (0, source.channels)
    if layer.part is not None and layer.of is not None:
        length = source.channels // layer.of
        channels = ((layer.part - 1) * length, layer.part * length)
    elif layer.channels is not None:
        channels = layer.channels
    rank = len(source.spatial)
    spatial = layer.spatial or tuple((0, size) for size in source.spatial)
    return [channels, *(spatial * rank if len(spatial) == 1 else spatial)]


def slides_anew(network: Network, node: Node) -> bool:
    """Whether a node has the weights of another one, and a stride, a padding or a dilation of its own."""
    if node.shares is None or node.layer == network.nodes[node.shares].layer:
        return False
    return any(network.nodes[node.shares].tally.tensors().facts.values())


def heads_of(network: Network, node: Node) -> int:
    """Of a softmax: over how many heads it runs, each by itself; 1 unless it follows a product of several."""
    source = network.nodes[node.inputs[0]].layer if node.inputs[0] >= 0 else None
    return source.heads if isinstance(source, Matmul) and source.transpose else 1


def rank_of(node: Node) -> int:
    """How many spatial axes its input has."""
    return len(node.input_shapes[0].spatial)


def short(values: Sequence[int]) -> int | tuple[int, ...]:
    """One number for all axes, where it is one."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def reduced_axes(node: Node, layer: Reduce) -> tuple[int, ...]:
    """The axes that a reduction runs along: 0, 1, … of H×W×C, the last one the channels."""
    rank = rank_of(node)
    if layer.axes is None:
        return tuple(range(rank))
    names = (*AXIS_NAMES[3 - rank :], "channels")
    return tuple(sorted(names.index(name) for name in layer.axes))


def permutation_of(node: Node, layer: Transpose) -> tuple[int, ...]:
    """The axes of H×W×C in their new order."""
    names = (*AXIS_NAMES[3 - rank_of(node) :], "channels")
    return tuple(names.index(name) for name in layer.order)
