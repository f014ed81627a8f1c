"""Blocks of positions against channels: ``depth_to_space`` (pixel shuffle) and ``space_to_depth``.

    multiplies = 0
    params     = 0

``depth_to_space`` makes of every position a block of ``block_size`` positions along each axis: H·b×W·b×C/b².
``space_to_depth`` is its inverse.

Source: Shi et al., "Real-Time Single Image and Video Super-Resolution", arXiv:1609.05158, section 3.2, equation 4.
"""

from collections.abc import Sequence
from fractions import Fraction

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.fields import Sizes, per_axis
from costcalc.shape import Shape


class BlockShuffle(Primitive):
    """``depth_to_space`` or ``space_to_depth``."""

    block_size: Sizes

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """More positions and fewer channels, or the reverse; raises ShapeError where they do not divide."""
        spatial, channels = inputs[0]
        blocks = self._blocks(inputs[0])
        positions = Shape(blocks, 1).positions
        if self.type == "depth_to_space":
            if channels % positions:
                raise ShapeError(
                    f"channels (={channels}) must be divisible by a block's positions (={positions})",
                    "block_size",
                )
            grown = tuple(size * block for size, block in zip(spatial, blocks, strict=True))
            return Shape(grown, channels // positions)
        for size, block in zip(spatial, blocks, strict=True):
            if size % block:
                raise ShapeError(f"a size (={size}) must be divisible by block_size (={block})", "block_size")
        shrunk = tuple(size // block for size, block in zip(spatial, blocks, strict=True))
        return Shape(shrunk, channels * positions)

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """The block along each axis, or one over it."""
        steps = [Fraction(block) for block in self._blocks(inputs[0])]
        return tuple(1 / step if self.type == "depth_to_space" else step for step in steps)

    def _blocks(self, source: Shape) -> tuple[int, ...]:
        if not source.spatial:
            raise ShapeError("needs a map with spatial axes, not a vector")
        return per_axis(self.block_size, len(source.spatial), "block_size")
