"""Pooling over all positions, to 1×1×C.

    multiplies = 0 (not counted)
    params     = 0

Source: Lin et al., "Network In Network", arXiv:1312.4400, section 3.2.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from costcalc.layers.base import Primitive, Strides
from costcalc.layers.products import POSITIONS_IN, C, Product, moved
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


class GlobalPool(Primitive):
    """``global_avg_pool`` or ``global_max_pool``."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """1×1×C."""
        return Shape((1,) * len(inputs[0].spatial), inputs[0].channels)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """The one window is the whole map."""
        spatial, channels = inputs[0]
        elements = POSITIONS_IN(spatial), C(channels)
        products = [*moved(inputs, output), ("window_reads", elements)]
        return [*products, ("inputs_2d", elements)] if len(spatial) == 2 else products

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """Its one window."""
        from costcalc.layers.formula import Derivation, positions_step

        return Derivation([positions_step("window", inputs[0])])

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None: positions have no meaning any more."""
        return None
