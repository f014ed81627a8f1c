"""The standard version: every depthwise convolution that only a 1×1 takes becomes one convolution with it.

A depthwise convolution whose only consumer is (past norms and activations) a 1×1 convolution with groups 1 and
stride 1 becomes one: the depthwise's kernel, stride, padding, dilation; the 1×1's channels, bias, norm, activation.

Source: Howard et al., "MobileNets", arXiv:1704.04861, section 3.1, read backwards.
"""

from collections import Counter, defaultdict
from typing import NamedTuple

from costcalc.layers.activation import Activation
from costcalc.layers.conv import Conv, steps, taps
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.norm import Norm
from costcalc.network import Network
from costcalc.quantity import shown
from costcalc.rewrite.version import Rebuild, Replacement, Version, is_depthwise, noted


class _Pair(NamedTuple):
    """A depthwise node, the 1×1 that takes it, and what stands between (all of it goes)."""

    depthwise: int
    pointwise: int
    between: tuple[int, ...]


def standard(network: Network) -> Version:
    """The network with its separable convolutions made standard ones; rows and their order stay."""
    notes: defaultdict[int, Counter[str]] = defaultdict(Counter)
    pairs = _shared_alike(network, _pairs(network, notes), notes)
    if not pairs:
        return Version(network, (), noted(notes))
    gone = {index for pair in pairs for index in (pair.depthwise, *pair.between)}
    merged = {pair.pointwise: pair for pair in pairs}
    rebuild = Rebuild(network)
    replacements = []
    index = 0
    while index < len(network.nodes):
        node = network.nodes[index]
        if index in gone:
            rebuild.skip(rebuild.place(node.inputs[0]))
            index += 1
        elif index in merged:
            pair = merged[index]
            replacements.append(_merge(rebuild, pair))
            name = shown(network.rows[node.row].name).replace("{", "{{").replace("}", "}}")
            for row in _other_rows(network, pair):
                notes[row][f"in the standard version its cost stands in {name}"] += 1
            index += 1 + len(node.layer.fused())
        else:
            rebuild.keep(node)
            index += 1
    return Version(rebuild.network(), tuple(replacements), noted(notes))


def _pairs(network: Network, notes: defaultdict[int, Counter[str]]) -> list[_Pair]:
    consumers = network.consumers()
    pairs = []
    for index, node in enumerate(network.nodes):
        if is_depthwise(node):
            found = _pair(network, consumers, index)
            if isinstance(found, _Pair):
                pairs.append(found)
            else:
                notes[node.row][f"{{depthwise}} kept in the standard version: {found}"] += 1
    return pairs


def _pair(network: Network, consumers: list[list[int]], depthwise: int) -> _Pair | str:
    """The pair that a depthwise node begins, or why there is none."""
    between: list[int] = []
    index = depthwise
    while True:
        if index == network.output:
            return "no 1×1 convolution takes it"
        if len(consumers[index]) != 1:
            return "several layers take it" if consumers[index] else "nothing takes it"
        index = consumers[index][0]
        node = network.nodes[index]
        if not isinstance(node.layer, (Norm, Activation)):
            break
        between.append(index)
    layer = node.layer
    if not isinstance(layer, Conv):
        return f"{node.layer.type.replace('_', ' ')} stands before the next convolution"
    if layer.groups > 1 or taps(layer.kernel_size, node.input_shapes[0]) != 1:
        return "the next convolution is no plain 1×1"
    source = node.input_shapes[0]
    if node.output.spatial != source.spatial or any(step != 1 for step in steps(layer.stride, source)):
        return "the next 1×1 is strided or padded"
    return _Pair(depthwise, index, tuple(between))


def _shared_alike(network: Network, pairs: list[_Pair], notes: defaultdict[int, Counter[str]]) -> list[_Pair]:
    """Only those pairs whose shared weights are merged everywhere, or that share none."""
    while True:
        merged = {index: pair for pair in pairs for index in (pair.depthwise, pair.pointwise, *pair.between)}
        broken = set()
        for index, node in enumerate(network.nodes):
            if node.shares is None:
                continue
            here, there = merged.get(index), merged.get(node.shares)
            alike = here is not None and there is not None and _shares_both(network, here, there)
            if not alike and (here is not None or there is not None):
                broken |= {pair for pair in (here, there) if pair is not None}
        if not broken:
            return pairs
        for pair in broken:
            note = "{depthwise} kept in the standard version: shares weights with one that stays"
            notes[network.nodes[pair.depthwise].row][note] += 1
        pairs = [pair for pair in pairs if pair not in broken]


def _other_rows(network: Network, pair: _Pair) -> set[int]:
    """The rows of a pair that are not the 1×1's: nothing of the pair stands there any more."""
    rows = {network.nodes[index].row for index in (pair.depthwise, *pair.between)}
    return rows - {network.nodes[pair.pointwise].row}


def _shares_both(network: Network, here: _Pair, there: _Pair) -> bool:
    nodes = network.nodes
    return nodes[here.depthwise].shares == there.depthwise and nodes[here.pointwise].shares == there.pointwise


def _merge(rebuild: Rebuild, pair: _Pair) -> Replacement:
    """Put the standard convolution in the place of a 1×1 and the depthwise before it."""
    nodes = rebuild.source.nodes
    first, second = nodes[pair.depthwise], nodes[pair.pointwise]
    depthwise, pointwise = first.layer, second.layer
    assert isinstance(depthwise, (DepthwiseConv, Conv))
    assert isinstance(pointwise, Conv)
    layer = Conv(
        type="conv",
        out_channels=pointwise.out_channels,
        kernel_size=depthwise.kernel_size,
        stride=depthwise.stride,
        padding=depthwise.padding,
        dilation=depthwise.dilation,
        bias=pointwise.bias,
        norm=pointwise.norm,
        activation=pointwise.activation,
    )
    start = len(rebuild.graph.nodes)
    value = rebuild.graph.add(layer, second.path, (rebuild.place(first.inputs[0]),), second.row)
    if second.shares is not None:
        rebuild.graph.share(start, range(*rebuild.spans[second.shares]))
    fused = len(pointwise.fused())
    rebuild.done(start if fused else value, start)
    for extra in range(fused):
        rebuild.places.append(start + 1 + extra)
        rebuild.spans.append((start + 1 + extra, start + 2 + extra))
    source = first.input_shapes[0]
    return Replacement(
        second.row,
        second.path,
        pointwise.out_channels,
        taps(depthwise.kernel_size, source),
        first.output.channels // source.channels,
    )
