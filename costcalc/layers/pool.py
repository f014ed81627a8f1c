"""Pooling over a sliding window: the largest value, or the mean.

    multiplies = 0 (not counted)
    params     = 0

Output size as a convolution's, with stride = kernel_size unless given, a window's places ``dilation`` apart;
``ceil_mode`` rounds up, where the last window starts inside the input or its leading padding (PyTorch's rule).

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998, section II.B (subsampling);
Krizhevsky et al. 2012, section 3.4 (overlapping pooling).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.conv import kernel_taps, steps
from costcalc.layers.fields import Flag, Padding, Sizes, padding_per_axis, window, window_output
from costcalc.layers.products import POSITIONS, C, Product, moved
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


_DROPPED = "ceil_mode: a last window that would start behind the input falls away"


class Pool(Primitive):
    """``max_pool`` or ``avg_pool``."""

    absent: ClassVar[Mapping[str, str]] = {"stride": "kernel_size"}

    kernel_size: Sizes
    stride: Sizes | None = None
    padding: Padding = "valid"
    dilation: Sizes = 1
    ceil_mode: Flag = False

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """H_out×W_out×C; raises ShapeError."""
        source = inputs[0]
        kernel, stride, dilation = window(inputs, self.kernel_size, self._stride(), self.dilation)
        if not self.ceil_mode or self.padding == "same":
            return Shape(
                window_output(source.spatial, kernel, stride, dilation, self.padding), source.channels
            )
        pads = padding_per_axis(self.padding, len(kernel))
        return Shape(tuple(map(_rounded_up, source.spatial, kernel, stride, dilation, pads)), source.channels)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Every output reads one window."""
        reads = kernel_taps(self.kernel_size, inputs[0]), POSITIONS(output.spatial), C(output.channels)
        return [*moved(inputs, output), ("window_reads", reads)]

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """The size of each axis."""
        from costcalc.layers.formula import Derivation
        from costcalc.layers.sliding import along, rounded_up_steps, sliding_steps

        sizes = along(
            inputs[0],
            output,
            kernel=self.kernel_size,
            stride=self._stride(),
            padding=self.padding,
            dilation=self.dilation,
        )
        if self.padding == "same" or not self.ceil_mode:
            return Derivation(sliding_steps(sizes, same=self.padding == "same"))
        steps = rounded_up_steps(sizes)
        dropped = any(step.formula.symbols.endswith("− 1") for step in steps)
        return Derivation(steps, (_DROPPED,) if dropped else ())

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """Its stride along each axis."""
        return steps(self._stride(), inputs[0])

    def _stride(self) -> int | tuple[int, ...]:
        return self.kernel_size if self.stride is None else self.stride


def _rounded_up(size: int, kernel: int, stride: int, dilation: int, padding: tuple[int, int]) -> int:
    before, after = padding
    kernel = dilation * (kernel - 1) + 1
    if kernel > size + before + after:
        raise ShapeError(
            f"kernel_size (={kernel}) is larger than its padded input (={size + before + after})",
            "kernel_size",
        )
    output = -(-(size + before + after - kernel) // stride) + 1
    return output - 1 if (output - 1) * stride >= size + before else output
