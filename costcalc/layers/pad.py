"""Padding as a layer of its own: zeros around the map, or more channels.

    multiplies = 0
    params     = 0

Source: He et al., "Deep Residual Learning", arXiv:1512.03385, section 3.3 (option A pads channels with zeros).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, model_validator

from costcalc.layers.base import Primitive
from costcalc.layers.fields import (
    COUNT_SCHEMA,
    PADDING_LIST_SCHEMA,
    PaddingValue,
    Parsed,
    before_and_after,
    explicit_padding,
    list_of,
    padding_per_axis,
)
from costcalc.layers.products import axes
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


class Pad(Primitive):
    """``padding`` as a convolution's (but not ``same``); ``channels: [before, after]``."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["padding"]}, {"required": ["channels"]}]}
    )

    padding: Annotated[
        PaddingValue,
        Parsed(
            explicit_padding,
            {
                "anyOf": [COUNT_SCHEMA, PADDING_LIST_SCHEMA],
                "description": "a whole number, or a list: one for each spatial axis, or two (before, after)",
            },
        ),
    ] = 0
    channels: Annotated[
        tuple[int, int],
        Parsed(before_and_after, {**list_of(COUNT_SCHEMA, 2, 2), "description": "[before, after]"}),
    ] = (0, 0)

    @model_validator(mode="after")
    def _something(self) -> "Pad":
        if not {"padding", "channels"} & self.model_fields_set:
            raise ValueError("needs padding or channels")
        return self

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Every axis longer by its padding; raises ShapeError."""
        source = inputs[0]
        pads = padding_per_axis(self.padding, len(source.spatial))
        spatial = tuple(size + sum(pad) for size, pad in zip(source.spatial, pads, strict=True))
        return Shape(spatial, source.channels + sum(self.channels))

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """Each size that grows."""
        from costcalc.layers.formula import Derivation, FormulaStep, size_formula

        source = inputs[0]
        names = (*axes(len(source.spatial)), "C")
        pads = (*padding_per_axis(self.padding, len(source.spatial)), self.channels)
        sizes = zip(
            names, (*source.spatial, source.channels), pads, (*output.spatial, output.channels), strict=True
        )
        return Derivation(
            [
                FormulaStep(name, size_formula("in + before + after", f"{size} + {before} + {after}", padded))
                for name, size, (before, after), padded in sizes
                if before or after
            ]
        )
