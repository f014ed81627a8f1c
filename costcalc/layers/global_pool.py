"""Pooling over all positions, to 1×1×C.

    multiplies = 0 (not counted)
    params     = 0

Source: Lin et al., "Network In Network", arXiv:1312.4400, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.layers.base import Primitive, Strides
from costcalc.shape import Shape
from costcalc.tally import Tally


class GlobalPool(Primitive):
    """``global_avg_pool`` or ``global_max_pool``."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """1×1×C."""
        return Shape((1,) * len(inputs[0].spatial), inputs[0].channels)

    def tally(self, inputs: Sequence[Shape]) -> Tally:
        """Its facts; the one window is the whole map."""
        source = inputs[0]
        return Tally.of(
            self.type,
            inputs=source.elements,
            inputs_2d=source.elements if len(source.spatial) == 2 else 0,
            outputs=source.channels,
            window_reads=source.elements,
        )

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None: positions have no meaning any more."""
        return None
