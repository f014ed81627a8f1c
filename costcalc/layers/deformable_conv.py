"""Deformable convolution: every tap of its window is moved by an offset that another layer makes.

    multiplies = K²·(C_in/g)·C_out·H·W (of the ``conv``; interpolation is not counted)
    weights    = K²·(C_in/g)·C_out

Its second input are the offsets, 2·K² channels (times the groups that have their own), its third, if there is one, a
weight for each tap. It is made of ``unfold``, which samples all taps, and a 1×1 ``conv`` over what was sampled, so
that the two are counted apart. K² is ∏K, the taps; g: groups; H, W: the output's size.

Source: Dai et al., "Deformable Convolutional Networks", arXiv:1703.06211, section 2.1; Zhu et al., arXiv:1811.11168,
section 3.2 (modulated).
"""

from collections.abc import Sequence
from typing import ClassVar

from costcalc.errors import ShapeError
from costcalc.layers.activation import ActivationField
from costcalc.layers.base import Composite, Context, Part
from costcalc.layers.channels import check_groups
from costcalc.layers.conv import Conv
from costcalc.layers.fields import Flag, Padding, Size, Sizes, Width
from costcalc.layers.norm import NormField
from costcalc.layers.unfold import Unfold
from costcalc.shape import Shape


class DeformableConv(Composite):
    """Sampling at moved taps, then a convolution over them."""

    arity: ClassVar[tuple[int, int | None]] = (2, 3)
    channel_fields: ClassVar[tuple[str, ...]] = ("out_channels",)

    out_channels: Size
    kernel_size: Sizes = 3
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1
    groups: Size = 1
    bias: Flag = False
    norm: NormField = None
    activation: ActivationField = None
    width: Width = "scale"

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """``sampling`` and ``conv``; raises ShapeError."""
        if not inputs[0].spatial:
            raise ShapeError("needs a map with spatial axes, not a vector")
        check_groups(self.groups, in_channels=inputs[0].channels, out_channels=self.out_channels)
        sampling = Unfold(
            type="unfold",
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
        )
        conv = Conv(
            type="conv",
            out_channels=self.out_channels,
            kernel_size=1,
            groups=self.groups,
            bias=self.bias,
            norm=self.norm,
            activation=self.activation,
        )
        names = ("input", "input_2", "input_3")[: len(inputs)]
        return [Part("sampling", sampling, names), Part("conv", conv)]
