"""Product of two inputs, as in attention: P×C by C×Q.

    multiplies = P·Q·C
    params     = 0

P, Q: positions of the two maps; C: the channels they share. Without ``transpose`` the second input's positions
are summed over (its Q positions meet the first one's channels); with it the channels are. ``heads`` h splits the
channels into h groups with a product each: scores are P×(h·Q), values come back as P×C, and P·Q·C stays the same.

Source: Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, equation 1 and section 3.2.2.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive
from costcalc.layers.fields import Flag, Size
from costcalc.layers.products import C, Count, Product, Share, moved
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


P = Count("P", "positions of the first input")
Q = Count("Q", "positions of the second")
HEAD_CHANNELS = Share(C, Count("h", "heads"))


class Matmul(Primitive):
    """A matrix product of two feature maps, positions by channels."""

    arity: ClassVar[tuple[int, int | None]] = (2, 2)

    transpose: Flag = False
    heads: Size = 1

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The first one's positions × (h·Q) with ``transpose``, × C of the second without; raises ShapeError."""
        left, right = inputs
        if self.transpose:
            if left.channels != right.channels:
                raise ShapeError(
                    f"with transpose both inputs need the same channels, not {left.channels} and {right.channels}"
                )
            self._check_heads(left.channels)
            return Shape(left.spatial, self.heads * right.positions)
        if left.channels != self.heads * right.positions:
            times = f"heads (={self.heads}) times " if self.heads > 1 else ""
            raise ShapeError(
                f"the first input's channels (={left.channels}) must be {times}"
                f"the second one's positions (={right.positions})"
            )
        self._check_heads(right.channels)
        return Shape(left.spatial, right.channels)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Every pair of positions, over the channels."""
        left, right = inputs
        factors = P(left.positions), Q(right.positions), C(right.channels)
        return [
            *moved(inputs, output),
            ("multiplies", factors),
            ("output_grid_multiplies", factors),
        ]

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """What P and Q are, and the product of each head."""
        from costcalc.layers.formula import Derivation, formula, positions_step

        left, right = inputs
        remarks = []
        if self.heads > 1:
            size = right.channels // self.heads
            each = formula((P(left.positions), Q(right.positions), HEAD_CHANNELS(right.channels, self.heads)))
            remarks.append(f"h = {self.heads} heads of {size} channels, each {each}")
        return Derivation([positions_step("P", left), positions_step("Q", right)], remarks)

    def _check_heads(self, channels: int) -> None:
        if channels % self.heads:
            raise ShapeError(f"channels (={channels}) must be divisible by heads (={self.heads})", "heads")
