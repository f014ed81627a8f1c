"""What is raised where a model cannot be imported."""

from __future__ import annotations

from costcalc.errors import CostcalcError

#: What data raises that has too few items, or such of another type, where it is taken for what it should be.
MALFORMED = (LookupError, ArithmeticError, ValueError, TypeError, AttributeError, AssertionError)


class ModelError(CostcalcError):
    """A model cannot be read; ``hint`` says what helps."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class RefusedError(Exception):
    """A node cannot be read; the message says why, and ``hint`` what helps.

    ``chained``: the reason is an earlier node, which the message names.
    """

    def __init__(self, message: str, hint: str = "", chained: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.chained = chained


class BatchError(RefusedError):
    """A node works along the axis that was taken for the batch's: examples have no cost of their own there."""
