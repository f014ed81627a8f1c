"""Inverted residual: expand with a 1×1, filter depthwise, project with a 1×1; add where the shape is kept.

    multiplies = C_in·E·H·W + K²·E·H_out·W_out + E·C_out·H_out·W_out     (and a squeeze-excite between)

E: expanded_channels, or ⌊t·C_in + ½⌋ for an expansion t; with t = 1 there is no expanding 1×1. The projecting
1×1 has a norm and no activation. The skip stands where the stride is 1 and the channels match.

Source: Sandler et al., "MobileNetV2", arXiv:1801.04381, section 3.3 and table 1; with squeeze-excite: Howard et
al., "Searching for MobileNetV3", arXiv:1905.02244, section 5.3, and Tan and Le, arXiv:1905.11946 (MBConv).
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from pydantic import ConfigDict, model_validator

from costcalc.layers.activation import ActivationField
from costcalc.layers.base import Composite, Context, Layer, Part
from costcalc.layers.channels import ChannelScaling, channel_count
from costcalc.layers.conv import Conv, steps
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.elementwise import Elementwise
from costcalc.layers.fields import Decimal, Flag, Padding, Size, Sizes, Width
from costcalc.layers.norm import NormField
from costcalc.layers.squeeze_excite import SqueezeExcite
from costcalc.shape import Shape


class InvertedResidual(Composite):
    """The block of MobileNet V2 and V3, EfficientNet and MnasNet."""

    takes_defaults: ClassVar[bool] = True
    channel_fields: ClassVar[tuple[str, ...]] = ("out_channels", "expanded_channels")

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["expansion"]}, {"required": ["expanded_channels"]}]}
    )

    out_channels: Size
    expansion: Decimal | None = None
    expanded_channels: Size | None = None
    kernel_size: Sizes = 3
    stride: Sizes = 1
    padding: Padding = "same"
    bias: Flag = False
    norm: NormField = None
    activation: ActivationField = None
    squeeze_excite: SqueezeExcite | None = None
    width: Width = "scale"

    @model_validator(mode="after")
    def _one_expansion(self) -> "InvertedResidual":
        if self.expansion is None and self.expanded_channels is None:
            raise ValueError("needs expansion or expanded_channels")
        if self.expansion is not None and self.expanded_channels is not None:
            raise ValueError("has both expansion and expanded_channels: one of them says it")
        return self

    def scaled(self, scaling: ChannelScaling) -> Layer:
        """The same with its channels scaled, those of its squeeze-excite included."""
        layer = super().scaled(scaling)
        if self.squeeze_excite is None or self.keeps_width(scaling):
            return layer
        return layer.model_copy(update={"squeeze_excite": self.squeeze_excite.scaled(scaling)})

    def expanded(self, channels: int) -> int:
        """E for these input channels; raises ShapeError where that is no size."""
        if self.expansion is None:
            assert self.expanded_channels is not None
            return self.expanded_channels
        count = int(self.expansion * channels + Fraction(1, 2))
        return channel_count(count, "expansion", f"{float(self.expansion):.10g}", channels)

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """``expand``, ``depthwise``, ``squeeze_excite``, ``project``, ``add``, as far as they are there."""
        source = inputs[0]
        expanded = self.expanded(source.channels)
        fused: dict[str, Any] = {"bias": self.bias, "norm": self.norm}
        parts = []
        if self.expansion != 1 and not (self.expansion is None and expanded == source.channels):
            widen = Conv(
                type="conv", out_channels=expanded, kernel_size=1, activation=self.activation, **fused
            )
            parts.append(Part("expand", widen))
        depthwise = DepthwiseConv(
            type="depthwise_conv",
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            activation=self.activation,
            **fused,
        )
        parts.append(Part("depthwise", depthwise))
        if self.squeeze_excite is not None:
            parts.append(Part("squeeze_excite", self.squeeze_excite))
        parts.append(
            Part("project", Conv(type="conv", out_channels=self.out_channels, kernel_size=1, **fused))
        )
        kept = depthwise.output_shape((source,)).spatial == source.spatial
        strided = any(step != 1 for step in steps(self.stride, source))
        if kept and not strided and self.out_channels == source.channels:
            parts.append(Part("add", Elementwise(type="add"), ("input", "project")))
        return parts
