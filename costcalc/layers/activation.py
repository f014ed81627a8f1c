"""Activations: one function of every element.

    multiplies = 0 (not counted)
    slopes     = C, of a prelu; 1 with ``shared: true``; all others have no params

A bare word (``relu6``), or ``activation: relu6`` on a convolution.

Source: Nair and Hinton 2010 (relu); He et al., arXiv:1502.01852, equation 1 (prelu); Ramachandran et al.,
arXiv:1710.05941 (swish, which PyTorch calls SiLU); Howard et al., arXiv:1905.02244, section 5.2 (hard_swish,
hard_sigmoid); Hendrycks and Gimpel, arXiv:1606.08415 (gelu); Sandler et al., arXiv:1801.04381 (relu6).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from costcalc.errors import did_you_mean, either
from costcalc.kinds import ACTIVATION_NAMES
from costcalc.layers.base import Primitive
from costcalc.layers.fields import Flag, Parsed, mapping_of, titled
from costcalc.layers.nested import nested_layer
from costcalc.layers.products import POSITIONS, C, Product, moved
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


class Prelu(Activation):
    """``prelu``: relu with a learned slope for negative values."""

    shared: Flag = False

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """A slope for every channel, unless it is shared."""
        slopes = () if self.shared else (C(output.channels),)
        return [*moved(inputs, output), ("slopes", slopes), ("param_reads", slopes)]


class Softmax(Activation):
    """``softmax``: the channels of each position made to sum to 1."""

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Each position is normalised by itself."""
        return [*moved(inputs, output), ("positions", (POSITIONS(output.spatial),))]


_OWN_MODELS: dict[str, type[Activation]] = {"prelu": Prelu, "softmax": Softmax}


@lru_cache
def activation_named(name: str) -> Activation:
    """The activation that ``activation: NAME`` means."""
    model = _OWN_MODELS.get(name, Activation)
    return model(type=name)


def _activation(value: object) -> Activation | None:
    if value is None or isinstance(value, Activation):
        return value
    if isinstance(value, dict):
        if value.get("type") != "prelu":
            raise ValueError(f"must be a word, or a mapping of type prelu, not {shown(value.get('type'))}")
        return nested_layer(Prelu, value)
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
