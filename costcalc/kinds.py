"""Kinds of layers by what they have in common: said once, for whoever treats them alike. Plain data.

Conventions name by them what they ignore, planners what shares a buffer, devices what multiplies and what only moves.
They are written out here and not taken from the table of kinds: a new kind stands in none of them, so that all of these
refuse it until somebody has looked at what it is.
"""

from collections.abc import Iterable

#: In the order in which they are listed for people.
ACTIVATION_NAMES = (
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
ACTIVATIONS = frozenset(ACTIVATION_NAMES)
NORMS = frozenset(("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm"))
POOLS = frozenset(("max_pool", "avg_pool", "global_avg_pool", "global_max_pool", "adaptive_avg_pool"))
#: The same elements in the same places, under another shape or, once the network is trained, under none.
VIEWS = frozenset(("flatten", "reshape", "dropout"))
#: What puts elements elsewhere.
REARRANGING = frozenset(
    (
        "transpose",
        "pad",
        "channel_shuffle",
        "depth_to_space",
        "space_to_depth",
        "slice",
        "gather",
        "concat",
        "unfold",
        "fold",
    )
)
MOVES = VIEWS | REARRANGING | {"parameter", "embedding"}
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
        "top_k",
    )
)


#: All that multiplies nothing in the sense of ``multiplies``.
WITHOUT_MULTIPLIES = ACTIVATIONS | NORMS | POOLS | MOVES | ELEMENTWISE | {"lrn", "upsample"}

#: Products of weights, or of two maps, with what comes in.
PRODUCTS = frozenset(("conv", "depthwise_conv", "dynamic_conv", "conv_transpose", "linear", "matmul"))
RECURRENT = frozenset(("rnn", "gru", "lstm"))

#: Under these titles people find them.
FAMILIES = {
    "convolutions": PRODUCTS - {"linear", "matmul"} | {"separable_conv", "deformable_conv"},
    "blocks of layers": frozenset(("inverted_residual", "squeeze_excite", "residual", "branches")),
    "linear and attention": frozenset(("linear", "matmul", "attention", "embedding", "parameter")),
    "recurrent": RECURRENT,
    "norms": NORMS | {"lrn"},
    "activations": ACTIVATIONS,
    "pools": POOLS | {"lp_pool"},
    "joins and functions": ELEMENTWISE | {"concat"},
    "shapes and places": MOVES - {"concat", "embedding", "parameter"} | {"upsample"},
}


def by_family(kinds: Iterable[str]) -> dict[str, list[str]]:
    """Kinds under the title of their family, in their order; last those of none."""
    found: dict[str, list[str]] = {title: [] for title in (*FAMILIES, "others")}
    for kind in kinds:
        found[next((title for title, members in FAMILIES.items() if kind in members), "others")].append(kind)
    return {title: members for title, members in found.items() if members}
