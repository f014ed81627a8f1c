"""Flatten: a map as a vector, H×W×C → H·W·C.

    multiplies = 0
    params     = 0

Source: LeCun et al. 1998, section II.B (the step from S4 to the fully connected layers).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from costcalc.layers.base import Primitive, Strides
from costcalc.layers.products import C_IN, POSITIONS_IN
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


class Flatten(Primitive):
    """All elements in one vector."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """A vector of H·W·C."""
        return Shape((), inputs[0].elements)

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """All elements are channels."""
        from costcalc.layers.formula import Derivation, FormulaStep, formula

        spatial, channels = inputs[0]
        return Derivation([FormulaStep("C", formula((POSITIONS_IN(spatial), C_IN(channels))))])

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None: there are no positions any more."""
        return None
