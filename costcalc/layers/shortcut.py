"""The shortcut of a residual: the identity, or a 1×1 convolution where shapes differ.

    multiplies = C_in·C_out·H_out·W_out     (a projection; the identity has none)

Not written by users: ``residual`` expands into it.

Source: He et al., "Deep Residual Learning", arXiv:1512.03385, equation 2 and section 3.3 (option B).
"""

from collections.abc import Sequence
from typing import ClassVar

from costcalc.errors import ShapeError
from costcalc.layers.base import Composite, Context, Part
from costcalc.layers.conv import Conv
from costcalc.shape import Shape

_FIELD = "shortcut"
_REMEDY = "give the shortcut as a list of layers"


class Shortcut(Composite):
    """From what came in (first input) to the shape of the body's output (second input)."""

    arity: ClassVar[tuple[int, int | None]] = (2, 2)

    type: str = "shortcut"
    projection: bool

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """Nothing where the shapes are equal, else the projection; raises ShapeError."""
        source, target = inputs
        if source == target:
            return ()
        if not self.projection:
            raise ShapeError(
                f"the body makes {target} of {source}, so the identity cannot be added: "
                f"say shortcut: projection, or {_REMEDY}",
                _FIELD,
            )
        if not source.spatial:
            raise ShapeError(
                f"a projection is a 1×1 convolution, and a vector has no positions: {_REMEDY}", _FIELD
            )
        stride = context.stride()
        if stride is None or any(step.denominator != 1 for step in stride):
            raise ShapeError(f"the body has no stride that a 1×1 convolution could have: {_REMEDY}", _FIELD)
        projection = Conv(
            type="conv",
            out_channels=target.channels,
            kernel_size=1,
            stride=tuple(map(int, stride)),
            norm=context.defaults.get("norm"),
            bias=context.defaults.get("bias", False),
        )
        made = projection.output_shape((source,))
        if made != target:
            raise ShapeError(
                f"a projection with the body's stride makes {made}, but the body makes {target}: {_REMEDY}",
                _FIELD,
            )
        return (Part("projection", projection, ("input",)),)
