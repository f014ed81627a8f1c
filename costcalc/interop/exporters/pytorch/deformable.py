"""Deformable convolution in PyTorch: torchvision's, which samples and multiplies in one."""

from __future__ import annotations

from costcalc.interop.exporters.kinds import rank_of
from costcalc.interop.exporters.pytorch.wholes import Wholes
from costcalc.interop.exporters.pytorch.windows import window_arguments
from costcalc.interop.exporters.source.modules import Argument, ModuleCall
from costcalc.layers.base import SLIDING_FIELDS
from costcalc.layers.conv import Conv
from costcalc.layers.unfold import Unfold
from costcalc.network import Network, Node

_SAID = ("kernel_size", *SLIDING_FIELDS[:3])


def deformables(network: Network) -> Wholes:
    """Every sampling at moved taps with the 1×1 convolution over them: a convolution with the sampling's window.

    Those that share weights and slide otherwise stay in two, since torchvision's takes no weights of another one.
    """
    users = network.only_consumers()
    found = {}
    for index, (first, second) in enumerate(zip(network.nodes, network.nodes[1:], strict=False)):
        if users.get(index) == index + 1 and _is_sampling(first) and _is_product(second, first):
            fields = {name: getattr(first.layer, name) for name in _SAID}
            layer = second.layer.model_copy(update=fields)
            whole = second._replace(layer=layer, inputs=first.inputs, input_shapes=first.input_shapes)
            found[index] = (index + 2, whole)
    layers = {stop - 1: node.layer for stop, node in found.values()}
    apart = {
        node.shares
        for index, node in enumerate(network.nodes)
        if node.shares in layers and layers.get(index) != layers[node.shares]
    }
    return {
        start: (stop, node)
        for start, (stop, node) in found.items()
        if stop - 1 not in apart
        and (node.shares is None or (node.shares in layers and node.shares not in apart))
    }


def _is_sampling(node: Node) -> bool:
    """Whether a node moves taps in two axes, as many groups of them as weighs them."""
    if not isinstance(node.layer, Unfold) or rank_of(node) != 2 or len(node.input_shapes) < 2:
        return False
    _, offsets, *weights = node.input_shapes
    return all(offsets.channels == 2 * each.channels for each in weights)


def _is_product(node: Node, sampling: Node) -> bool:
    layer = node.layer
    if not isinstance(layer, Conv) or layer.kernel_size != 1 or layer.stride != 1 or layer.padding != "same":
        return False
    return sampling.input_shapes[0].channels % layer.groups == 0


def deformable(node: Node, layer: Conv) -> ModuleCall:
    """``torchvision.ops.DeformConv2d``; raises CostcalcError where padding is not the same at both ends."""
    channels = (
        Argument("in_channels", node.input_shapes[0].channels),
        Argument("out_channels", node.output.channels),
    )
    more = Argument("groups", layer.groups, 1), Argument("bias", layer.bias, True)
    return ModuleCall("DeformConv2d", (*channels, *window_arguments(node, layer), *more))
