"""The separable version: every convolution that can be is made depthwise-separable.

Each convolution with groups = 1 and more than one tap becomes a depthwise convolution (same kernel, stride,
padding, dilation), then a 1×1; bias, norm and activation, where they are fields of it, go on both.

Source: Howard et al., "MobileNets", arXiv:1704.04861, section 3.1.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from costcalc.layers.conv import Conv, taps
from costcalc.layers.conv_transpose import ConvTranspose
from costcalc.layers.norm import GroupNorm
from costcalc.layers.separable_conv import SeparableConv
from costcalc.network import Network, Node
from costcalc.rewrite.version import Rebuild, Replacement, Version, noted
from costcalc.tally import Tally

_TRAINED = ("weights", "biases", "affine", "slopes")


def separable(network: Network) -> Version:
    """The network with its convolutions made separable; rows and their order stay."""
    rebuild = Rebuild(network)
    notes: defaultdict[int, Counter[str]] = defaultdict(Counter)
    replacements = []
    index = 0
    while index < len(network.nodes):
        node = network.nodes[index]
        reason = _reason_to_keep(node)
        if reason is not None:
            if reason:
                notes[node.row][reason] += 1
            rebuild.keep(node)
            index += 1
            continue
        assert isinstance(node.layer, Conv)
        dressed = 1 + len(node.layer.dressing())
        if _replace(rebuild, node, dressed) and node.shares is None:
            notes[node.row]["separable {count} has more params"] += 1
        source = node.input_shapes[0]
        count = taps(node.layer.kernel_size, source)
        replacements.append(Replacement(node.row, node.path, node.layer.out_channels, count))
        index += dressed
    return Version(rebuild.network(), tuple(replacements), noted(notes))


def _reason_to_keep(node: Node) -> str | None:
    """Why a node stays as it is: None if it does not, nothing to say where it is no convolution."""
    layer = node.layer
    if isinstance(layer, ConvTranspose):
        return "{count} kept: transposed"
    if not isinstance(layer, Conv):
        return ""
    source = node.input_shapes[0]
    if layer.separable == "never":
        return "{count} kept: separable: never"
    count = taps(layer.kernel_size, source)
    if count == 1:
        return "{count} kept: one tap"
    if layer.groups > 1:
        return "" if layer.groups == source.channels else "{count} kept: grouped"
    if layer.out_channels + count >= layer.out_channels * count:
        return "{count} kept: multiplies would not fall"
    if isinstance(layer.norm, GroupNorm) and source.channels % layer.norm.groups:
        return f"{{count}} kept: {layer.norm.groups} norm groups do not divide {source.channels} channels"
    return None


def _replace(rebuild: Rebuild, node: Node, dressed: int) -> bool:
    """Put the separable form in the place of a convolution; whether its params rise."""
    layer = node.layer
    assert isinstance(layer, Conv)
    form = SeparableConv(
        type="separable_conv",
        out_channels=layer.out_channels,
        kernel_size=layer.kernel_size,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        bias=layer.bias,
        norm=layer.norm,
        activation=layer.activation,
    )
    start = len(rebuild.graph.nodes)
    value = rebuild.place(node.inputs[0])
    for name, part in form.pair().items():
        value = rebuild.graph.add(part, f"{node.path}/{name}", (value,), node.row)
    new = sum(_trained(made.tally) for made in rebuild.graph.nodes[start:])
    if node.shares is not None:
        rebuild.graph.share(start, rebuild.spans[node.shares][0])
    rebuild.done(value, start)
    for _ in range(dressed - 1):
        rebuild.skip(value)
    old = layer.tally(node.input_shapes) + Tally.total(extra.tally((node.output,)) for extra in layer.dressing())
    return new > _trained(old)


def _trained(tally: Tally) -> int:
    return sum(map(tally.sum, _TRAINED))
