"""Normalisation: over a batch, or over the channels of each position (layer).

    multiplies = 0 (not counted; frameworks fold a batch norm into the convolution before it)
    affine     = 2·C, scale and shift; C with ``affine: scale`` or ``affine: shift``; 0 with ``affine: false``
    statistics = 2·C, of a batch norm (running mean and variance), reported apart: they are not trained

C: channels.

Source: Ioffe and Szegedy, "Batch Normalization", arXiv:1502.03167, algorithm 1; Ba et al., "Layer Normalization",
arXiv:1607.06450.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, cast

from costcalc.errors import did_you_mean, either
from costcalc.layers import kind_model
from costcalc.layers.base import Primitive
from costcalc.layers.fields import SIZE_SCHEMA, Parsed, mapping_of, parse_flag, titled
from costcalc.layers.nested import nested_layer
from costcalc.layers.products import NUMBER, POSITIONS, C, Product, moved
from costcalc.quantity import shown
from costcalc.shape import Shape

NORMS = ("batch", "layer", "group", "instance", "rms")
#: Those that need no more than their name.
_PLAIN = ("batch", "layer", "instance", "rms")
_AFFINE_SCHEMA = titled(
    "affine",
    "true, false, or which of the two there is: scale or shift",
    enum=[True, False, "scale", "shift"],
)


def _affine(value: object) -> bool | str:
    return value if isinstance(value, str) and value in ("scale", "shift") else parse_flag(value)


Affine = Annotated[bool | str, Parsed(_affine, _AFFINE_SCHEMA)]


class Norm(Primitive):
    """``batch_norm`` or ``layer_norm``, and what all norms have."""

    affine: Affine = True

    @property
    def vectors(self) -> int:
        """How many numbers it learns for each channel."""
        return 1 if isinstance(self.affine, str) else 2 * self.affine

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """As it came in."""
        return inputs[0]

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Vectors of a number a channel; ``affine_inputs`` are its inputs where it scales and shifts them."""
        channels = C(output.channels)
        products = [*moved(inputs, output), ("norm_channels", (channels,))]
        if self.vectors:
            affine = NUMBER(self.vectors), channels
            products += [
                ("affine", affine),
                ("param_reads", affine),
                ("affine_inputs", (POSITIONS(output.spatial), channels)),
            ]
        if self.type == "batch_norm":
            products.append(("statistics", (NUMBER(2), channels)))
        return products


@lru_cache
def norm_named(name: str) -> Norm:
    """The norm that ``norm: NAME`` means."""
    return _model(name)(type=f"{name}_norm")


def _model(name: str) -> type[Norm]:
    return cast("type[Norm]", kind_model(f"{name}_norm"))


def _norm(value: object) -> Norm | None:
    if value is None or isinstance(value, Norm):
        return value
    if isinstance(value, dict):
        kind = value.get("type")
        if kind not in NORMS:
            raise ValueError(f"must have a type: {either(NORMS)}, not {shown(kind)}{_meant(kind)}")
        return nested_layer(_model(kind), {**value, "type": f"{kind}_norm"})
    if value == "none":
        return None
    if value == "group":
        raise ValueError("of type group needs groups: {type: group, groups: 32}")
    if isinstance(value, str) and value in NORMS:
        return norm_named(value)
    raise ValueError(f"must be {either((*NORMS, 'none'))}, not {shown(value)}{_meant(value)}")


def _meant(value: object) -> str:
    """``batchnorm`` and ``batch_norm`` mean ``batch``."""
    return did_you_mean(value.removesuffix("norm").rstrip("_") if isinstance(value, str) else value, NORMS)


NormField = Annotated[
    Norm | None,
    Parsed(
        _norm,
        titled(
            "normalisation",
            "none, batch, layer, instance, rms, or a mapping such as {type: group, groups: 32}",
            anyOf=[
                {"enum": ["none", *_PLAIN]},
                mapping_of({"type": {"enum": [*_PLAIN]}, "affine": _AFFINE_SCHEMA}, "type"),
                mapping_of(
                    {"type": {"const": "group"}, "groups": SIZE_SCHEMA, "affine": _AFFINE_SCHEMA},
                    "type",
                    "groups",
                ),
            ],
        ),
    ),
]
