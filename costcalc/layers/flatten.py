"""Flatten: a map as a vector, H×W×C → H·W·C.

    multiplies = 0
    params     = 0

Source: LeCun et al. 1998, section II.B (the step from S4 to the fully connected layers).
"""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.layers.base import Primitive, Strides
from costcalc.shape import Shape


class Flatten(Primitive):
    """All elements in one vector."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """A vector of H·W·C."""
        return Shape((), inputs[0].elements)

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None: there are no positions any more."""
        return None
