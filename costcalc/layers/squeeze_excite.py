"""Squeeze-and-excite: scale every channel by a gate that is computed from all channels' means.

    multiplies = 2·C·S       (two 1×1 convolutions on the 1×1×C means; the product is not counted)
    params     = 2·C·S + S + C

C: the channels it receives; S: squeeze_channels, or ⌊C/r⌋ (at least 1) for a reduction r (4 if neither is
said), then to the nearest multiple of ``divisor`` and never below 0.9 of it.

Source: Hu et al., "Squeeze-and-Excitation Networks", arXiv:1709.01507, section 3 (r = 16 there); the hard
sigmoid gate and the divisor: Howard et al., "Searching for MobileNetV3", arXiv:1905.02244, section 5.3.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import model_validator

from costcalc.layers.activation import ActivationField, activation_named
from costcalc.layers.base import Composite, Context, Part
from costcalc.layers.channels import channel_count, round_to_divisor
from costcalc.layers.conv import Conv
from costcalc.layers.elementwise import Elementwise
from costcalc.layers.fields import Size, Width
from costcalc.layers.global_pool import GlobalPool
from costcalc.shape import Shape


class SqueezeExcite(Composite):
    """The gate, and the product with what came in. No defaults apply."""

    channel_fields: ClassVar[tuple[str, ...]] = ("squeeze_channels",)
    absent: ClassVar[Mapping[str, str]] = {"reduction": "4"}

    type: str = "squeeze_excite"
    squeeze_channels: Size | None = None
    reduction: Size | None = None
    divisor: Size = 1
    activation: ActivationField = activation_named("relu")
    gate: ActivationField = activation_named("sigmoid")
    width: Width = "scale"

    @model_validator(mode="after")
    def _one_way(self) -> "SqueezeExcite":
        if self.squeeze_channels is not None and self.reduction is not None:
            raise ValueError("has both squeeze_channels and reduction: one of them says it")
        return self

    def squeezed(self, channels: int) -> int:
        """S for the channels it receives; raises ShapeError where the divisor makes it too large."""
        if self.squeeze_channels is not None:
            return self.squeeze_channels
        count = max(channels // (self.reduction or 4), 1)
        if self.divisor == 1:
            return count
        return channel_count(round_to_divisor(count, self.divisor), "divisor", self.divisor, channels)

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """``squeeze`` (the means), ``reduce``, ``expand``, ``scale``."""
        channels = inputs[0].channels
        reduce = Conv(
            type="conv",
            out_channels=self.squeezed(channels),
            kernel_size=1,
            bias=True,
            activation=self.activation,
        )
        expand = Conv(type="conv", out_channels=channels, kernel_size=1, bias=True, activation=self.gate)
        return (
            Part("squeeze", GlobalPool(type="global_avg_pool")),
            Part("reduce", reduce),
            Part("expand", expand),
            Part("scale", Elementwise(type="multiply"), ("input", "expand")),
        )
