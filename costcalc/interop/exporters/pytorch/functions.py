"""Recurrent layers, embeddings, functions and moved axes in PyTorch."""

from __future__ import annotations

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.kinds import AXIS_NAMES, permutation_of, rank_of, reduced_axes
from costcalc.interop.exporters.source.modules import Argument, ModuleCall
from costcalc.layers.block_shuffle import BlockShuffle
from costcalc.layers.elementwise import Elementwise
from costcalc.layers.embedding import Embedding
from costcalc.layers.fields import per_axis
from costcalc.layers.function import ElementFunction
from costcalc.layers.recurrent import Lstm, Rnn
from costcalc.layers.reduce import Reduce
from costcalc.layers.rms_norm import RmsNorm
from costcalc.layers.top_k import TopK
from costcalc.layers.transpose import Transpose
from costcalc.network import Node

#: What functions of several maps are called.
_JOINS = {
    "subtract": "sub",
    "divide": "div",
    "maximum": "maximum",
    "minimum": "minimum",
    "compare": "eq",
    "where": "where",
}


def recurrent(node: Node, layer: Rnn) -> list[ModuleCall]:
    """``Recurrent``; raises CostcalcError on peepholes."""
    if isinstance(layer, Lstm) and layer.peepholes:
        raise CostcalcError(f"{node.path}: PyTorch has no lstm with peepholes")
    arguments = [
        Argument("kind", layer.type),
        Argument("channels", node.input_shapes[0].channels),
        Argument("hidden_size", layer.hidden_size),
        Argument("biases", layer.biases, 2),
        Argument("last", layer.returns == "last", False),
        Argument("backward", layer.direction == "backward", False),
        Argument("num_layers", layer.layers, 1),
        Argument("bidirectional", layer.direction == "both", False),
    ]
    if isinstance(layer, Lstm):
        arguments.append(Argument("proj_size", layer.projection or 0, 0))
    return [ModuleCall("Recurrent", tuple(arguments))]


def embedding(node: Node, layer: Embedding) -> list[ModuleCall]:
    """``Indexed``: a table of vectors."""
    return [
        ModuleCall(
            "Indexed",
            (
                Argument("num_embeddings", layer.num_embeddings),
                Argument("embedding_dim", layer.embedding_dim),
                Argument("trainable", layer.trainable, True),
            ),
        )
    ]


def rms_norm(node: Node, layer: RmsNorm) -> list[ModuleCall]:
    """``nn.RMSNorm``, over the channels of a map."""
    arguments = (
        Argument("channels", node.input_shapes[0].channels),
        Argument("elementwise_affine", layer.affine, True),
    )
    return [ModuleCall("ChannelRMSNorm" if rank_of(node) else "nn.RMSNorm", arguments)]


def function(node: Node, layer: ElementFunction) -> list[ModuleCall]:
    """``Function``: of one map."""
    return [ModuleCall("Function", (Argument("name", layer.function),))]


def join(node: Node, layer: Elementwise) -> list[ModuleCall]:
    """``Join``: of several maps."""
    return [ModuleCall("Join", (Argument("name", _JOINS[layer.type]),))]


def reduce(node: Node, layer: Reduce) -> list[ModuleCall]:
    """``Reduce``, along the axes of N×C×H×W."""
    rank = rank_of(node)
    axes = tuple(sorted(1 if axis == rank else axis + 2 for axis in reduced_axes(node, layer)))
    arguments = Argument("name", layer.function), Argument("axes", axes), Argument("keep", layer.keep, True)
    return [ModuleCall("Reduce", arguments)]


def top_k(node: Node, layer: TopK) -> list[ModuleCall]:
    """``TopK``, along an axis of N×C×H×W."""
    rank = rank_of(node)
    axis = 1 if layer.axis == "channels" else 2 + AXIS_NAMES[3 - rank :].index(layer.axis)
    return [ModuleCall("TopK", (Argument("k", layer.k), Argument("axis", axis, 1)))]


def transpose(node: Node, layer: Transpose) -> list[ModuleCall]:
    """``Permute``, of N×C×H×W."""
    rank = rank_of(node)
    *spatial, channels = (1 if axis == rank else axis + 2 for axis in permutation_of(node, layer))
    return [ModuleCall("Permute", (Argument("axes", (channels, *spatial)),))]


def block_shuffle(node: Node, layer: BlockShuffle) -> list[ModuleCall]:
    """``nn.PixelShuffle`` or its inverse; raises CostcalcError unless blocks are square."""
    blocks = per_axis(layer.block_size, rank_of(node), "block_size")
    if len(blocks) != 2 or len(set(blocks)) > 1:
        raise CostcalcError(f"{node.path}: PyTorch has no {layer.type} of blocks {list(blocks)}")
    if layer.type == "depth_to_space":
        return [ModuleCall("nn.PixelShuffle", (Argument("upscale_factor", blocks[0]),))]
    return [ModuleCall("nn.PixelUnshuffle", (Argument("downscale_factor", blocks[0]),))]
