"""Dropout: zero some activations in training; the identity afterwards.

    multiplies = 0
    params     = 0

Source: Srivastava et al., "Dropout", JMLR 15 (2014), section 4.
"""

from collections.abc import Sequence
from fractions import Fraction

from costcalc.layers.base import Primitive
from costcalc.layers.fields import Rate
from costcalc.shape import Shape


class Dropout(Primitive):
    """The share ``rate`` of the activations is dropped."""

    rate: Rate = Fraction(1, 2)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """As it came in."""
        return inputs[0]
