"""The channels of each position made to sum to 1.

    multiplies = 0 (not counted)
    params     = 0

Source: Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs", 1990.
"""

from collections.abc import Sequence

from costcalc.layers.activation import Activation
from costcalc.layers.products import POSITIONS, Product, moved
from costcalc.shape import Shape


class Softmax(Activation):
    """``softmax``: over the channels."""

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Each position is normalised by itself."""
        return [*moved(inputs, output), ("positions", (POSITIONS(output.spatial),))]
