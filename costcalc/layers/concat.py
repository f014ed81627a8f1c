"""Concatenation of inputs, along the channels unless ``axis`` names a spatial axis.

    multiplies = 0
    params     = 0

Source: Szegedy et al., "Going Deeper with Convolutions", arXiv:1409.4842, section 4 (filter concatenation);
along positions: Dosovitskiy et al., arXiv:2010.11929, equation 1.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive
from costcalc.layers.fields import OneOf
from costcalc.layers.products import axes
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


Axis = Annotated[str, OneOf("channels", "depth", "height", "width")]

#: The spatial axes by name, outermost first; a map with fewer axes has the last ones.
AXES_OF: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("width",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}


class Concat(Primitive):
    """Inputs one behind the other."""

    arity: ClassVar[tuple[int, int | None]] = (1, None)

    axis: Axis = "channels"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Sizes along the axis added up; raises ShapeError where any other differs."""
        rank = len(inputs[0].spatial)
        if self.axis != "channels" and self.axis not in AXES_OF[rank]:
            raise ShapeError(f"a shape of {inputs[0]} has no axis {self.axis}", "axis")
        where = rank if self.axis == "channels" else AXES_OF[rank].index(self.axis)
        sizes = [[*shape.spatial, shape.channels] for shape in inputs]
        if len({(len(axes), *axes[:where], *axes[where + 1 :]) for axes in sizes}) > 1:
            raise ShapeError(f"all sizes but the {self.axis} must be equal")
        joined = sizes[0]
        joined[where] = sum(axes[where] for axes in sizes)
        return Shape(tuple(joined[:-1]), joined[-1])

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """The sizes that add up."""
        from costcalc.layers.formula import Derivation, FormulaStep, size_formula

        if self.axis == "channels":
            name, sizes, total = "C", [shape.channels for shape in inputs], output.channels
        else:
            name = self.axis[0].upper()
            at = axes(len(output.spatial)).index(name)
            sizes, total = [shape.spatial[at] for shape in inputs], output.spatial[at]
        joined = size_formula(f"the inputs' {self.axis}", " + ".join(map(str, sizes)), total)
        return Derivation([FormulaStep(name, joined)])
