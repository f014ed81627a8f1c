"""Activations: one function of every element.

    multiplies = 0 (not counted)
    params     = 0

A bare word (``relu6``), or ``activation: relu6`` on a convolution.

Source: Nair and Hinton 2010 (relu); Ramachandran et al., arXiv:1710.05941 (swish, which PyTorch calls SiLU); Howard
et al., arXiv:1905.02244, section 5.2 (hard_swish, hard_sigmoid); Hendrycks and Gimpel, arXiv:1606.08415 (gelu);
Sandler et al., arXiv:1801.04381 (relu6).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, cast

from costcalc.errors import did_you_mean, either
from costcalc.kinds import ACTIVATION_NAMES
from costcalc.layers import kind_model
from costcalc.layers.base import Primitive
from costcalc.layers.fields import Parsed, mapping_of, titled
from costcalc.layers.nested import nested_layer
from costcalc.quantity import shown
from costcalc.shape import Shape

_OTHER_NAMES = {
    "silu": "swish",
    "hardswish": "hard_swish",
    "hardsigmoid": "hard_sigmoid",
    "leakyrelu": "leaky_relu",
    "linear": "none",
    "identity": "none",
}


class Activation(Primitive):
    """An activation without parameters of its own."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """As it came in."""
        return inputs[0]


@lru_cache
def activation_named(name: str) -> Activation:
    """The activation that ``activation: NAME`` means."""
    return _model(name)(type=name)


def _model(name: str) -> type[Activation]:
    return cast("type[Activation]", kind_model(name))


def _activation(value: object) -> Activation | None:
    if value is None or isinstance(value, Activation):
        return value
    if isinstance(value, dict):
        if value.get("type") != "prelu":
            raise ValueError(f"must be a word, or a mapping of type prelu, not {shown(value.get('type'))}")
        return nested_layer(_model("prelu"), value)
    if value == "none":
        return None
    if isinstance(value, str) and value in ACTIVATION_NAMES:
        return activation_named(value)
    raise ValueError(_unknown(value))


def _unknown(value: object) -> str:
    words = (*ACTIVATION_NAMES, "none")
    meant = _OTHER_NAMES.get(value.lower(), value) if isinstance(value, str) else value
    guess = did_you_mean(meant, words)
    if guess:
        return f"must be an activation, not {shown(value)}{guess}"
    return f"must be one of {either(words)}, not {shown(value)}"


ActivationField = Annotated[
    Activation | None,
    Parsed(
        _activation,
        titled(
            "nonlinearity",
            "none, an activation such as relu, or {type: prelu, shared: true}",
            anyOf=[
                {"enum": ["none", *ACTIVATION_NAMES]},
                mapping_of({"type": {"const": "prelu"}, "shared": {"type": "boolean"}}, "type"),
            ],
        ),
    ),
]
