"""Convolution whose kernel comes in: a second input has its weights, whatever they are computed from.

    multiplies = K²·(C_in/g)·C_out·H·W
    params     = 0 (those of what the kernel is computed from)

It is the convolution K, stride, padding, dilation and g say, on a kernel that other layers make: a standardised or
otherwise reparametrised one, a fixed one (``parameter`` with ``trainable: false``, as for a blur), or one made for
each example. That input has K²·(C_in/g)·C_out elements, in any shape. K² is ∏K, the taps; H, W: the output's size.

Source: Jia et al., "Dynamic Filter Networks", arXiv:1605.09673, section 3; Qiao et al., "Weight Standardization",
arXiv:1903.10520, section 3; Zhang, "Making Convolutional Networks Shift-Invariant Again", arXiv:1904.11486 (a blur).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.channels import check_groups
from costcalc.layers.conv import kernel_taps, steps
from costcalc.layers.fields import Padding, Size, Sizes, window, window_output
from costcalc.layers.products import C_IN_PER_GROUP, C_OUT, POSITIONS, Product, moved
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


class DynamicConv(Primitive):
    """A convolution of its first input with a kernel that is its second."""

    arity: ClassVar[tuple[int, int | None]] = (2, 2)

    out_channels: Size
    kernel_size: Sizes
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1
    groups: Size = 1

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """H_out×W_out×out_channels; raises ShapeError, also where the second input has not the kernel's elements."""
        source, given = inputs
        kernel, stride, dilation = window(inputs, self.kernel_size, self.stride, self.dilation)
        check_groups(self.groups, in_channels=source.channels, out_channels=self.out_channels)
        elements = Shape(kernel, source.channels // self.groups * self.out_channels).elements
        if given.elements != elements:
            raise ShapeError(f"its kernel has {elements} elements, but the second input {given.elements}")
        spatial = window_output(source.spatial, kernel, stride, dilation, self.padding)
        return Shape(spatial, self.out_channels)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Those of a convolution, but for its params."""
        fan_in = C_IN_PER_GROUP(inputs[0].channels, self.groups)
        factors = (
            kernel_taps(self.kernel_size, inputs[0]),
            fan_in,
            C_OUT(output.channels),
            POSITIONS(output.spatial),
        )
        return [*moved(inputs, output), ("multiplies", factors), ("output_grid_multiplies", factors)]

    def counted_as(self, inputs: Sequence[Shape]) -> str:
        """As the convolution that it is."""
        return "depthwise_conv" if self.groups == inputs[0].channels > 1 else "conv"

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """The size of each axis."""
        from costcalc.layers.sliding import sliding_derivation

        return sliding_derivation(self, inputs[0], output)

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """Its stride along each axis."""
        return steps(self.stride, inputs[0])
