"""What each kind is in PyTorch: N×C×H×W, one call or two.

Source: https://docs.pytorch.org/docs/stable/nn.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.kinds import (
    AXIS_NAMES,
    heads_of,
    intervals_of,
    of,
    rank_of,
    short,
    slides_anew,
)
from costcalc.interop.exporters.pytorch.attention import attention
from costcalc.interop.exporters.pytorch.deformable import deformable
from costcalc.interop.exporters.pytorch.functions import (
    block_shuffle,
    embedding,
    function,
    join,
    recurrent,
    reduce,
    rms_norm,
    top_k,
    transpose,
)
from costcalc.interop.exporters.pytorch.windows import (
    conv,
    conv_transpose,
    depthwise,
    dynamic_conv,
    pool,
    slid,
    unfold,
    zeros,
)
from costcalc.interop.exporters.source.modules import Argument, ModuleCall
from costcalc.interop.exporters.source.program import Leaf
from costcalc.layers.attention import AttentionWeights
from costcalc.layers.block_shuffle import BlockShuffle
from costcalc.layers.concat import Concat
from costcalc.layers.conv import Conv
from costcalc.layers.conv_transpose import ConvTranspose
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.dropout import Dropout
from costcalc.layers.dynamic_conv import DynamicConv
from costcalc.layers.elementwise import Elementwise
from costcalc.layers.embedding import Embedding
from costcalc.layers.fields import padding_per_axis
from costcalc.layers.function import ElementFunction
from costcalc.layers.group_norm import GroupNorm
from costcalc.layers.instance_norm import InstanceNorm
from costcalc.layers.linear import Linear
from costcalc.layers.lrn import Lrn
from costcalc.layers.matmul import Matmul
from costcalc.layers.norm import Norm
from costcalc.layers.pad import Pad
from costcalc.layers.parameter import Parameter
from costcalc.layers.pool import Pool
from costcalc.layers.prelu import Prelu
from costcalc.layers.recurrent import Rnn
from costcalc.layers.reduce import Reduce
from costcalc.layers.rms_norm import RmsNorm
from costcalc.layers.slice import Slice
from costcalc.layers.softmax import Softmax
from costcalc.layers.top_k import TopK
from costcalc.layers.transpose import Transpose
from costcalc.layers.unfold import Fold, Unfold
from costcalc.layers.upsample import Upsample
from costcalc.network import Network, Node

#: What a node is called with, one call after the other.
Calls: TypeAlias = Callable[[Node], list[ModuleCall]]


def leaf_of(network: Network) -> Callable[[Node], Leaf]:
    """What a node of this network is; raises CostcalcError where PyTorch has nothing for it."""
    lone = _batchless(network)

    def leaf(node: Node) -> Leaf:
        layer = node.layer
        if isinstance(layer, AttentionWeights) and len(node.inputs) > 1:
            return Leaf("call", (attention(node, layer.attention),))
        if isinstance(layer, Conv) and len(node.inputs) > 1:
            return Leaf("call", (deformable(node, layer),))
        if isinstance(layer, Softmax):
            return Leaf("call", (_softmax(heads_of(network, node)),))
        if isinstance(layer, Elementwise) and layer.type in ("add", "multiply"):
            rank = len(node.output.spatial)
            return Leaf(layer.type, (), tuple(rank - len(shape.spatial) for shape in node.input_shapes))
        if isinstance(layer, Concat):
            return _concat(node, layer, lone)
        if isinstance(layer, Parameter):
            return _parameter(node, layer)
        calls = _CALLS.get(layer.type)
        if calls is None:
            raise CostcalcError(f"{node.path}: PyTorch has no layer for {layer.type}")
        if node.shares is not None and slides_anew(network, node):
            return Leaf("slide", (), slid(node, calls(node), calls(network.nodes[node.shares])))
        return Leaf("call", tuple(calls(node)))

    return leaf


def _batchless(network: Network) -> set[int]:
    """The nodes whose values come from parameters alone: one for all examples."""
    found: set[int] = set()
    for index, node in enumerate(network.nodes):
        if all(source in found for source in node.inputs):
            found.add(index)
    return found


def _given(**values: Any) -> list[Argument]:
    return [Argument(name, value) for name, value in values.items()]


def _parameter(node: Node, layer: Parameter) -> Leaf:
    dims = (1, node.output.channels, *node.output.spatial)
    names = ("examples", "channels", *AXIS_NAMES[5 - len(dims) :])
    sizes = tuple(Argument(name, size) for name, size in zip(names, dims, strict=True))
    if layer.trainable:
        return Leaf("parameter", (ModuleCall("nn.Parameter(0.02 * torch.randn", sizes, "))"),))
    return Leaf("buffer", (ModuleCall("torch.zeros", sizes),))


def _concat(node: Node, layer: Concat, lone: set[int]) -> Leaf:
    rank = len(node.output.spatial)
    dim = 1 if layer.axis == "channels" else 2 + AXIS_NAMES[3 - rank :].index(layer.axis)
    alone = tuple(source in lone for source in node.inputs)
    return Leaf("concat", (), (dim, rank, alone if any(alone) and not all(alone) else ()))


def _softmax(heads: int) -> ModuleCall:
    """Over the channels; behind a product of several heads over those of each head."""
    if heads > 1:
        return ModuleCall("HeadSoftmax", (Argument("heads", heads),))
    return ModuleCall("nn.Softmax", (Argument("dim", 1, None),))


def _linear(node: Node, layer: Linear) -> list[ModuleCall]:
    arguments = (
        *_given(in_features=node.input_shapes[0].channels, out_features=layer.out_features),
        Argument("bias", layer.bias, True),
    )
    if layer.per_position and rank_of(node):
        return [ModuleCall("PerPosition", arguments)]
    flat = [ModuleCall("nn.Flatten")] if rank_of(node) else []
    return [*flat, ModuleCall("nn.Linear", arguments)]


def _matmul(node: Node, layer: Matmul) -> list[ModuleCall]:
    return [
        ModuleCall(
            "MatMul", (Argument("heads", layer.heads, 1), Argument("transpose", layer.transpose, False))
        )
    ]


def _half(node: Node, layer: Norm) -> list[ModuleCall]:
    """What follows a norm that only scales or only shifts."""
    if isinstance(layer.affine, bool):
        return []
    channels = Argument("channels", node.input_shapes[0].channels)
    return [ModuleCall("Scale" if layer.affine == "scale" else "Shift", (channels,))]


def _batch_norm(node: Node, layer: Norm) -> list[ModuleCall]:
    channels = node.input_shapes[0].channels
    arguments = (Argument("num_features", channels), Argument("affine", layer.affine is True, True))
    return [ModuleCall(f"nn.BatchNorm{rank_of(node) or 1}d", arguments), *_half(node, layer)]


def _layer_norm(node: Node, layer: Norm) -> list[ModuleCall]:
    arguments = (
        Argument("channels", node.input_shapes[0].channels),
        Argument("elementwise_affine", layer.affine is True, True),
    )
    return [ModuleCall("ChannelNorm" if rank_of(node) else "nn.LayerNorm", arguments), *_half(node, layer)]


def _group_norm(node: Node, layer: GroupNorm) -> list[ModuleCall]:
    arguments = (
        *_given(num_groups=layer.groups, num_channels=node.input_shapes[0].channels),
        Argument("affine", layer.affine is True, True),
    )
    return [ModuleCall("nn.GroupNorm", arguments), *_half(node, layer)]


def _instance_norm(node: Node, layer: InstanceNorm) -> list[ModuleCall]:
    channels = node.input_shapes[0].channels
    arguments = (Argument("num_features", channels), Argument("affine", layer.affine is True, False))
    return [ModuleCall(f"nn.InstanceNorm{rank_of(node)}d", arguments), *_half(node, layer)]


def _prelu(node: Node, layer: Prelu) -> list[ModuleCall]:
    slopes = 1 if layer.shared else node.input_shapes[0].channels
    return [ModuleCall("nn.PReLU", (Argument("num_parameters", slopes, 1),))]


def _global_pool(name: str) -> Calls:
    def calls(node: Node) -> list[ModuleCall]:
        if not rank_of(node):
            return [ModuleCall("nn.Identity")]
        return [ModuleCall(f"nn.Adaptive{name}Pool{rank_of(node)}d", (Argument("output_size", 1),))]

    return calls


def _adaptive(node: Node) -> list[ModuleCall]:
    size = short(node.output.spatial) if rank_of(node) else 1
    if not rank_of(node):
        return [ModuleCall("nn.Identity")]
    return [ModuleCall(f"nn.AdaptiveAvgPool{rank_of(node)}d", (Argument("output_size", size),))]


def _reshape(node: Node) -> list[ModuleCall]:
    dims = (node.output.channels, *node.output.spatial)
    names = ("channels", *AXIS_NAMES[4 - len(dims) :])
    return [
        ModuleCall("Reshape", tuple(Argument(name, size) for name, size in zip(names, dims, strict=True)))
    ]


def _pad(node: Node, layer: Pad) -> list[ModuleCall]:
    rank = rank_of(node)
    pads = (layer.channels, *padding_per_axis(layer.padding, rank))
    if not any(layer.channels):
        return zeros(pads[1:], rank) or [ModuleCall("nn.Identity")]
    return zeros(pads, max(rank, 1))


_LINEAR_MODES = ("linear", "bilinear", "trilinear")


def _upsample(node: Node, layer: Upsample) -> list[ModuleCall]:
    rank, source, output = rank_of(node), node.input_shapes[0].spatial, node.output.spatial
    mode = _LINEAR_MODES[rank - 1] if layer.mode in _LINEAR_MODES else layer.mode
    if mode == "bicubic" and rank != 2:
        raise CostcalcError(f"{node.path}: PyTorch has no bicubic upsampling of {rank} axes")
    by: Argument = Argument("size", short(output), None)
    if layer.scale is not None:
        scales = layer.scale if isinstance(layer.scale, tuple) else (layer.scale,) * rank
        factors = [int(each) if each.denominator == 1 else float(each) for each in scales]
        if tuple(int(size * each) for size, each in zip(source, factors, strict=True)) == output:
            factor = factors[0] if len(set(factors)) == 1 else tuple(map(float, factors))
            by = Argument("scale_factor", factor, None)
    return [ModuleCall("nn.Upsample", (by, Argument("mode", mode, "nearest")))]


def _slice(node: Node, layer: Slice) -> list[ModuleCall]:
    calls = []
    if layer.of is not None:
        calls.append(ModuleCall("Part", tuple(_given(number=layer.part, of=layer.of))))
    if layer.channels is not None or layer.spatial is not None:
        intervals = intervals_of(layer, node.input_shapes[0])
        if layer.of is not None:
            intervals[0] = (0, node.output.channels)
        names = ("channels", *AXIS_NAMES[4 - len(intervals) :])
        arguments = [Argument(name, interval) for name, interval in zip(names, intervals, strict=True)]
        calls.append(ModuleCall("Slice", tuple(arguments)))
    return calls


def _simple(callee: str, **names: str) -> Calls:
    """A call whose arguments are fields of the layer."""

    def calls(node: Node) -> list[ModuleCall]:
        return [
            ModuleCall(
                callee, tuple(Argument(name, getattr(node.layer, field)) for name, field in names.items())
            )
        ]

    return calls


def _lrn(node: Node, layer: Lrn) -> list[ModuleCall]:
    if not rank_of(node):
        raise CostcalcError(f"{node.path}: PyTorch has no lrn of a vector")
    return [ModuleCall("nn.LocalResponseNorm", tuple(_given(size=layer.size)))]


def _dropout(node: Node, layer: Dropout) -> list[ModuleCall]:
    return [ModuleCall("nn.Dropout", (Argument("p", float(layer.rate), 0.5),))]


def _log_softmax(node: Node) -> list[ModuleCall]:
    return [ModuleCall("nn.LogSoftmax", (Argument("dim", 1, None),))]


_CALLS: Mapping[str, Calls] = {
    "conv": of(Conv, conv),
    "depthwise_conv": of(DepthwiseConv, depthwise),
    "dynamic_conv": of(DynamicConv, dynamic_conv),
    "unfold": of(Unfold, unfold),
    "fold": of(Fold, unfold),
    "top_k": of(TopK, top_k),
    "conv_transpose": of(ConvTranspose, conv_transpose),
    "linear": of(Linear, _linear),
    "matmul": of(Matmul, _matmul),
    "batch_norm": of(Norm, _batch_norm),
    "layer_norm": of(Norm, _layer_norm),
    "group_norm": of(GroupNorm, _group_norm),
    "instance_norm": of(InstanceNorm, _instance_norm),
    "rms_norm": of(RmsNorm, rms_norm),
    "rnn": of(Rnn, recurrent),
    "gru": of(Rnn, recurrent),
    "lstm": of(Rnn, recurrent),
    "embedding": of(Embedding, embedding),
    "elementwise": of(ElementFunction, function),
    **dict.fromkeys(("subtract", "divide", "maximum", "minimum", "compare", "where"), of(Elementwise, join)),
    "reduce": of(Reduce, reduce),
    "transpose": of(Transpose, transpose),
    "depth_to_space": of(BlockShuffle, block_shuffle),
    "space_to_depth": of(BlockShuffle, block_shuffle),
    "relu": _simple("nn.ReLU"),
    "relu6": _simple("nn.ReLU6"),
    "leaky_relu": _simple("nn.LeakyReLU"),
    "prelu": of(Prelu, _prelu),
    "elu": _simple("nn.ELU"),
    "selu": _simple("nn.SELU"),
    "sigmoid": _simple("nn.Sigmoid"),
    "hard_sigmoid": _simple("nn.Hardsigmoid"),
    "tanh": _simple("nn.Tanh"),
    "swish": _simple("nn.SiLU"),
    "hard_swish": _simple("nn.Hardswish"),
    "gelu": _simple("nn.GELU"),
    "mish": _simple("nn.Mish"),
    "softplus": _simple("nn.Softplus"),
    "log_softmax": _log_softmax,
    "max_pool": of(Pool, pool),
    "avg_pool": of(Pool, pool),
    "global_avg_pool": _global_pool("Avg"),
    "global_max_pool": _global_pool("Max"),
    "adaptive_avg_pool": _adaptive,
    "flatten": _simple("nn.Flatten"),
    "reshape": _reshape,
    "dropout": of(Dropout, _dropout),
    "lrn": of(Lrn, _lrn),
    "pad": of(Pad, _pad),
    "upsample": of(Upsample, _upsample),
    "channel_shuffle": _simple("ChannelShuffle", groups="groups"),
    "slice": of(Slice, _slice),
    "gather": _simple("Gather", positions="positions"),
}


#: The kinds that have code.
KNOWN = {*_CALLS, "softmax", "add", "multiply", "concat", "parameter"}
