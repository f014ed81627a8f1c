"""Planners: which operation of a network has which buffer, so what is alive at each step."""

from collections.abc import Mapping
from typing import NamedTuple

from costcalc.errors import CostcalcError
from costcalc.quantity import shown

#: A buffer of its own for the output.
OWN = "own"
#: A function of one tensor: where it alone takes what the operation before it makes, it has the same buffer and
#: is no step; else a buffer of its own.
SHARED = "shared"
#: May write on an input as large as its output that is needed no more; else a buffer of its own.
OVERWRITES = "overwrites"
#: Works channel by channel: where its input is needed no more, the larger of input and output and one channel of
#: the output are enough; else a buffer of its own.
BY_CHANNEL = "by_channel"
#: Is not among the activations: a tensor that is a weight.
IGNORED = "ignored"

RULES: Mapping[str, str] = {
    OWN: "a buffer of its own for the output",
    SHARED: "the buffer of the operation before it, where it alone takes that one's output; else its own",
    OVERWRITES: "may write on an input as large as its output that is needed no more",
    BY_CHANNEL: "the larger of input and output, and one channel of the output, where the input is needed no more",
    IGNORED: "no buffer: it is a weight",
}


class Planner(NamedTuple):
    """A table kind -> rule, and the bytes that each buffer is rounded up to a multiple of."""

    name: str
    version: str
    rules: Mapping[str, str]
    alignment: int = 1
    summary: str = ""
    source: str = ""

    def __hash__(self) -> int:
        return id(self)

    @property
    def stamp(self) -> str:
        """``tflm 1``: what a number under it is to be marked with."""
        return f"{self.name} {self.version}"

    def rule(self, kind: str) -> str:
        """What holds for a kind; raises CostcalcError where the table does not say."""
        try:
            return self.rules[kind]
        except KeyError:
            raise CostcalcError(
                f"planner {shown(self.name)} has no rule for {kind}: give it one, {', '.join(RULES)}"
            ) from None

    def aligned(self, size: int) -> int:
        """A size in bytes as a buffer takes it."""
        return -(-size // self.alignment) * self.alignment
