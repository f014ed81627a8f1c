"""Transposed convolution: every input position adds a weighted window to the output.

    multiplies = K²·(C_in/g)·C_out·H_in·W_in
    weights    = K²·(C_in/g)·C_out
    biases     = C_out, with a bias

It multiplies once per *input* position. Its output size is (in − 1)·s + d·(K−1) + 1 − before − after +
output_padding, or in·s with padding "same".

Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, chapter 4.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from costcalc.errors import ShapeError
from costcalc.layers.base import Strides
from costcalc.layers.channels import check_groups
from costcalc.layers.conv import FusedConvolution, convolution, kernel_taps, steps
from costcalc.layers.fields import Counts, Padding, Size, Sizes, Width, padding_per_axis, per_axis, window
from costcalc.layers.products import C_IN_PER_GROUP, C_OUT, Product
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


_GRID = "multiplies are counted on the input's grid: every input position is multiplied with the whole kernel"


class ConvTranspose(FusedConvolution):
    """A transposed ("de-") convolution in one to three axes."""

    channel_fields: ClassVar[tuple[str, ...]] = ("out_channels",)

    out_channels: Size
    kernel_size: Sizes
    stride: Sizes = 1
    padding: Padding = "same"
    output_padding: Counts = 0
    dilation: Sizes = 1
    groups: Size = 1
    width: Width = "scale"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """H_out×W_out×out_channels; raises ShapeError."""
        source = inputs[0]
        kernel, stride, dilation = window(inputs, self.kernel_size, self.stride, self.dilation)
        extra = per_axis(self.output_padding, len(kernel), "output_padding")
        check_groups(self.groups, in_channels=source.channels, out_channels=self.out_channels)
        if self.padding == "same":
            if any(extra):
                raise ShapeError("output_padding has no meaning with padding same", "output_padding")
            spatial = [size * step for size, step in zip(source.spatial, stride, strict=True)]
        else:
            pads = padding_per_axis(self.padding, len(kernel))
            spatial = [
                (size - 1) * step + reach * (taps_ - 1) + 1 - sum(pad) + more
                for size, taps_, step, reach, pad, more in zip(
                    source.spatial, kernel, stride, dilation, pads, extra, strict=True
                )
            ]
        if min(spatial) < 1:
            padding = list(self.padding) if isinstance(self.padding, tuple) else self.padding
            raise ShapeError(f"padding (={padding}) leaves nothing of the output", "padding")
        return Shape(tuple(spatial), self.out_channels)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Those of a convolution; multiplies on the input grid."""
        source, channels = inputs[0], C_OUT(output.channels)
        fan_in = C_IN_PER_GROUP(source.channels, self.groups)
        weights = kernel_taps(self.kernel_size, source), fan_in, channels
        return convolution(source, output, weights, (channels,), bias=self.bias, transposed=True)

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """The size of each axis, and on which grid multiplies are counted."""
        from costcalc.layers.formula import Derivation
        from costcalc.layers.sliding import along, transposed_steps

        sizes = along(
            inputs[0],
            output,
            kernel=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            extra=self.output_padding,
            transposed=True,
        )
        return Derivation(transposed_steps(sizes, same=self.padding == "same"), (_GRID,))

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """Its stride along each axis: the inverse of a convolution's."""
        return tuple(1 / step for step in steps(self.stride, inputs[0]))
