"""The layer kinds, a kind (or one close family) a module.

To add a kind: write its module (docstring with formula and source, fields, operations), and its line here.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from costcalc.layers.base import Layer

#: kind -> "module:class"; a module is imported when a spec uses its kind.
KINDS = {
    "conv": "conv:Conv",
    "depthwise_conv": "depthwise_conv:DepthwiseConv",
    "separable_conv": "separable_conv:SeparableConv",
    "dynamic_conv": "dynamic_conv:DynamicConv",
    "deformable_conv": "deformable_conv:DeformableConv",
    "conv_transpose": "conv_transpose:ConvTranspose",
    "inverted_residual": "inverted_residual:InvertedResidual",
    "squeeze_excite": "squeeze_excite:SqueezeExcite",
    "linear": "linear:Linear",
    "matmul": "matmul:Matmul",
    "parameter": "parameter:Parameter",
    "embedding": "embedding:Embedding",
    "rnn": "recurrent:Rnn",
    "gru": "recurrent:Gru",
    "lstm": "recurrent:Lstm",
    "attention": "attention:Attention",
    "batch_norm": "norm:Norm",
    "layer_norm": "norm:Norm",
    "group_norm": "group_norm:GroupNorm",
    "instance_norm": "instance_norm:InstanceNorm",
    "rms_norm": "rms_norm:RmsNorm",
    "relu": "activation:Activation",
    "relu6": "activation:Activation",
    "leaky_relu": "activation:Activation",
    "prelu": "prelu:Prelu",
    "elu": "activation:Activation",
    "selu": "activation:Activation",
    "sigmoid": "activation:Activation",
    "hard_sigmoid": "activation:Activation",
    "tanh": "activation:Activation",
    "swish": "activation:Activation",
    "hard_swish": "activation:Activation",
    "gelu": "activation:Activation",
    "mish": "activation:Activation",
    "softplus": "activation:Activation",
    "softmax": "softmax:Softmax",
    "log_softmax": "activation:Activation",
    "max_pool": "pool:Pool",
    "avg_pool": "pool:Pool",
    "lp_pool": "lp_pool:LpPool",
    "global_avg_pool": "global_pool:GlobalPool",
    "global_max_pool": "global_pool:GlobalPool",
    "adaptive_avg_pool": "adaptive_pool:AdaptiveAvgPool",
    "flatten": "flatten:Flatten",
    "reshape": "reshape:Reshape",
    "dropout": "dropout:Dropout",
    "lrn": "lrn:Lrn",
    "pad": "pad:Pad",
    "upsample": "upsample:Upsample",
    "channel_shuffle": "channel_shuffle:ChannelShuffle",
    "depth_to_space": "block_shuffle:BlockShuffle",
    "space_to_depth": "block_shuffle:BlockShuffle",
    "unfold": "unfold:Unfold",
    "fold": "unfold:Fold",
    "transpose": "transpose:Transpose",
    "slice": "slice:Slice",
    "gather": "gather:Gather",
    "add": "elementwise:Elementwise",
    "multiply": "elementwise:Elementwise",
    "subtract": "elementwise:OfTwo",
    "divide": "elementwise:OfTwo",
    "maximum": "elementwise:Elementwise",
    "minimum": "elementwise:Elementwise",
    "compare": "elementwise:OfTwo",
    "where": "elementwise:Where",
    "elementwise": "function:ElementFunction",
    "reduce": "reduce:Reduce",
    "top_k": "top_k:TopK",
    "concat": "concat:Concat",
    "residual": "residual:Residual",
    "branches": "branches:Branches",
}


@cache
def kind_model(kind: str) -> type[Layer]:
    """The model of a kind; raises KeyError where there is no such kind."""
    module, name = KINDS[kind].split(":")
    model: type[Layer] = getattr(import_module(f"costcalc.layers.{module}"), name)
    return model


def kind_documentation(kind: str) -> str:
    """The docstring of a kind's module: formula, symbols, source; raises KeyError."""
    return import_module(f"costcalc.layers.{KINDS[kind].split(':')[0]}").__doc__ or ""
