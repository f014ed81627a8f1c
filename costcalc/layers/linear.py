"""Linear (dense, fully connected): every output is a weighted sum of all inputs.

    multiplies = C_in·C_out      (at each position with ``per_position``)
    params     = C_in·C_out + C_out with a bias

It takes a vector; a 1×1×C map counts as one.

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998, section II.B (layer F6).
"""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.errors import ShapeError
from costcalc.layers.activation import ActivationField
from costcalc.layers.base import Primitive
from costcalc.layers.fields import Flag, Size
from costcalc.shape import Shape
from costcalc.tally import Tally


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

    def tally(self, inputs: Sequence[Shape]) -> Tally:
        """Its facts."""
        source, output = inputs[0], self.output_shape(inputs)
        weights = source.channels * self.out_features
        return Tally.of(
            "linear",
            multiplies=source.positions * weights,
            output_grid_multiplies=source.positions * weights,
            bias_additions=output.elements if self.bias else 0,
            inputs=source.elements,
            outputs=output.elements,
            weights=weights,
            biases=self.out_features if self.bias else 0,
            param_reads=weights + (self.out_features if self.bias else 0),
        )

    def fused(self) -> tuple[Primitive, ...]:
        """The activation that is written as a field of it."""
        return () if self.activation is None else (self.activation,)
