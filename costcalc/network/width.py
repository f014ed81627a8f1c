"""A width multiplier at work: the channels of each layer scaled, depthwise convolutions kept depthwise."""

from __future__ import annotations

from costcalc.layers.base import Layer
from costcalc.layers.channels import ChannelScaling
from costcalc.layers.conv import Conv


class WidthMultiplier:
    """Scales the layers of one network; knows which convolution was the last."""

    def __init__(self, scaling: ChannelScaling) -> None:
        self.scaling = scaling
        #: The path of the last convolution, its channels before and after.
        self._last: tuple[str, int, int] | None = None

    def scaled(self, layer: Layer, path: str, in_channels: int | None) -> Layer:
        """A layer at this width. A grouped convolution that was depthwise stays so on the channels that it gets."""
        scaled = layer.scaled(self.scaling)
        if isinstance(layer, Conv):
            assert isinstance(scaled, Conv)
            if path in self.scaling.depthwise and in_channels is not None:
                channels = layer.out_channels // layer.groups * in_channels
                scaled = layer.model_copy(update={"groups": in_channels, "out_channels": channels})
            self._last = (path, layer.out_channels, scaled.out_channels)
        elif layer.takes_defaults:
            self._last = None  # another kind of convolution is the last
        return scaled

    def notes(self) -> list[str]:
        """What there is to say once all layers are scaled: that the last convolution was one of them."""
        if self._last is None or self._last[1] == self._last[2]:
            return []
        path, before, after = self._last
        return [
            f"the width multiplier also scaled the last convolution, {path} ({before} → {after} channels); "
            "width: fixed or width: grow on it would keep it"
        ]
