"""What a kind has to tell about one of its nodes, before the tally's values are put to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from costcalc.analysis.explanation.formula import Factor, Step, positions_factor, product
from costcalc.shape import Shape


@dataclass(frozen=True, slots=True)
class Story:
    """The factors of each quantity of its tally, the steps to its output's size, and what else to know."""

    factors: Mapping[str, Sequence[Factor | None]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    remarks: tuple[str, ...] = ()


def positions_step(name: str, shape: Shape) -> Step:
    """``P = H·W = 14·14 = 196``."""
    return Step(name, product([positions_factor(shape.spatial)], shape.positions))
