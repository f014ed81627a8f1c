"""Convolution: every output channel is a weighted sum over a window of all input channels of its group.

    multiplies = K²·(C_in/g)·C_out·H·W
    weights    = K²·(C_in/g)·C_out
    biases     = C_out, with a bias

K: kernel_size (K² is ∏K, the taps, in any number of axes); g: groups; C_in, C_out: channels in and out;
H, W: the output's size, ⌊(in + before + after − d·(K−1) − 1)/s⌋ + 1, or ⌈in/s⌉ with padding "same";
d: dilation; s: stride. A bias adds no multiplies.

Source: Howard et al., "MobileNets", arXiv:1704.04861, section 3.1: D_K·D_K·M·N·D_F·D_F (a standard
convolution), D_K·D_K·M·D_F·D_F (depthwise, g = C_in); groups: Krizhevsky et al. 2012, section 3.2.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar

from costcalc.layers.activation import ActivationField
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.channels import check_groups
from costcalc.layers.fields import Flag, OneOf, Padding, Size, Sizes, Width, per_axis, window, window_output
from costcalc.layers.norm import NormField
from costcalc.layers.products import (
    C_IN_PER_GROUP,
    C_OUT,
    POSITIONS,
    POSITIONS_IN,
    TAPS,
    Factor,
    Factors,
    Product,
    moved,
)
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


Separable = Annotated[str, OneOf("auto", "never")]


def convolution(
    source: Shape, output: Shape, weights: Factors, channels: Factors, *, bias: bool, transposed: bool = False
) -> list[Product]:
    """What every convolution costs: one statement for standard, grouped, depthwise and transposed.

    ``weights`` are the factors of its kernel's size, ``channels`` those of its output channels. A transposed
    convolution multiplies once per *input* position; its count on the output grid is a quantity of its own,
    since some tools report that.
    """
    positions = POSITIONS(output.spatial)
    products = [
        *moved((source,), output),
        ("multiplies", (*weights, POSITIONS_IN(source.spatial) if transposed else positions)),
        ("output_grid_multiplies", (*weights, positions)),
        ("weights", weights),
    ]
    if bias:
        products += [("bias_additions", (*channels, positions)), ("biases", channels)]
    return products


class FusedConvolution(Primitive):
    """A convolution with its bias, and the norm and activation that follow it."""

    takes_defaults: ClassVar[bool] = True

    bias: Flag = False
    norm: NormField = None
    activation: ActivationField = None

    def fused(self) -> tuple[Primitive, ...]:
        """The norm and activation that are written as fields of it, in order."""
        if self.norm is None:
            return () if self.activation is None else (self.activation,)
        return (self.norm,) if self.activation is None else (self.norm, self.activation)


class Conv(FusedConvolution):
    """A standard or grouped convolution in one to three axes."""

    channel_fields: ClassVar[tuple[str, ...]] = ("out_channels",)

    out_channels: Size
    kernel_size: Sizes
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1
    groups: Size = 1
    separable: Separable = "auto"
    width: Width = "scale"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """H_out×W_out×out_channels; raises ShapeError."""
        kernel, stride, dilation = window(inputs, self.kernel_size, self.stride, self.dilation)
        check_groups(self.groups, in_channels=inputs[0].channels, out_channels=self.out_channels)
        spatial = window_output(inputs[0].spatial, kernel, stride, dilation, self.padding)
        return Shape(spatial, self.out_channels)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Those of a convolution whose outputs see the C_in/g channels of their group."""
        source, channels = inputs[0], C_OUT(output.channels)
        fan_in = C_IN_PER_GROUP(source.channels, self.groups)
        weights = kernel_taps(self.kernel_size, source), fan_in, channels
        return convolution(source, output, weights, (channels,), bias=self.bias)

    def counted_as(self, inputs: Sequence[Shape]) -> str:
        """groups = C_in > 1 is a depthwise convolution and counted as one."""
        return "depthwise_conv" if self.groups == inputs[0].channels > 1 else "conv"

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """The size of each axis."""
        from costcalc.layers.sliding import sliding_derivation

        return sliding_derivation(self, inputs[0], output)

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """Its stride along each axis."""
        return steps(self.stride, inputs[0])


def kernel_taps(kernel_size: int | tuple[int, ...], source: Shape) -> Factor:
    """∏K as a factor: the positions that one window covers."""
    return TAPS(per_axis(kernel_size, len(source.spatial), "kernel_size"))


def taps(kernel_size: int | tuple[int, ...], source: Shape) -> int:
    """∏K: how many positions one window covers."""
    return kernel_taps(kernel_size, source)[1]


def steps(stride: int | tuple[int, ...], source: Shape) -> tuple[Fraction, ...]:
    """A stride along each axis, as ``Primitive.strides`` gives it."""
    return tuple(Fraction(step) for step in per_axis(stride, len(source.spatial), "stride"))
