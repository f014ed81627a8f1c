"""Local response normalisation over ``size`` neighbouring channels.

    multiplies = 0 (not counted)
    params     = 0

Source: Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", 2012, section 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.layers.base import Primitive
from costcalc.layers.fields import Size
from costcalc.shape import Shape
from costcalc.tally import Tally


class Lrn(Primitive):
    """Every value divided by a norm of its neighbours in the channels."""

    size: Size = 5

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """As it came in."""
        return inputs[0]

    def tally(self, inputs: Sequence[Shape]) -> Tally:
        """Its facts."""
        elements, padding = inputs[0].elements, inputs[0].positions * (self.size - 1)
        return Tally.of(
            "lrn",
            inputs=elements,
            padded_inputs=elements + padding,
            outputs=elements,
            window_reads=elements * self.size,
        )
