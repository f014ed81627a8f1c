"""Transpose: the axes of a map in another order.

    multiplies = 0
    params     = 0

``order`` names the axes of the input in the order in which the output has them, channels last: of a map 8×10×6,
``[width, channels, height]`` makes 10×6×8. It matters where positions become channels: a layer that mixes tokens.

Source: Tolstikhin et al., "MLP-Mixer", arXiv:2105.01601, section 2, equation 1 (a table and its transpose).
"""

from collections.abc import Sequence
from typing import Annotated

from costcalc.errors import ShapeError, did_you_mean, either
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.concat import AXES_OF
from costcalc.layers.fields import Parsed, list_of
from costcalc.quantity import listed, shown
from costcalc.shape import Shape

AXIS_NAMES = ("channels", "depth", "height", "width")


def _order(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= 4:
        raise ValueError(f"must be a list of all axes, not {shown(value)}")
    for name in value:
        if name not in AXIS_NAMES:
            raise ValueError(
                f"must name {either(AXIS_NAMES)}, not {shown(name)}{did_you_mean(name, AXIS_NAMES)}"
            )
    if len(set(value)) < len(value):
        raise ValueError("must name every axis once")
    return tuple(map(str, value))


Order = Annotated[
    tuple[str, ...],
    Parsed(
        _order,
        {**list_of({"enum": [*AXIS_NAMES]}, 2, 4), "uniqueItems": True, "description": "a list of all axes"},
    ),
]


class Transpose(Primitive):
    """The same elements, their axes in another ``order``."""

    order: Order

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The sizes in that order; raises ShapeError unless it names the axes that there are."""
        spatial, channels = inputs[0]
        names = (*AXES_OF[len(spatial)], "channels")
        if set(self.order) != set(names):
            raise ShapeError(
                f"order must name {listed(names)}: a shape of {inputs[0]} has these axes", "order"
            )
        sizes = dict(zip(names, (*spatial, channels), strict=True))
        *positions, last = (sizes[name] for name in self.order)
        return Shape(tuple(positions), last)

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None: positions are others."""
        return None
