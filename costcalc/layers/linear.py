"""Linear (dense, fully connected): every output is a weighted sum of all inputs.

    multiplies = C_in·C_out·H·W
    weights    = C_in·C_out
    biases     = C_out, with a bias

It takes a vector, whose H·W is 1; a 1×1×C map counts as one. A larger map it takes with ``per_position``.

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998, section II.B (layer F6).
"""

from collections.abc import Sequence

from costcalc.errors import ShapeError
from costcalc.layers.activation import ActivationField
from costcalc.layers.base import Primitive
from costcalc.layers.fields import Flag, Size
from costcalc.layers.products import C_IN, C_OUT, POSITIONS, Product, moved
from costcalc.shape import Shape


class Linear(Primitive):
    """A matrix of weights, and a bias."""

    out_features: Size
    bias: Flag = True
    activation: ActivationField = None
    per_position: Flag = False

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """A vector of out_features, or H×W×out_features with ``per_position``; raises ShapeError on a map."""
        source = inputs[0]
        if self.per_position:
            return Shape(source.spatial, self.out_features)
        if source.positions != 1:
            raise ShapeError(
                "takes a vector, not a map: put flatten or a pool (global_avg_pool) before it, "
                "or say per_position: true to apply it at each position"
            )
        return Shape((), self.out_features)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """A weight for each input and output, used at every position."""
        channels, positions = C_OUT(output.channels), POSITIONS(output.spatial)
        weights = C_IN(inputs[0].channels), channels
        products = [
            *moved(inputs, output),
            ("multiplies", (*weights, positions)),
            ("output_grid_multiplies", (*weights, positions)),
            ("weights", weights),
            ("param_reads", weights),
        ]
        if self.bias:
            products += [
                ("bias_additions", (channels, positions)),
                ("biases", (channels,)),
                ("param_reads", (channels,)),
            ]
        return products

    def fused(self) -> tuple[Primitive, ...]:
        """The activation that is written as a field of it."""
        return () if self.activation is None else (self.activation,)
