"""Channel shuffle: channels of g groups dealt out in turn, so that groups mix.

    multiplies = 0
    params     = 0

Source: Zhang et al., "ShuffleNet", arXiv:1707.01083, section 3.1.
"""

from collections.abc import Sequence

from costcalc.layers.base import Primitive
from costcalc.layers.channels import check_groups
from costcalc.layers.fields import Size
from costcalc.shape import Shape


class ChannelShuffle(Primitive):
    """A fixed permutation of the channels."""

    groups: Size

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """As it came in; raises ShapeError where the groups do not divide the channels."""
        check_groups(self.groups, in_channels=inputs[0].channels)
        return inputs[0]
