"""Depthwise-separable convolution: a depthwise convolution, then a 1×1 convolution.

    multiplies = K²·C_in·m·H_out·W_out + m·C_in·C_out·H_out·W_out
    weights    = K²·C_in·m + m·C_in·C_out

Against the standard convolution K²·C_in·C_out·H_out·W_out that is a ratio of m·(1/C_out + 1/K²).
Each of the two has the bias, norm and activation given; ``between`` sets the depthwise apart.

Source: Howard et al., "MobileNets", arXiv:1704.04861, equation 5: D_K·D_K·M·D_F·D_F + M·N·D_F·D_F;
``between: none`` and the depth multiplier: Chollet, "Xception", arXiv:1610.02357.
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from costcalc.layers.activation import ActivationField
from costcalc.layers.base import Composite, Context, Part, Primitive
from costcalc.layers.conv import Conv
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.fields import AlsoWritten, Flag, Padding, Size, Sizes, Width
from costcalc.layers.norm import NormField
from costcalc.quantity import shown
from costcalc.shape import Shape


class Between(BaseModel):
    """What stands between the two convolutions; what it does not say is as on the layer."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    bias: Flag = False
    norm: NormField = None
    activation: ActivationField = None


def _between(value: object) -> object:
    if value == "none":
        return {"bias": False, "norm": "none", "activation": "none"}
    if isinstance(value, dict | Between):
        return value
    raise ValueError(f"must be none or a mapping of bias, norm and activation, not {shown(value)}")


class SeparableConv(Composite):
    """A depthwise convolution and the 1×1 convolution that mixes its channels."""

    takes_defaults: ClassVar[bool] = True
    channel_fields: ClassVar[tuple[str, ...]] = ("out_channels",)

    out_channels: Size
    kernel_size: Sizes = 3
    depth_multiplier: Size = 1
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1
    bias: Flag = False
    norm: NormField = None
    activation: ActivationField = None
    between: Annotated[Between | None, BeforeValidator(_between), AlsoWritten({"const": "none"})] = None
    width: Width = "scale"

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """``depthwise``, then ``pointwise``."""
        return [Part(name, layer) for name, layer in self.pair().items()]

    def pair(self) -> dict[str, Primitive]:
        """The two convolutions by name, in order."""
        fused: dict[str, Any] = {"bias": self.bias, "norm": self.norm, "activation": self.activation}
        between = self.between
        apart = {name: getattr(between, name) for name in between.model_fields_set} if between else {}
        depthwise = DepthwiseConv(
            type="depthwise_conv",
            kernel_size=self.kernel_size,
            depth_multiplier=self.depth_multiplier,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            **{**fused, **apart},
        )
        pointwise = Conv(type="conv", out_channels=self.out_channels, kernel_size=1, **fused)
        return {"depthwise": depthwise, "pointwise": pointwise}
