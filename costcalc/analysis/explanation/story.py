"""What a kind has to tell about one of its nodes, before its cost."""

from __future__ import annotations

from dataclasses import dataclass

from costcalc.analysis.explanation.formula import FormulaStep, formula
from costcalc.layers.products import POSITIONS_IN
from costcalc.shape import Shape


@dataclass(frozen=True, slots=True)
class Story:
    """The steps to its output's size, and what else to know."""

    steps: tuple[FormulaStep, ...] = ()
    remarks: tuple[str, ...] = ()


def positions_step(name: str, shape: Shape) -> FormulaStep:
    """``P = H_in·W_in = 14·14 = 196``: of an input."""
    return FormulaStep(name, formula((POSITIONS_IN(shape.spatial),)))
