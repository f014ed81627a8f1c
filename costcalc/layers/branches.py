"""Branches: several paths from one input, merged.

    multiplies = those of all paths

An empty path is the identity; ``merge`` is concat (along the channels), add or multiply.

Source: Szegedy et al., "Going Deeper with Convolutions", arXiv:1409.4842, section 4, figure 2.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from costcalc.layers.base import Body, Composite, Context, Part, Primitive
from costcalc.layers.concat import Concat
from costcalc.layers.elementwise import Elementwise
from costcalc.layers.fields import LAYERS_SCHEMA, OneOf, Parsed
from costcalc.quantity import shown
from costcalc.shape import Shape

Merge = Annotated[str, OneOf("concat", "add", "multiply")]


def _paths(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) < 2:
        given = f"a list of {len(value)}" if isinstance(value, list) else shown(value)
        raise ValueError(f"must be a list of at least two lists of layers, not {given}")
    for number, path in enumerate(value, 1):
        if not isinstance(path, list):
            raise ValueError(f"must be a list of lists of layers: path {number} is {shown(path)}")
    return value


class Branches(Composite):
    """Paths side by side, and what joins them."""

    has_bodies: ClassVar[bool] = True

    paths: Annotated[
        list[object],
        Parsed(
            _paths,
            {
                "type": "array",
                "items": LAYERS_SCHEMA,
                "minItems": 2,
                "description": "a list of lists of layers",
            },
        ),
    ]
    merge: Merge

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """``path_1``, ``path_2``, …, and the merge."""
        parts = [
            Part(f"path_{index + 1}", Body(path, ("paths", index)), ("input",))
            for index, path in enumerate(self.paths)
        ]
        join: Primitive = Concat(type="concat") if self.merge == "concat" else Elementwise(type=self.merge)
        return [*parts, Part(self.merge, join, tuple(part.name for part in parts))]
