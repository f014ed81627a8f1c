"""A relu with a learned slope for negative values.

    multiplies = 0 (not counted)
    slopes     = C; 1 with ``shared: true``

C: channels.

Source: He et al., "Delving Deep into Rectifiers", arXiv:1502.01852, equation 1.
"""

from collections.abc import Sequence

from costcalc.layers.activation import Activation
from costcalc.layers.fields import Flag
from costcalc.layers.products import C, Product, moved
from costcalc.shape import Shape


class Prelu(Activation):
    """``prelu``: a slope for every channel, unless it is ``shared``."""

    shared: Flag = False

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """A slope for every channel, unless it is shared."""
        slopes = () if self.shared else (C(output.channels),)
        return [*moved(inputs, output), ("slopes", slopes), ("param_reads", slopes)]
