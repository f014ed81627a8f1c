"""Patches: the first part of a network computed tile by tile, so that its large maps are never held whole.

The part's output is divided into a grid; tile i of n starts at ⌊i·size/n⌋. Each tile is traced back to the tile of
every earlier map that it needs, along each axis from [a, b) to

    [a·s − before, (b − 1)·s − before + d·(K − 1) + 1)

cut off at the map's ends; a map that several take (a residual, a path of branches) needs the hull. A transposed
convolution's [a, b) needs

    [⌈(a + before − d·(K − 1))/s⌉, ⌊(b − 1 + before)/s⌋ + 1)

and multiplies once per position of that; an upsampled map needs what its mode reads, with half-pixel centres. The
network's input is fetched tile by tile, the part's whole output is held beside each tile's steps. Tiles overlap: what
overlaps is multiplied again.

Source: Lin et al., "MCUNetV2", arXiv:2110.15352, section 3.1 (patch-based inference).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import NamedTuple, TypeAlias

from costcalc.analysis.memory.peak import Plan, planned
from costcalc.analysis.memory.steps import Steps, steps_of
from costcalc.dtype import Dtype
from costcalc.errors import CostcalcError
from costcalc.kinds import ACTIVATIONS, ELEMENTWISE
from costcalc.layers.fields import per_axis, resolved_padding
from costcalc.network import Network, Node
from costcalc.planners.planner import Planner
from costcalc.quantity import listed, shown
from costcalc.shape import Shape

#: Along one axis, the positions from a first one to before a last one.
Span: TypeAlias = tuple[int, int]
#: The span of each value that a tile needs, along one axis: of nodes, and of the network's inputs as ``~0``, …
Spans: TypeAlias = Mapping[int, Span]

#: Whose outputs need the same position of each input, and no other.
_POINTWISE = (
    ACTIVATIONS
    | (ELEMENTWISE - {"reduce", "top_k"})
    | {
        "linear",
        "batch_norm",
        "layer_norm",
        "rms_norm",
        "dropout",
        "lrn",
        "channel_shuffle",
        "slice",
        "concat",
        "pad",
    }
)
#: Whose outputs need positions that are scaled.
_SCALED = frozenset({"conv_transpose", "upsample", "depth_to_space", "space_to_depth"})
_WINDOWS = frozenset({"conv", "depthwise_conv", "max_pool", "avg_pool"})


class Patched(NamedTuple):
    """A network whose first part is computed in patches.

    ``tile`` is the tile with the largest step, as a network of its own, with its plan; ``held`` are the bytes of the
    part's whole output beside each of its steps. ``plan`` is that of the network without patches, of which ``end`` is
    the part's last step. ``recomputed`` are the multiplies that overlapping tiles do again.
    """

    grid: tuple[int, ...]
    until: str
    output: Shape
    tile: Network
    tile_plan: Plan
    held: int
    plan: Plan
    end: int
    recomputed: int
    multiplies: int

    @property
    def tile_peak(self) -> int:
        """The most bytes of one tile's steps."""
        return self.tile_plan.peak

    @property
    def rest_peak(self) -> int:
        """The most bytes of the steps after the part."""
        return max(self.plan.alive[self.end + 1 :], default=0)

    @property
    def peak(self) -> int:
        """The most bytes that are alive at one step."""
        return max(self.tile_peak + self.held, self.rest_peak)

    @property
    def share(self) -> Fraction:
        """What is multiplied again, as a share of the whole network's multiplies."""
        return Fraction(self.recomputed, self.multiplies) if self.multiplies else Fraction(0)


def in_patches(network: Network, planner: Planner, dtype: Dtype, grid: Sequence[int], until: str) -> Patched:
    """The network with all up to the layer (or the path) ``until`` computed in patches.

    Raises CostcalcError where that is no first part of the network, or has layers that need whole maps.
    """
    steps = steps_of(network, planner, dtype)
    end = _cut(network, steps, until)
    last = steps.steps[end].nodes[-1]
    output = network.nodes[last].output
    _check(network, last, output, grid)
    axes = [
        [_traced(network, last, axis, span) for span in _tiles(output.spatial[axis], count)]
        for axis, count in enumerate(grid)
    ]
    tile, tile_plan = _worst_tile(network, last, axes, planner, dtype)
    return Patched(
        grid=tuple(grid),
        until=until,
        output=output,
        tile=tile,
        tile_plan=tile_plan,
        held=steps.steps[end].output,
        plan=planned(steps),
        end=end,
        recomputed=_multiplied(network, last, axes) - _multiplies(network.nodes[: last + 1]),
        multiplies=_multiplies(network.nodes),
    )


def _cut(network: Network, steps: Steps, until: str) -> int:
    """The step that ends the part; raises CostcalcError where other values than its output go on."""
    inside = (f"{until}/", f"{until}.")
    nodes = [
        index
        for index, node in enumerate(network.nodes)
        if node.path == until or node.path.startswith(inside)
    ]
    if not nodes:
        names = listed((row.name for row in network.rows), 20)
        raise CostcalcError(f"no layer {shown(until)} to compute patches until; layers: {names}")
    end = next((found for index in reversed(nodes) if (found := steps.step_of[index]) is not None), None)
    if end is None:
        raise CostcalcError(f"{shown(until)} makes no activations: patches end with a layer that does")
    before = {*range(-len(steps.inputs), end)}
    later = {buffer for step in steps.steps[end + 1 :] for buffer in step.inputs}
    more = sorted((later | steps.outputs) & before)
    if more:
        name = (
            "the network's input"
            if more[0] < 0
            else shown(network.nodes[steps.steps[more[0]].nodes[-1]].path)
        )
        raise CostcalcError(
            f"patches cannot end at {shown(until)}: {name}, made before it, is needed after it, too"
        )
    return end


def _check(network: Network, last: int, output: Shape, grid: Sequence[int]) -> None:
    if not output.spatial:
        path = shown(network.nodes[last].path)
        raise CostcalcError(f"patches cannot end at {path}: its output {output} has no positions to divide")
    if len(grid) != len(output.spatial):
        raise CostcalcError(
            f"patches of {output} need a number for each spatial axis ({len(output.spatial)}), not {len(grid)}"
        )
    for size, count in zip(output.spatial, grid, strict=True):
        if count > size:
            raise CostcalcError(f"{count} patches are more than there are positions ({size}) in {output}")
    for node in network.nodes[: last + 1]:
        if node.kind != "parameter" and not _is_local(node):
            raise CostcalcError(
                f"{shown(node.path)} ({node.layer.type}) cannot be computed in patches: it needs more of its input "
                "than a window around each position"
            )


def _is_local(node: Node) -> bool:
    if node.kind in _WINDOWS or node.kind in _SCALED:
        return True
    if node.kind not in _POINTWISE or len(node.output.spatial) == 0:
        return False
    if node.kind == "slice":
        return node.output.spatial == node.input_shapes[0].spatial
    if node.kind == "concat":
        return all(shape.spatial == node.output.spatial for shape in node.input_shapes)
    return True


def _tiles(size: int, count: int) -> list[Span]:
    """The axis in so many tiles, each of which starts at ⌊i·size/n⌋."""
    return [(index * size // count, (index + 1) * size // count) for index in range(count)]


def _traced(network: Network, last: int, axis: int, span: Span) -> dict[int, Span]:
    """The span of every value that one of the last node's output needs, along one axis."""
    needed = {last: span}
    for index in range(last, -1, -1):
        if index not in needed:
            continue
        node = network.nodes[index]
        for source, shape in zip(node.inputs, node.input_shapes, strict=True):
            if len(shape.spatial) != len(node.output.spatial):
                continue  # a vector, which is broadcast
            low, high = _source_span(node, shape, axis, needed[index])
            known = needed.get(source, (low, high))
            needed[source] = min(low, known[0]), max(high, known[1])
    return needed


def _source_span(node: Node, source: Shape, axis: int, span: Span) -> Span:
    """The positions of an input that the positions of a node's output need, along one axis."""
    size, (start, stop) = source.spatial[axis], span
    if node.kind in _WINDOWS:
        kernel, stride, dilation, before = _window(node, source, axis)
        start, stop = start * stride - before, (stop - 1) * stride - before + dilation * (kernel - 1) + 1
    elif node.kind == "pad":
        before = _padding(node, source, axis)
        start, stop = start - before, stop - before
    elif node.kind in _SCALED:
        start, stop = _scaled_span(node, source, axis, span)
    elif size == 1:
        return 0, 1
    # A window may lie in the padding alone; then it needs nothing, and a tile of one position stands for that.
    start, stop = min(max(start, 0), size - 1), max(min(stop, size), 1)
    return start, max(stop, start + 1)


def _window(node: Node, source: Shape, axis: int) -> tuple[int, int, int, int]:
    layer, rank = node.layer, len(source.spatial)
    kernel = per_axis(getattr(layer, "kernel_size"), rank, "kernel_size")  # noqa: B009
    stride = tuple(int(step) for step in layer.strides((source,)) or ())
    dilation = per_axis(getattr(layer, "dilation", 1), rank, "dilation")
    padding = resolved_padding(source.spatial, kernel, stride, dilation, getattr(layer, "padding"))  # noqa: B009
    return kernel[axis], stride[axis], dilation[axis], padding[axis][0]


def _scaled_span(node: Node, source: Shape, axis: int, span: Span) -> Span:
    """The same of a map that is larger or smaller than its input."""
    layer, rank, (start, stop) = node.layer, len(source.spatial), span
    if node.kind == "conv_transpose":
        kernel = per_axis(getattr(layer, "kernel_size"), rank, "kernel_size")  # noqa: B009
        stride = per_axis(getattr(layer, "stride"), rank, "stride")  # noqa: B009
        dilation = per_axis(getattr(layer, "dilation"), rank, "dilation")  # noqa: B009
        padding = getattr(layer, "padding")  # noqa: B009
        pads = resolved_padding(node.output.spatial, kernel, stride, dilation, padding)
        before, step, reach = pads[axis][0], stride[axis], dilation[axis] * (kernel[axis] - 1)
        return -((reach - start - before) // step), (stop - 1 + before) // step + 1
    if node.kind == "upsample":
        scaled = layer.strides((source,))
        return _upsampled_span(
            getattr(layer, "mode"),  # noqa: B009
            Fraction(source.spatial[axis], node.output.spatial[axis])
            if scaled is None
            else Fraction(scaled[axis]),
            span,
        )
    block = per_axis(getattr(layer, "block_size"), rank, "block_size")[axis]  # noqa: B009
    return (
        (start // block, -(-stop // block))
        if node.kind == "depth_to_space"
        else (start * block, stop * block)
    )


def _upsampled_span(mode: str, ratio: Fraction, span: Span) -> Span:
    """What an upsampled span reads of its input, which is ``ratio`` times as large."""
    start, stop = span
    if mode == "nearest":
        return math.floor(start * ratio), math.floor((stop - 1) * ratio) + 1
    if mode == "area":
        return math.floor(start * ratio), math.ceil(stop * ratio)
    half = Fraction(1, 2)
    first, last = (start + half) * ratio - half, (stop - half) * ratio - half
    if mode == "bicubic":
        return math.floor(first) - 1, math.floor(last) + 3
    return math.floor(first), math.ceil(last) + 1


def _padding(node: Node, source: Shape, axis: int) -> int:
    ones = (1,) * len(source.spatial)
    return resolved_padding(source.spatial, ones, ones, ones, getattr(node.layer, "padding"))[axis][0]  # noqa: B009


def _worst_tile(
    network: Network, last: int, axes: Sequence[Sequence[Spans]], planner: Planner, dtype: Dtype
) -> tuple[Network, Plan]:
    """The tile with the largest step, and its plan; tiles of the same sizes are one."""
    sizes = [
        {tuple(sorted((value, stop - start) for value, (start, stop) in spans.items())) for spans in tiles}
        for tiles in axes
    ]
    tiles = (
        _tile(network, last, [dict(axis) for axis in lengths]) for lengths in product(*map(sorted, sizes))
    )
    plans = ((tile, planned(steps_of(tile, planner, dtype))) for tile in tiles)
    return max(plans, key=lambda pair: pair[1].peak)


def _tile(network: Network, last: int, lengths: Sequence[Mapping[int, int]]) -> Network:
    """The part as a network of its own, each map as small as a tile needs it."""

    def small(value: int, shape: Shape) -> Shape:
        if value not in lengths[0]:
            return shape
        return Shape(tuple(axis[value] for axis in lengths), shape.channels)

    nodes = tuple(
        node._replace(output=small(index, node.output))
        for index, node in enumerate(network.nodes[: last + 1])
    )
    inputs = {name: small(~index, shape) for index, (name, shape) in enumerate(network.inputs.items())}
    return network._replace(nodes=nodes, inputs=inputs, output=last)


def _multiplied(network: Network, last: int, axes: Sequence[Sequence[Spans]]) -> int:
    """The multiplies of all tiles together: each position of the grid that a node multiplies on costs the same."""
    total = 0
    for index, node in enumerate(network.nodes[: last + 1]):
        multiplies = _multiplies([node])
        if multiplies and all(index in spans for spans in axes[0]):
            grid = node.output
            counted = [[spans[index] for spans in tiles] for tiles in axes]
            if node.kind == "conv_transpose":
                grid = node.input_shapes[0]
                counted = [
                    [_source_span(node, grid, axis, span) for span in spans]
                    for axis, spans in enumerate(counted)
                ]
            lengths = [sum(stop - start for start, stop in spans) for spans in counted]
            total += multiplies // grid.positions * math.prod(lengths)
        else:
            total += multiplies
    return total


def _multiplies(nodes: Sequence[Node]) -> int:
    return sum([node.tally.facts.get((node.kind, "multiplies"), 0) for node in nodes])
