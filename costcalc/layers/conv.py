"""Convolution: every output channel is a weighted sum over a window of all input channels of its group.

    multiplies = K²·(C_in/g)·C_out·H_out·W_out
    weights    = K²·(C_in/g)·C_out

K: kernel_size (K² is ∏K, the taps, in any number of axes); g: groups; C_in, C_out: channels in and out;
H_out, W_out: the output's size, ⌊(in + before + after − d·(K−1) − 1)/s⌋ + 1, or ⌈in/s⌉ with padding "same";
d: dilation; s: stride. A bias adds C_out params and no multiplies.

Source: Howard et al., "MobileNets", arXiv:1704.04861, section 3.1: D_K·D_K·M·N·D_F·D_F (a standard
convolution), D_K·D_K·M·D_F·D_F (depthwise, g = C_in); groups: Krizhevsky et al. 2012, section 3.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, ClassVar

from costcalc.layers.activation import ActivationField
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.channels import check_groups
from costcalc.layers.fields import Flag, OneOf, Padding, Size, Sizes, Width, per_axis, window, window_output
from costcalc.layers.norm import NormField
from costcalc.shape import Shape
from costcalc.tally import Tally

Separable = Annotated[str, OneOf("auto", "never")]


def convolution_tally(
    kind: str,
    *,
    source: Shape,
    output: Shape,
    taps: int,
    groups: int,
    bias: bool,
    transposed: bool = False,
) -> Tally:
    """The facts of every convolution: one arithmetic for standard, grouped, depthwise and transposed.

    A transposed convolution multiplies once per *input* position; its count on the output grid is a
    fact of its own, since some tools report that.
    """
    per_position = taps * (source.channels // groups) * output.channels
    return Tally.of(
        kind,
        multiplies=per_position * (source if transposed else output).positions,
        output_grid_multiplies=per_position * output.positions,
        bias_additions=output.elements if bias else 0,
        inputs=source.elements,
        outputs=output.elements,
        weights=per_position,
        biases=output.channels if bias else 0,
    )


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

    def tally(self, inputs: Sequence[Shape]) -> Tally:
        """Its facts; groups = C_in > 1 is a depthwise convolution and counted as one."""
        source = inputs[0]
        return convolution_tally(
            "depthwise_conv" if self.groups == source.channels > 1 else "conv",
            source=source,
            output=self.output_shape(inputs),
            taps=taps(self.kernel_size, source),
            groups=self.groups,
            bias=self.bias,
        )

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """Its stride along each axis."""
        return steps(self.stride, inputs[0])


def taps(kernel_size: int | tuple[int, ...], source: Shape) -> int:
    """∏K: how many positions one window covers."""
    return math.prod(per_axis(kernel_size, len(source.spatial), "kernel_size"))


def steps(stride: int | tuple[int, ...], source: Shape) -> tuple[Fraction, ...]:
    """A stride along each axis, as ``Primitive.strides`` gives it."""
    return tuple(Fraction(step) for step in per_axis(stride, len(source.spatial), "stride"))
