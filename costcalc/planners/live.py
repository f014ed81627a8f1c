"""Every tensor from its making to its last use; norms and activations in the buffer of what they are applied to."""

from costcalc.planners.planner import IGNORED, OWN, SHARED, Planner

#: Functions of one tensor.
_FUNCTIONS = (
    "batch_norm",
    "layer_norm",
    "group_norm",
    "instance_norm",
    "relu",
    "relu6",
    "leaky_relu",
    "prelu",
    "elu",
    "selu",
    "sigmoid",
    "hard_sigmoid",
    "tanh",
    "swish",
    "hard_swish",
    "gelu",
    "mish",
    "softplus",
    "softmax",
    "log_softmax",
    "dropout",
    "flatten",
    "reshape",
)
_OPERATIONS = (
    "conv",
    "depthwise_conv",
    "conv_transpose",
    "linear",
    "matmul",
    "max_pool",
    "avg_pool",
    "global_avg_pool",
    "global_max_pool",
    "adaptive_avg_pool",
    "lrn",
    "pad",
    "upsample",
    "channel_shuffle",
    "slice",
    "gather",
    "add",
    "multiply",
    "concat",
)

PLANNER = Planner(
    name="live",
    version="1",
    rules={**dict.fromkeys(_FUNCTIONS, SHARED), **dict.fromkeys(_OPERATIONS, OWN), "parameter": IGNORED},
    summary="each tensor is alive from its making to its last use; norms and activations work in place",
    source="Chowdhery et al., Visual Wake Words, arXiv:1906.05721, section 3.3 (inputs and outputs of a layer)",
)
