"""Local response normalisation over ``size`` neighbouring channels.

    multiplies = 0 (not counted)
    params     = 0

Source: Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", 2012, section 3.3.
"""

from collections.abc import Sequence

from costcalc.layers.base import Primitive
from costcalc.layers.fields import Size
from costcalc.layers.products import POSITIONS, C, Count, Product, moved
from costcalc.shape import Shape

C_PADDED = Count("C_padded", "channels, with those that are padded")
NEIGHBOURS = Count("n", "size")


class Lrn(Primitive):
    """Every value divided by a norm of its neighbours in the channels."""

    size: Size = 5

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """As it came in."""
        return inputs[0]

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Every value looks at its neighbours; the channels are padded by size − 1."""
        positions, channels, size = POSITIONS(output.spatial), output.channels, self.size
        return [
            *moved(inputs, output),
            ("padded_inputs", (positions, C_PADDED(channels + size - 1))),
            ("window_reads", (positions, C(channels), NEIGHBOURS(size))),
        ]
