"""Normalisation of each channel by itself, over its positions.

    multiplies = 0 (not counted)
    affine     = 2·C, scale and shift; C with ``affine: scale`` or ``affine: shift``; 0 with ``affine: false``

C: channels of a map; a vector has a single position, so there is nothing to normalise.

Source: Ulyanov et al., "Instance Normalization", arXiv:1607.08022, equation 4.
"""

from collections.abc import Sequence

from costcalc.errors import ShapeError
from costcalc.layers.norm import Norm
from costcalc.shape import Shape


class InstanceNorm(Norm):
    """``instance_norm``: each channel of a map by itself."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """As it came in; raises ShapeError on a vector, whose channels have a single position."""
        if not inputs[0].spatial:
            raise ShapeError("needs a map with spatial axes, not a vector")
        return inputs[0]
