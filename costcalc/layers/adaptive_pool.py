"""Average pooling to a given output size, whatever the input's.

    multiplies = 0 (not counted)
    params     = 0

Output i along an axis is the mean of inputs ⌊i·in/out⌋ to ⌈(i+1)·in/out⌉ − 1.

Source: He et al., "Spatial Pyramid Pooling", arXiv:1406.4729, section 2.2 (PyTorch's AdaptiveAvgPool).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from costcalc.layers.base import Primitive, Strides
from costcalc.layers.fields import Sizes, per_axis
from costcalc.shape import Shape
from costcalc.tally import Tally


class AdaptiveAvgPool(Primitive):
    """Means over windows that cover the input evenly."""

    output_size: Sizes

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """output_size×C; raises ShapeError."""
        source = inputs[0]
        return Shape(per_axis(self.output_size, len(source.spatial), "output_size"), source.channels)

    def tally(self, inputs: Sequence[Shape]) -> Tally:
        """Its facts; ``kernel_reads`` takes every window for the truncated ratio of the sizes, as tools do."""
        source, output = inputs[0], self.output_shape(inputs)
        reads = math.prod(map(_window_total, source.spatial, output.spatial))
        kernel = math.prod(
            size // wanted for size, wanted in zip(source.spatial, output.spatial, strict=True)
        )
        return Tally.of(
            "adaptive_avg_pool",
            inputs=source.elements,
            inputs_2d=source.elements if len(source.spatial) == 2 else 0,
            outputs=output.elements,
            window_reads=reads * source.channels,
            kernel_reads=kernel * output.elements,
        )

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None: its windows have no fixed stride."""
        return None


def _window_total(size: int, wanted: int) -> int:
    """How many inputs all windows of one axis read: Σ ⌈(i+1)·in/out⌉ − ⌊i·in/out⌋, in closed form.

    Neighbours overlap by one wherever i·in/out is no whole number; that is so for all but gcd(in, out)
    of the boundaries 1 … out.
    """
    return size + wanted - math.gcd(size, wanted)
