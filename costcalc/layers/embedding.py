"""Embedding: a learned vector looked up for every index that comes in.

    multiplies = 0 (a row is read, nothing is multiplied)
    weights    = V·E; 0 with ``trainable: false``

V: ``num_embeddings``, the rows of the table (a vocabulary); E: ``embedding_dim``. Indices are a sequence ``128x1`` or a
vector ``128``: either way 128 positions.

Source: Bengio et al., "A Neural Probabilistic Language Model", 2003, section 2 (the mapping C).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.fields import Flag, Size
from costcalc.layers.products import Count, Product, moved
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation

ROWS = Count("V", "rows of the table")
VECTOR = Count("E", "embedding_dim")


class Embedding(Primitive):
    """A table of ``num_embeddings`` vectors."""

    num_embeddings: Size
    embedding_dim: Size
    trainable: Flag = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """A vector for each index; raises ShapeError where that makes more than three spatial axes."""
        spatial, channels = inputs[0]
        positions = spatial if spatial and channels == 1 else (*spatial, channels)
        if len(positions) > 3:
            raise ShapeError("takes indices along at most three axes")
        return Shape(positions, self.embedding_dim)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """The table."""
        table = ROWS(self.num_embeddings), VECTOR(self.embedding_dim)
        products = moved(inputs, output)
        return [*products, ("weights", table), ("param_reads", table)] if self.trainable else products

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """Every index is a position."""
        from costcalc.layers.formula import Derivation

        return Derivation(remarks=["each index is a position of the output"])

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None where channels become positions."""
        return super().strides(inputs) if inputs[0].channels == 1 else None
