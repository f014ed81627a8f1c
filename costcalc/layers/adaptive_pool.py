"""Average pooling to a given output size, whatever the input's.

    multiplies = 0 (not counted)
    params     = 0

Output i along an axis is the mean of inputs ⌊i·in/out⌋ to ⌈(i+1)·in/out⌉ − 1.

Source: He et al., "Spatial Pyramid Pooling", arXiv:1406.4729, section 2.2 (PyTorch's AdaptiveAvgPool).
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from costcalc.layers.base import Primitive, Strides
from costcalc.layers.fields import Sizes, per_axis
from costcalc.layers.products import POSITIONS, POSITIONS_IN, TAPS, C, Extent, Product, moved
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


READS = Extent("_reads", "what all windows read along the")


class AdaptiveAvgPool(Primitive):
    """Means over windows that cover the input evenly."""

    output_size: Sizes

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """output_size×C; raises ShapeError."""
        source = inputs[0]
        return Shape(per_axis(self.output_size, len(source.spatial), "output_size"), source.channels)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Its windows; ``kernel_reads`` takes every one for the truncated ratio of the sizes, as tools do."""
        spatial, channels = inputs[0].spatial, C(output.channels)
        pairs = [*zip(spatial, output.spatial, strict=True)]
        reads = READS([_window_total(*pair) for pair in pairs])
        kernel = TAPS([size // wanted for size, wanted in pairs])
        products = [
            *moved(inputs, output),
            ("window_reads", (reads, channels)),
            ("kernel_reads", (kernel, POSITIONS(output.spatial), channels)),
        ]
        if len(spatial) == 2:
            products.append(("inputs_2d", (POSITIONS_IN(spatial), channels)))
        return products

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """Its windows."""
        from costcalc.layers.formula import Derivation

        return Derivation(
            remarks=["output i is the mean of the inputs from ⌊i·in/out⌋ to ⌈(i + 1)·in/out⌉ − 1"]
        )

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None: its windows have no fixed stride."""
        return None


def _window_total(size: int, wanted: int) -> int:
    """How many inputs all windows of one axis read: Σ ⌈(i+1)·in/out⌉ − ⌊i·in/out⌋, in closed form.

    Neighbours overlap by one wherever i·in/out is no whole number; that is so for all but gcd(in, out)
    of the boundaries 1 … out.
    """
    return size + wanted - _common_divisor(size, wanted)


def _common_divisor(size: int, wanted: int) -> int:
    """The greatest one; of an array of sizes element by element."""
    if isinstance(size, int):
        return math.gcd(size, wanted)
    import numpy  # whoever has an array has it

    return numpy.gcd(size, wanted)
