"""Residual: what a body of layers makes, added to what came in.

    multiplies = those of the body, and of the shortcut if it is no identity

``shortcut: projection`` is a 1×1 convolution where the shapes differ, with the body's stride, and the identity where
they don't; the defaults' norm and bias, no activation. ``activation`` follows the sum.

Source: He et al., "Deep Residual Learning", arXiv:1512.03385, equations 1 and 2.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from costcalc.errors import did_you_mean
from costcalc.layers.activation import ActivationField
from costcalc.layers.base import Body, Composite, Context, Part
from costcalc.layers.elementwise import Elementwise
from costcalc.layers.fields import LAYERS_SCHEMA, Entries, Parsed
from costcalc.layers.shortcut import Shortcut
from costcalc.quantity import shown
from costcalc.shape import Shape


def _shortcut(value: object) -> object:
    if value in ("identity", "projection") or isinstance(value, list):
        return value
    guess = did_you_mean(value, ("identity", "projection"))
    raise ValueError(f"must be identity, projection or a list of layers, not {shown(value)}{guess}")


class Residual(Composite):
    """A body, its shortcut, their sum."""

    has_bodies: ClassVar[bool] = True

    body: Entries
    shortcut: Annotated[
        object,
        Parsed(
            _shortcut,
            {
                "anyOf": [{"enum": ["identity", "projection"]}, LAYERS_SCHEMA],
                "description": "identity, projection, or a list of layers",
            },
        ),
    ] = "identity"
    activation: ActivationField = None

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """``body``, ``shortcut``, ``add`` and the activation."""
        if isinstance(self.shortcut, list):
            shortcut = Part("shortcut", Body(self.shortcut, ("shortcut",)), ("input",))
        else:
            shortcut = Part("shortcut", Shortcut(projection=self.shortcut == "projection"), ("input", "body"))
        parts = [
            Part("body", Body(self.body, ("body",))),
            shortcut,
            Part("add", Elementwise(type="add"), ("body", "shortcut")),
        ]
        if self.activation is not None:
            parts.append(Part(self.activation.type, self.activation))
        return parts
