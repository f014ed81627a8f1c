"""A learned tensor without inputs: position embeddings, class tokens, learned scales.

    multiplies = 0
    weights    = H·W·C; 0 with ``trainable: false``, which is a fixed tensor, such as a table of coordinates

Source: Dosovitskiy et al., "An Image is Worth 16x16 Words", arXiv:2010.11929, equation 1 (E_pos, x_class).
"""

from collections.abc import Sequence
from typing import ClassVar

from costcalc.layers.base import Primitive
from costcalc.layers.fields import Flag, ShapeText
from costcalc.layers.products import POSITIONS, C, Product, moved
from costcalc.shape import Shape


class Parameter(Primitive):
    """A learned tensor of a shape."""

    arity: ClassVar[tuple[int, int | None]] = (0, 0)

    shape: ShapeText
    trainable: Flag = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Its shape."""
        return self.shape

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Every element is a weight, if it is trained."""
        elements = POSITIONS(output.spatial), C(output.channels)
        products = moved(inputs, output)
        return [*products, ("weights", elements)] if self.trainable else products
