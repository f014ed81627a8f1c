"""Activations: shape kept, no multiplies, no params. And ``activation`` as a field."""

from __future__ import annotations

import pytest

from costcalc.kinds import ACTIVATION_NAMES
from layers.table import Row, check, refusal

ROWS = [
    *(Row(name, "4x4x6", "4x4x6") for name in ACTIVATION_NAMES if name != "prelu"),
    Row("{type: conv, out_channels: 2, kernel_size: 1, activation: none}", "1x1x6", "1x1x2", 12, 12),
]

WORDS = (
    "relu, relu6, leaky_relu, prelu, elu, selu, sigmoid, hard_sigmoid, tanh, swish, hard_swish, gelu, mish, "
    "softplus, softmax, log_softmax"
)

BAD_FIELDS = [
    ("reul", '{} must be an activation, not "reul"; did you mean "relu"?'),
    ("ReLU", '{} must be an activation, not "ReLU"; did you mean "relu"?'),
    ("SiLU", '{} must be an activation, not "SiLU"; did you mean "swish"?'),
    ("linear", '{} must be an activation, not "linear"; did you mean "none"?'),
    ("zzz", f'{{}} must be one of {WORDS} or none, not "zzz"'),
    ("6", f"{{}} must be one of {WORDS} or none, not 6"),
    ("false", f"{{}} must be one of {WORDS} or none, not false"),
    ("[relu]", f"{{}} must be one of {WORDS} or none, not a list"),
    ("{type: relu}", '{} must be a word, or a mapping of type prelu, not "relu"'),
    ("{type: prelu, share: true}", 'unknown field "share" of {}; did you mean "shared"?'),
]


@pytest.mark.parametrize("row", ROWS)
def test_activation(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("value", "message"), BAD_FIELDS)
def test_an_activation_field_that_means_nothing(value: str, message: str) -> None:
    layer = f"{{type: conv, out_channels: 2, kernel_size: 1, activation: {value}}}"
    assert refusal(layer, "4x4x6") == message.format('activation of conv layer "conv_1"')


def test_it_has_no_fields() -> None:
    assert refusal("{type: relu, slope: 0.1}", "4x4x6") == 'unknown field "slope" of relu layer "relu_1"'
