"""One standard convolution on its input: what every form of it is worked out from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from costcalc.layers.conv import Conv
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.fields import padding_per_axis, per_axis, resolved_padding
from costcalc.shape import Shape

#: What every stage with ``fused`` takes over from the convolution.
FUSED = ("bias", "norm", "activation")


class Stage(NamedTuple):
    """One layer of a form, as the spec language writes it; the ``paths`` of branches are stages, too.

    ``fused`` stages have the convolution's bias, norm and activation, the others none of them.
    """

    fields: Mapping[str, Any]
    fused: bool = True


@dataclass(frozen=True)
class Convolution:
    """A convolution on an input H_in×W_in×C_in; forms are for one of groups 1, algorithms for others, too."""

    layer: Conv | DepthwiseConv
    source: Shape

    @cached_property
    def output(self) -> Shape:
        """H×W×C_out."""
        return self.layer.output_shape((self.source,))

    @property
    def rank(self) -> int:
        """How many spatial axes there are."""
        return len(self.source.spatial)

    @cached_property
    def kernel(self) -> tuple[int, ...]:
        """The kernel along each axis."""
        return per_axis(self.layer.kernel_size, self.rank, "kernel_size")

    @cached_property
    def stride(self) -> tuple[int, ...]:
        """The stride along each axis."""
        return per_axis(self.layer.stride, self.rank, "stride")

    @cached_property
    def dilation(self) -> tuple[int, ...]:
        """The dilation along each axis."""
        return per_axis(self.layer.dilation, self.rank, "dilation")

    @property
    def taps(self) -> int:
        """∏K."""
        return math.prod(self.kernel)

    @cached_property
    def pads(self) -> tuple[tuple[int, int], ...]:
        """The padding (before, after) along each axis, ``same`` worked out."""
        return resolved_padding(
            self.source.spatial, self.kernel, self.stride, self.dilation, self.layer.padding
        )

    @property
    def is_standard(self) -> bool:
        """Whether every output channel is made of all input channels."""
        return isinstance(self.layer, Conv) and self.layer.groups == 1

    @cached_property
    def symbols(self) -> dict[str, int]:
        """What the letters of a formula stand for; in one or three axes H holds all axes but the last."""
        symbols = {"C_in": self.source.channels, "C_out": self.output.channels, "K²": self.taps}
        symbols |= {"H": math.prod(self.output.spatial[:-1]), "W": self.output.spatial[-1]}
        symbols |= {"H_in": math.prod(self.source.spatial[:-1]), "W_in": self.source.spatial[-1]}
        return symbols | {"K_h": math.prod(self.kernel[:-1]), "K_w": self.kernel[-1]}

    def window(self) -> dict[str, Any]:
        """The fields of a stage with the convolution's whole window, stride included."""
        layer = self.layer
        return {
            "kernel_size": layer.kernel_size,
            "stride": layer.stride,
            "padding": layer.padding,
            "dilation": layer.dilation,
        }

    def window_along(self, axis: int) -> dict[str, Any]:
        """The same along one axis alone: K×1 or 1×K, with the stride and padding of that axis."""
        ones = [1] * self.rank
        return {
            "kernel_size": [*ones[:axis], self.kernel[axis], *ones[axis + 1 :]],
            "stride": [*ones[:axis], self.stride[axis], *ones[axis + 1 :]],
            "dilation": [*ones[:axis], self.dilation[axis], *ones[axis + 1 :]],
            "padding": self._padding_along(axis),
        }

    def _padding_along(self, axis: int) -> Any:
        if isinstance(self.layer.padding, str):
            return self.layer.padding
        pads = padding_per_axis(self.layer.padding, self.rank)
        return [side for other, pair in enumerate(pads) for side in (pair if other == axis else (0, 0))]

    def entries(self, stages: Sequence[Stage]) -> list[dict[str, Any]]:
        """The stages as layers of a spec whose input is ``source``."""
        return [self._entry(stage) for stage in stages]

    def _entry(self, stage: Stage) -> dict[str, Any]:
        own = {name: getattr(self.layer, name) for name in FUSED} if stage.fused else {}
        fields = dict(stage.fields)
        if "paths" in fields:
            fields["paths"] = [self.entries(path) for path in fields["paths"]]
        return own | fields
