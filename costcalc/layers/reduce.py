"""Reduction along axes: a mean, a sum, an extreme or a norm of what lies along them; or the index of an extreme.

    multiplies = 0 (not counted)
    params     = 0

``axes`` are height, width, depth or channels, all spatial axes if none are said. They stay, of size 1, or go with
``keep: false``: then only the spatial axes that are not reduced are left, and the channels, or one where these are.

Source: Woo et al., "ConvNeXt V2", arXiv:2301.00808, algorithm 1 (l2 over all positions); Lin et al.,
"Network In Network", arXiv:1312.4400, section 3.2 (means over all positions, which ``global_avg_pool`` is, too).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from costcalc.errors import ShapeError, did_you_mean, either
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.concat import AXES_OF
from costcalc.layers.fields import Flag, OneOf, Parsed, list_of, titled
from costcalc.layers.products import POSITIONS_IN, C, Product, moved
from costcalc.quantity import shown
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation

Function = Annotated[
    str,
    OneOf("mean", "sum", "max", "min", "product", "l1", "l2", "logsumexp", "variance", "argmax", "argmin"),
]
AXIS_NAMES = ("channels", "depth", "height", "width")


def _axes(value: object) -> tuple[str, ...]:
    names = value if isinstance(value, list | tuple) else [value]
    for name in names:
        if name not in AXIS_NAMES:
            guess = did_you_mean(name, AXIS_NAMES)
            raise ValueError(f"must be {either(AXIS_NAMES)}, or a list of them, not {shown(name)}{guess}")
    if not names or len(set(names)) < len(names):
        raise ValueError("must name every axis once")
    return tuple(str(name) for name in names)


_AXIS_SCHEMA = {"enum": [*AXIS_NAMES]}
AxisNames = Annotated[
    tuple[str, ...],
    Parsed(
        _axes,
        titled(
            "axes",
            "channels, depth, height or width, or a list of them",
            anyOf=[_AXIS_SCHEMA, {**list_of(_AXIS_SCHEMA, 1, 4), "uniqueItems": True}],
        ),
    ),
]


class Reduce(Primitive):
    """One number for all that lies along some axes."""

    absent: ClassVar[Mapping[str, str]] = {"axes": "all spatial axes"}

    function: Function
    axes: AxisNames | None = None
    keep: Flag = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Sizes of 1 along the axes, or none; raises ShapeError where the input has no such axis."""
        spatial, channels = inputs[0]
        names = AXES_OF[len(spatial)]
        gone = self._gone(inputs[0])
        if self.keep:
            kept = tuple(1 if name in gone else size for name, size in zip(names, spatial, strict=True))
        else:
            kept = tuple(size for name, size in zip(names, spatial, strict=True) if name not in gone)
        return Shape(kept, 1 if "channels" in gone else channels)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """All elements are read once."""
        return [
            *moved(inputs, output),
            ("window_reads", (POSITIONS_IN(inputs[0].spatial), C(inputs[0].channels))),
        ]

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """What is reduced."""
        from costcalc.layers.formula import Derivation

        return Derivation(remarks=[f"the {self.function} along {' and '.join(self._gone(inputs[0]))}"])

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None where positions have no meaning any more."""
        return super().strides(inputs) if self._gone(inputs[0]) == ("channels",) else None

    def _gone(self, source: Shape) -> tuple[str, ...]:
        names = AXES_OF[len(source.spatial)]
        if self.axes is None:
            if not names:
                raise ShapeError("needs a map with spatial axes, not a vector, or axes: channels")
            return names
        for name in self.axes:
            if name != "channels" and name not in names:
                raise ShapeError(f"a shape of {source} has no axis {name}", "axes")
        return self.axes
