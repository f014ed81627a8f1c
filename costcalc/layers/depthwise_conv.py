"""Depthwise convolution: every input channel is filtered alone, by ``depth_multiplier`` filters.

    multiplies = K²·C_in·m·H·W
    weights    = K²·C_in·m
    biases     = C_in·m, with a bias

It is the grouped convolution with g = C_in and C_out = m·C_in. K² is ∏K, the taps; m: depth_multiplier; H, W: the
output's size.

Source: Howard et al., "MobileNets", arXiv:1704.04861, equation 4: D_K·D_K·M·D_F·D_F; the depth multiplier:
Chollet, "Xception", arXiv:1610.02357 (Keras' DepthwiseConv2D).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from costcalc.layers.base import Strides
from costcalc.layers.conv import FusedConvolution, convolution, kernel_taps, steps
from costcalc.layers.fields import Padding, Size, Sizes, window, window_output
from costcalc.layers.products import C_IN, DEPTH_MULTIPLIER, Product
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


class DepthwiseConv(FusedConvolution):
    """A convolution of each channel by itself."""

    kernel_size: Sizes = 3
    depth_multiplier: Size = 1
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """H_out×W_out×(m·C_in); raises ShapeError."""
        kernel, stride, dilation = window(inputs, self.kernel_size, self.stride, self.dilation)
        spatial = window_output(inputs[0].spatial, kernel, stride, dilation, self.padding)
        return Shape(spatial, inputs[0].channels * self.depth_multiplier)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Those of a grouped convolution with g = C_in."""
        source = inputs[0]
        channels = C_IN(source.channels), DEPTH_MULTIPLIER(self.depth_multiplier)
        weights = kernel_taps(self.kernel_size, source), *channels
        return convolution(source, output, weights, channels, bias=self.bias)

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """The size of each axis."""
        from costcalc.layers.sliding import sliding_derivation

        return sliding_derivation(self, inputs[0], output)

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """Its stride along each axis."""
        return steps(self.stride, inputs[0])
