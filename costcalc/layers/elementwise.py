"""Sum, product or another function of several inputs, element by element.

    multiplies = 0 (``multiplies`` are those of conv, linear and matmul)
    params     = 0

Axes of size 1 are broadcast; a vector counts as 1×1×C. ``subtract``, ``divide`` and ``compare`` take two inputs,
``where`` three (a condition, and what is taken where it holds and where it does not), all others two or more.

Source: He et al., "Deep Residual Learning", arXiv:1512.03385, equation 1 (add); Hu et al., "Squeeze-and-Excitation
Networks", arXiv:1709.01507, equation 4 (multiply);
Goodfellow et al., "Maxout Networks", arXiv:1302.4389, section 2 (maximum).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


class Elementwise(Primitive):
    """``add``, ``multiply``, ``maximum`` or ``minimum``."""

    arity: ClassVar[tuple[int, int | None]] = (2, None)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The broadcast shape; raises ShapeError where sizes differ and neither is 1."""
        rank = max(len(shape.spatial) for shape in inputs)
        padded = [shape if shape.spatial else Shape((1,) * rank, shape.channels) for shape in inputs]
        if any(len(shape.spatial) != rank for shape in padded):
            raise ShapeError("they have different numbers of axes")
        axes = zip(*((*shape.spatial, shape.channels) for shape in padded), strict=True)
        sizes = [max(axis) for axis in axes if set(axis) <= {1, max(axis)}]
        if len(sizes) != rank + 1:
            raise ShapeError("sizes must be equal, or 1")
        return Shape(tuple(sizes[:-1]), sizes[-1])

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """Whether something is broadcast."""
        from costcalc.layers.formula import Derivation

        repeated = any(shape.elements < output.elements for shape in inputs)
        return Derivation(remarks=["axes of size 1 are repeated"] if repeated else [])


class OfTwo(Elementwise):
    """``subtract``, ``divide`` or ``compare``."""

    arity: ClassVar[tuple[int, int | None]] = (2, 2)


class Where(Elementwise):
    """``where``: one of two inputs, as a third one says."""

    arity: ClassVar[tuple[int, int | None]] = (3, 3)
