"""Upsampling by repetition or interpolation.

    multiplies = 0 (not counted)
    params     = 0

Source: Dumoulin and Visin, arXiv:1603.07285, chapter 4; Odena et al., "Deconvolution and Checkerboard Artifacts",
Distill 2016 (resize, then convolve).
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, model_validator

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.fields import DECIMAL_SCHEMA, OneOf, Parsed, Sizes, list_of, per_axis, positive_decimals
from costcalc.layers.products import POSITIONS, POSITIONS_IN, C, Product, axes, moved
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


Mode = Annotated[str, OneOf("nearest", "linear", "bilinear", "trilinear", "bicubic", "area")]


class Upsample(Primitive):
    """To a ``size``, or by a ``scale``: ⌊in·scale⌋."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["scale"]}, {"required": ["size"]}]})

    scale: Annotated[
        Fraction | tuple[Fraction, ...] | None,
        Parsed(
            positive_decimals,
            {
                "anyOf": [DECIMAL_SCHEMA, list_of(DECIMAL_SCHEMA, 1, 3)],
                "description": "a number above 0, or one for each spatial axis",
            },
        ),
    ] = None
    size: Sizes | None = None
    mode: Mode = "nearest"

    @model_validator(mode="after")
    def _one_target(self) -> "Upsample":
        if self.scale is None and self.size is None:
            raise ValueError("needs scale or size")
        if self.scale is not None and self.size is not None:
            raise ValueError("has both scale and size: one of them says it")
        return self

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The scaled map; raises ShapeError."""
        source = inputs[0]
        if not source.spatial:
            raise ShapeError("needs a map with spatial axes, not a vector")
        if self.size is not None:
            return Shape(per_axis(self.size, len(source.spatial), "size"), source.channels)
        spatial = [
            int(size * scale) for size, scale in zip(source.spatial, self._scales(source), strict=True)
        ]
        if min(spatial) < 1:
            raise ShapeError(f"scale (={_shown(self.scale)}) leaves nothing of it", "scale")
        return Shape(tuple(spatial), source.channels)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Its outputs also under its ``mode``, since what one costs depends on that."""
        positions, channels = POSITIONS(output.spatial), C(output.channels)
        products = [*moved(inputs, output), (f"{self.mode}_outputs", (positions, channels))]
        if self.size is None:
            products.append(("scaled_inputs", (POSITIONS_IN(inputs[0].spatial), channels)))
        else:
            products.append(("sized_positions", (positions,)))
        if len(output.spatial) == 2 and self.mode == "nearest":
            products.append(("nearest_outputs_2d", (positions, channels)))
        return products

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """The size of each axis, of a scale."""
        from costcalc.layers.formula import Derivation, FormulaStep, size_formula

        if self.scale is None:
            return Derivation()
        spatial = inputs[0].spatial
        sizes = zip(axes(len(spatial)), spatial, self._scales(inputs[0]), output.spatial, strict=True)
        return Derivation(
            [
                FormulaStep(name, size_formula("⌊in·scale⌋", f"⌊{size}·{scale}⌋", scaled))
                for name, size, scale, scaled in sizes
            ]
        )

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """The inverse of its scale; None for a ``size``."""
        return None if self.scale is None else tuple(1 / scale for scale in self._scales(inputs[0]))

    def _scales(self, source: Shape) -> tuple[Fraction, ...]:
        assert self.scale is not None
        if isinstance(self.scale, Fraction):
            return (self.scale,) * len(source.spatial)
        if len(self.scale) != len(source.spatial):
            raise ShapeError(
                f"scale (={_shown(self.scale)}) must have one number per spatial axis ({len(source.spatial)})",
                "scale",
            )
        return self.scale


def _shown(scale: Fraction | tuple[Fraction, ...] | None) -> str:
    if isinstance(scale, tuple):
        return f"[{', '.join(map(_shown, scale))}]"
    return f"{float(scale or 0):.10g}"
