"""Shapes, channels last as papers write them, and the one output-size function."""

import math
from typing import NamedTuple

from costcalc.errors import ShapeError


class Shape(NamedTuple):
    """H×W×C: the spatial sizes (height, then width) and the channels. A vector has no spatial sizes."""

    spatial: tuple[int, ...]
    channels: int

    @property
    def positions(self) -> int:
        """H·W: how many positions the map has; 1 for a vector."""
        return math.prod(self.spatial)

    @property
    def elements(self) -> int:
        """H·W·C."""
        return math.prod(self.spatial) * self.channels

    def __str__(self) -> str:
        return "x".join(map(str, (*self.spatial, self.channels)))


def output_size(size: int, kernel: int, stride: int, dilation: int, padding: tuple[int, int]) -> int:
    """The output size along one axis: ⌊(in + before + after − d·(K−1) − 1)/s⌋ + 1.

    Raises ShapeError where the kernel is larger than its padded input.
    """
    padded = size + sum(padding)
    reach = dilation * (kernel - 1) + 1
    if reach > padded:
        dilated = f" (dilated to {reach})" if dilation > 1 else ""
        raise ShapeError(
            f"kernel_size (={kernel}){dilated} is larger than its padded input (={padded})", "kernel_size"
        )
    return (padded - reach) // stride + 1


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """The padding (before, after) that makes the output ceil(input / stride), as TensorFlow's ``SAME``."""
    output = -(-size // stride)
    total = max((output - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2
