"""Every tensor from its making to its last use; norms and activations in the buffer of what they are applied to."""

from costcalc.kinds import ACTIVATIONS, ELEMENTWISE, NORMS, POOLS, PRODUCTS, REARRANGING, RECURRENT, VIEWS
from costcalc.planners.planner import IGNORED, OWN, SHARED, Planner

#: Functions of one tensor.
_FUNCTIONS = ACTIVATIONS | NORMS | VIEWS | {"elementwise"}
_OPERATIONS = PRODUCTS | RECURRENT | POOLS | REARRANGING | (ELEMENTWISE - {"elementwise"})

PLANNER = Planner(
    name="live",
    version="1",
    rules={
        **dict.fromkeys(_FUNCTIONS, SHARED),
        **dict.fromkeys(_OPERATIONS, OWN),
        "embedding": OWN,
        "lrn": OWN,
        "upsample": OWN,
        "parameter": IGNORED,
    },
    summary="each tensor is alive from its making to its last use; norms and activations work in place",
    source="Chowdhery et al., Visual Wake Words, arXiv:1906.05721, section 3.3 (inputs and outputs of a layer)",
)
