"""Top k: the k largest along an axis, in order; with k as long as the axis it is sorted.

    multiplies = 0 (not counted)
    params     = 0

``axis`` is channels unless it says height, width or depth.

Source: Shazeer et al., "Outrageously Large Neural Networks", arXiv:1701.06538, equation 5 (KeepTopK).
"""

from collections.abc import Sequence
from typing import Annotated

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.concat import AXES_OF
from costcalc.layers.fields import OneOf, Size
from costcalc.shape import Shape

Axis = Annotated[str, OneOf("channels", "depth", "height", "width")]


class TopK(Primitive):
    """So many of the largest along one axis."""

    k: Size
    axis: Axis = "channels"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The axis has k places; raises ShapeError where there is no such axis, or it is shorter."""
        spatial, channels = inputs[0]
        names = (*AXES_OF[len(spatial)], "channels")
        if self.axis not in names:
            raise ShapeError(f"a shape of {inputs[0]} has no axis {self.axis}", "axis")
        sizes = dict(zip(names, (*spatial, channels), strict=True))
        if self.k > sizes[self.axis]:
            raise ShapeError(f"k (={self.k}) is larger than {self.axis} (={sizes[self.axis]})", "k")
        sizes[self.axis] = self.k
        *positions, last = sizes.values()
        return Shape(tuple(positions), last)

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None where positions are others."""
        return super().strides(inputs) if self.axis == "channels" else None
