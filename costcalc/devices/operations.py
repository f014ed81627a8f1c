"""What each kind of operation does on a device that runs a network operation by operation."""

from __future__ import annotations

from costcalc.errors import CostcalcError

#: Multiplies, reads its inputs and weights, writes its output.
MULTIPLIES = "multiplies"
#: Reads its inputs and params, writes its output.
MOVES = "moves"
#: Takes no time: it is a view, or nothing at all once the network is trained.
FREE = "free"

#: A batch norm that is folded into a convolution or linear layer takes no time, either.
OPERATIONS = {
    "conv": MULTIPLIES,
    "depthwise_conv": MULTIPLIES,
    "conv_transpose": MULTIPLIES,
    "linear": MULTIPLIES,
    "matmul": MULTIPLIES,
    "rnn": MULTIPLIES,
    "gru": MULTIPLIES,
    "lstm": MULTIPLIES,
    "batch_norm": MOVES,
    "layer_norm": MOVES,
    "group_norm": MOVES,
    "instance_norm": MOVES,
    "rms_norm": MOVES,
    "relu": MOVES,
    "relu6": MOVES,
    "leaky_relu": MOVES,
    "prelu": MOVES,
    "elu": MOVES,
    "selu": MOVES,
    "sigmoid": MOVES,
    "hard_sigmoid": MOVES,
    "tanh": MOVES,
    "swish": MOVES,
    "hard_swish": MOVES,
    "gelu": MOVES,
    "mish": MOVES,
    "softplus": MOVES,
    "softmax": MOVES,
    "log_softmax": MOVES,
    "max_pool": MOVES,
    "avg_pool": MOVES,
    "global_avg_pool": MOVES,
    "global_max_pool": MOVES,
    "adaptive_avg_pool": MOVES,
    "lrn": MOVES,
    "pad": MOVES,
    "upsample": MOVES,
    "channel_shuffle": MOVES,
    "depth_to_space": MOVES,
    "space_to_depth": MOVES,
    "transpose": MOVES,
    "slice": MOVES,
    "gather": MOVES,
    "add": MOVES,
    "multiply": MOVES,
    "concat": MOVES,
    "embedding": MOVES,
    "subtract": MOVES,
    "divide": MOVES,
    "maximum": MOVES,
    "minimum": MOVES,
    "compare": MOVES,
    "where": MOVES,
    "elementwise": MOVES,
    "reduce": MOVES,
    "dropout": FREE,
    "flatten": FREE,
    "reshape": FREE,
    "parameter": FREE,
}


def operation(kind: str) -> str:
    """What a kind does; raises CostcalcError where nobody has said."""
    try:
        return OPERATIONS[kind]
    except KeyError:
        raise CostcalcError(f"how long {kind} takes on a device is not said in costcalc/devices") from None
