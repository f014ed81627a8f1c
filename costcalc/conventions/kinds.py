"""Kinds of layers by what they have in common, for conventions to name what they ignore. Plain data.

They are written out here and not taken from the table of kinds: a new kind stands in none of them, so that every
convention refuses it until somebody has looked at what its tool makes of it.
"""

ACTIVATIONS = frozenset(
    (
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
    )
)
NORMS = frozenset(("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm"))
POOLS = frozenset(("max_pool", "avg_pool", "global_avg_pool", "global_max_pool", "adaptive_avg_pool"))
#: What puts elements elsewhere, or leaves them where they are.
MOVES = frozenset(
    (
        "flatten",
        "reshape",
        "transpose",
        "dropout",
        "pad",
        "channel_shuffle",
        "depth_to_space",
        "space_to_depth",
        "slice",
        "gather",
        "concat",
        "parameter",
        "embedding",
    )
)
#: Functions of several inputs, and those of one that are no activations.
ELEMENTWISE = frozenset(
    (
        "add",
        "multiply",
        "subtract",
        "divide",
        "maximum",
        "minimum",
        "compare",
        "where",
        "elementwise",
        "reduce",
    )
)


#: All that multiplies nothing in the sense of ``multiplies``.
WITHOUT_MULTIPLIES = ACTIVATIONS | NORMS | POOLS | MOVES | ELEMENTWISE | {"lrn", "upsample"}
