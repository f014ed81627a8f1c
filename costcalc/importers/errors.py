"""What is raised where a model cannot be imported."""

from __future__ import annotations

from costcalc.errors import CostcalcError


class ModelError(CostcalcError):
    """A model cannot be read; ``hint`` says what helps."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
