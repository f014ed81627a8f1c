"""Normalisation over groups of channels, and all positions.

    multiplies = 0 (not counted)
    affine     = 2·C, scale and shift; C with ``affine: scale`` or ``affine: shift``; 0 with ``affine: false``

C: channels, which the groups must divide.

Source: Wu and He, "Group Normalization", arXiv:1803.08494.
"""

from collections.abc import Sequence

from costcalc.layers.channels import check_groups
from costcalc.layers.fields import Size
from costcalc.layers.norm import Norm
from costcalc.shape import Shape


class GroupNorm(Norm):
    """``group_norm``: ``groups`` must divide the channels."""

    groups: Size

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """As it came in; raises ShapeError where the groups do not divide the channels."""
        check_groups(self.groups, in_channels=inputs[0].channels)
        return inputs[0]
