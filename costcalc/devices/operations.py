"""What each kind of operation does on a device that runs a network operation by operation."""

from __future__ import annotations

from costcalc.errors import CostcalcError
from costcalc.kinds import ACTIVATIONS, ELEMENTWISE, NORMS, POOLS, PRODUCTS, REARRANGING, RECURRENT, VIEWS

#: Multiplies, reads its inputs and weights, writes its output.
MULTIPLIES = "multiplies"
#: Reads its inputs and params, writes its output.
MOVES = "moves"
#: Takes no time: it is a view, or nothing at all once the network is trained.
FREE = "free"

#: A batch norm that is folded into a convolution or linear layer takes no time, either.
OPERATIONS = {
    **dict.fromkeys(PRODUCTS | RECURRENT, MULTIPLIES),
    **dict.fromkeys(ACTIVATIONS | NORMS | POOLS | REARRANGING | ELEMENTWISE, MOVES),
    **dict.fromkeys(VIEWS, FREE),
    "embedding": MOVES,
    "lrn": MOVES,
    "upsample": MOVES,
    "parameter": FREE,
}


def operation(kind: str) -> str:
    """What a kind does; raises CostcalcError where nobody has said."""
    try:
        return OPERATIONS[kind]
    except KeyError:
        raise CostcalcError(f"how long {kind} takes on a device is not said in costcalc/devices") from None
