"""Windows against channels: ``unfold`` (im2col) writes out what each window covers, ``fold`` adds it up again.

    multiplies = 0 (not counted)
    params     = 0

``unfold`` makes H_out×W_out×(K²·C) of a map: at each position of a sliding window its K² taps of all channels. A
second input says, for each tap, how far it is moved (2 offsets a tap in two axes, for each group of channels that has
its own), a third how much it weighs; taps between positions are interpolated. ``fold`` is the opposite: windows of
K²·C channels make a map of the given ``size`` with C channels, sums where windows overlap.

Source: Chellapilla et al., "High Performance Convolutional Neural Networks for Document Processing", 2006, section 2;
Dai et al., "Deformable Convolutional Networks", arXiv:1703.06211, equations 2 and 3 (offsets); Zhu et al.,
arXiv:1811.11168, equation 1 (weights of taps).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.conv import kernel_taps, steps, taps
from costcalc.layers.fields import Padding, Sizes, per_axis, window, window_output
from costcalc.layers.products import POSITIONS, C, Product, moved
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


class Unfold(Primitive):
    """``unfold``: what each window covers, as channels."""

    arity: ClassVar[tuple[int, int | None]] = (1, 3)

    kernel_size: Sizes
    stride: Sizes = 1
    padding: Padding = "valid"
    dilation: Sizes = 1

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """H_out×W_out×(K²·C); raises ShapeError, also where offsets or weights do not fit the taps."""
        source = inputs[0]
        kernel, stride, dilation = window(inputs, self.kernel_size, self.stride, self.dilation)
        spatial = window_output(source.spatial, kernel, stride, dilation, self.padding)
        count = taps(self.kernel_size, source)
        for word, each, numbers in zip(("offsets", "weights"), inputs[1:], (len(kernel), 1), strict=False):
            if each.spatial != spatial or each.channels % (numbers * count):
                wanted = Shape(spatial, numbers * count)
                raise ShapeError(f"its {word} must be {wanted}, or a multiple of these channels, not {each}")
        return Shape(spatial, count * source.channels)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Every tap is read; between positions it is interpolated."""
        reads = kernel_taps(self.kernel_size, inputs[0]), C(inputs[0].channels), POSITIONS(output.spatial)
        products = [*moved(inputs, output), ("window_reads", reads)]
        return [*products, ("interpolations", reads)] if len(inputs) > 1 else products

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """The size of each axis."""
        from costcalc.layers.sliding import sliding_derivation

        return sliding_derivation(self, inputs[0], output)

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """Its stride along each axis."""
        return steps(self.stride, inputs[0])


class Fold(Primitive):
    """``fold``: windows added up to a map of this ``size``."""

    size: Sizes
    kernel_size: Sizes
    stride: Sizes = 1
    padding: Padding = "valid"
    dilation: Sizes = 1

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The size, with C channels; raises ShapeError where so many windows do not make it up."""
        source = inputs[0]
        kernel, stride, dilation = window(inputs, self.kernel_size, self.stride, self.dilation)
        size = per_axis(self.size, len(source.spatial), "size")
        windows = window_output(size, kernel, stride, dilation, self.padding)
        if windows != source.spatial:
            raise ShapeError(f"{Shape(size, 1)} has {Shape(windows, 1)} windows, not {source}", "size")
        count = taps(self.kernel_size, source)
        if source.channels % count:
            raise ShapeError(f"channels (={source.channels}) must be divisible by the taps (={count})")
        return Shape(size, source.channels // count)

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """One over its stride along each axis."""
        return tuple(1 / step for step in steps(self.stride, inputs[0]))
