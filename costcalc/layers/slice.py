"""A slice: one of several equal channel parts, or an interval of channels or positions.

    multiplies = 0
    params     = 0

``part: 1`` and ``of: 2`` is the first half of the channels; ``channels: [0, 58]`` and ``spatial: [0, 1]`` stop before
the second number; ``spatial`` may have an interval for each axis.

Source: Ma et al., "ShuffleNet V2", arXiv:1807.11164, section 3.2 (channel split); Dosovitskiy et al.,
arXiv:2010.11929, equation 4 (the class token alone goes on).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, model_validator

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive
from costcalc.layers.fields import INTERVAL_SCHEMA, Interval, Parsed, Size, interval, list_of
from costcalc.layers.products import axes
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


def _intervals(value: object) -> tuple[tuple[int, int], ...]:
    if isinstance(value, list) and value and isinstance(value[0], list):
        return tuple(interval(item) for item in value)
    return (interval(value),)


class Slice(Primitive):
    """A piece of what came in."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [way]} for way in ("part", "channels", "spatial")],
            "not": {"required": ["part", "channels"]},
            "dependentRequired": {"part": ["of"], "of": ["part"]},
        }
    )

    part: Size | None = None
    of: Size | None = None
    channels: Interval | None = None
    spatial: Annotated[
        tuple[tuple[int, int], ...] | None,
        Parsed(
            _intervals,
            {
                "anyOf": [INTERVAL_SCHEMA, list_of(INTERVAL_SCHEMA, 1, 3)],
                "description": "[start, stop], or one for each spatial axis",
            },
        ),
    ] = None

    @model_validator(mode="after")
    def _one_way(self) -> "Slice":
        if (self.part is None) != (self.of is None):
            raise ValueError("needs both part and of")
        if self.part is not None and self.of is not None and self.part > self.of:
            raise ValueError(f"has no part {self.part} of {self.of}")
        ways = [self.part is not None, self.channels is not None, self.spatial is not None]
        if not any(ways):
            raise ValueError("needs part and of, or channels, or spatial")
        if self.part is not None and self.channels is not None:
            raise ValueError("has both part and channels: one of them says it")
        return self

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The piece's shape; raises ShapeError where it is not inside the input."""
        source = inputs[0]
        channels = source.channels
        if self.of is not None:
            if channels % self.of:
                raise ShapeError(f"in_channels (={channels}) must be divisible by of (={self.of})", "of")
            channels //= self.of
        elif self.channels is not None:
            channels = _length(self.channels, channels, "channels")
        return Shape(self._spatial(source), channels)

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """The length of each interval, or the share of the channels."""
        from costcalc.layers.formula import Derivation, FormulaStep, size_formula

        rank = len(output.spatial)
        pieces = self.spatial or ()
        named = [*zip(axes(rank), pieces * rank if len(pieces) == 1 else pieces, strict=bool(pieces))]
        if self.channels is not None:
            named.append(("C", self.channels))
        steps = [
            FormulaStep(name, size_formula("stop − start", f"{stop} − {start}", stop - start))
            for name, (start, stop) in named
        ]
        if self.of is not None:
            share = size_formula("C_in/of", f"{inputs[0].channels}/{self.of}", output.channels)
            steps.append(FormulaStep("C", share))
        return Derivation(steps)

    def _spatial(self, source: Shape) -> tuple[int, ...]:
        if self.spatial is None:
            return source.spatial
        rank = len(source.spatial)
        pieces = self.spatial * rank if len(self.spatial) == 1 else self.spatial
        if len(pieces) != rank or not rank:
            raise ShapeError(f"spatial must have one interval per spatial axis ({rank})", "spatial")
        return tuple(
            _length(piece, size, "spatial") for piece, size in zip(pieces, source.spatial, strict=True)
        )


def _length(piece: tuple[int, int], size: int, field: str) -> int:
    if piece[1] > size:
        raise ShapeError(f"{field} (={list(piece)}) must lie within 0 and {size}", field)
    return piece[1] - piece[0]
