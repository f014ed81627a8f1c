"""Reshape: the same elements in another shape.

    multiplies = 0
    params     = 0

Source: Radford et al., "DCGAN", arXiv:1511.06434, section 3 (a projected vector becomes a map).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.fields import ShapeText
from costcalc.layers.products import POSITIONS, C
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


class Reshape(Primitive):
    """Elements laid out anew, ``to`` a shape."""

    to: ShapeText

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """``to``; raises ShapeError unless the number of elements is kept."""
        if inputs[0].elements != self.to.elements:
            raise ShapeError(
                f"cannot make {self.to} ({self.to.elements} elements) of {inputs[0]} ({inputs[0].elements})",
                "to",
            )
        return self.to

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """The elements, which are kept."""
        from costcalc.layers.formula import Derivation, FormulaStep, formula

        return Derivation([FormulaStep("elements", formula((POSITIONS(output.spatial), C(output.channels))))])

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None: positions are others."""
        return None
