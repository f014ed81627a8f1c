"""The separable version: every convolution that can be is made depthwise-separable.

Each convolution with groups = 1 and more than one tap becomes a depthwise convolution (same kernel, stride,
padding, dilation), then a 1×1; bias, norm and activation, where they are fields of it, go on both.

Source: Howard et al., "MobileNets", arXiv:1704.04861, section 3.1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache

from costcalc.conventions.convention import MULTIPLIES
from costcalc.layers.activation import Activation
from costcalc.layers.base import Primitive
from costcalc.layers.conv import Conv, taps
from costcalc.layers.norm import Norm
from costcalc.layers.separable_conv import SeparableConv
from costcalc.network import Network, Node
from costcalc.network.memory import KnownLayer, known_primitive
from costcalc.rewrite.version import Rebuild, Replacement, Version, is_depthwise, noted
from costcalc.tally import Tally

_ONE_TAP = "{count} kept: one tap"


def separable(network: Network) -> Version:
    """The network with its convolutions made separable; rows and their order stay."""
    return _Separation(network).version()


class _Separation:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.rebuild = Rebuild(network)
        self.notes: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self.replacements: list[Replacement] = []
        self._forms: dict[int, list[tuple[str, Primitive, KnownLayer]]] = {}
        self._rises: dict[tuple[int, int], bool] = {}

    def version(self) -> Version:
        nodes = self.network.nodes
        reasons = [reason_to_keep(node) for node in nodes]
        changes = None in reasons
        index = 0
        while index < len(nodes):
            node, reason = nodes[index], reasons[index]
            if reason is None:
                self.replace(index)
                index += 1 + len(node.layer.fused())
                continue
            if reason and not (reason is _ONE_TAP and self.is_pointwise_of_pair(node)):
                self.notes[node.row][reason] += 1
            if changes:
                self.rebuild.keep(node)
            index += 1
        network = self.rebuild.network() if changes else self.network
        return Version(network, tuple(self.replacements), noted(self.notes))

    def replace(self, index: int) -> None:
        """Put the separable form in the place of a convolution and its norm and activation."""
        node = self.network.nodes[index]
        layer = node.layer
        assert isinstance(layer, Conv)
        rebuild = self.rebuild
        start = len(rebuild.graph.nodes)
        value = rebuild.place(node.inputs[0])
        for name, part, known in self.form(layer):
            value = rebuild.graph.add(part, f"{node.path}/{name}", (value,), node.row, known)
        source = node.input_shapes[0]
        if node.shares is None and self.params_rise(index, start):
            self.notes[node.row]["{separable has} more params"] += 1
        if node.shares is not None:
            rebuild.graph.share(start, range(*rebuild.spans[node.shares]))
        rebuild.done(value, start)
        for _ in layer.fused():
            rebuild.skip(value)
        count = taps(layer.kernel_size, source)
        self.replacements.append(Replacement(node.row, node.path, layer.out_channels, count))

    def form(self, layer: Conv) -> list[tuple[str, Primitive, KnownLayer]]:
        """The separable form of a convolution by names, with what is known of each part."""
        if id(layer) not in self._forms:
            parts = separable_form(layer)
            self._forms[id(layer)] = [(name, part, known_primitive(part)) for name, part in parts.items()]
        return self._forms[id(layer)]

    def params_rise(self, index: int, start: int) -> bool:
        """Whether the separable form of a convolution, the nodes from ``start`` on, has more params."""
        nodes = self.network.nodes
        layer = nodes[index].layer
        key = (id(layer), nodes[index].input_shapes[0].channels)
        if key not in self._rises:
            new = sum(_params(made.tally) for made in self.rebuild.graph.nodes[start:])
            old = sum(_params(kept.tally) for kept in nodes[index : index + 1 + len(layer.fused())])
            self._rises[key] = new > old
        return self._rises[key]

    def is_pointwise_of_pair(self, node: Node) -> bool:
        """Whether a 1×1 is half of a separable convolution already: a depthwise comes before it."""
        index = node.inputs[0]
        while index >= 0:
            before = self.network.nodes[index]
            if not isinstance(before.layer, (Norm, Activation)):
                return is_depthwise(before)
            index = before.inputs[0]
        return False


def reason_to_keep(node: Node) -> str | None:
    """Why a node stays as it is: None if it does not, nothing to say where it is no convolution."""
    layer = node.layer
    if layer.type == "conv_transpose":
        return "{count} kept: transposed"
    if not isinstance(layer, Conv):
        return ""
    source = node.input_shapes[0]
    if layer.separable == "never":
        return "{count} kept: separable: never"
    count = taps(layer.kernel_size, source)
    if count == 1:
        return _ONE_TAP
    if layer.groups > 1:
        return "" if layer.groups == source.channels else "{count} kept: grouped"
    if layer.out_channels + count >= layer.out_channels * count:
        return "{count} kept: multiplies would not fall"
    groups = getattr(layer.norm, "groups", 1)
    if source.channels % groups:
        return f"{{count}} kept: {groups} norm groups do not divide {source.channels} channels"
    return None


@lru_cache(maxsize=4096)
def separable_form(layer: Conv) -> dict[str, Primitive]:
    """The depthwise convolution and the 1×1 that stand for a standard convolution."""
    return SeparableConv(
        type="separable_conv",
        out_channels=layer.out_channels,
        kernel_size=layer.kernel_size,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        bias=layer.bias,
        norm=layer.norm,
        activation=layer.activation,
    ).pair()


def _params(tally: Tally) -> int:
    return MULTIPLIES.count_parameters(tally)
