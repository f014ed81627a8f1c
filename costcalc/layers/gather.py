"""Gather: positions picked from a map by fixed indices, each as often as they say.

    multiplies = 0
    params     = 0

``positions`` says how many are picked; the result has one spatial axis. A table of relative position biases is read
this way: 169 rows give the 49·49 = 2401 biases of a 7×7 window.

Source: Liu et al., "Swin Transformer", arXiv:2103.14030, section 3.2 (the values in B are taken from B̂).
"""

from collections.abc import Sequence

from costcalc.layers.base import Primitive, Strides
from costcalc.layers.fields import Size
from costcalc.shape import Shape


class Gather(Primitive):
    """So many ``positions``, each one of those that came in."""

    positions: Size

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """positions×C."""
        return Shape((self.positions,), inputs[0].channels)

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None: positions are others."""
        return None
