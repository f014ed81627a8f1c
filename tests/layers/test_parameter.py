"""parameter: params = all elements of its shape; no multiplies, no inputs."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    # the position embedding of ViT-B/16: 197·768
    Row("{type: parameter, shape: 197x768}", "", "197x768", 0, 197 * 768),
    Row("{type: parameter, shape: 768}", "", "768", 0, 768),
    Row("{type: parameter, shape: 2x3x4x5}", "", "2x3x4x5", 0, 120),
    # the coordinates of Swin V2: a fixed table, 15·15 positions of 2
    Row("{type: parameter, shape: 15x15x2, trainable: false}", "", "15x15x2", 0, 0),
]


@pytest.mark.parametrize("row", ROWS)
def test_parameter(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        ("parameter", "", 'parameter layer "parameter_1" needs shape'),
        ("{type: parameter, shape: 8}", "4x4x3", 'parameter layer "parameter_1" takes no inputs, not 1'),
        (
            "{type: parameter, shape: 8x0}",
            "",
            'shape of parameter layer "parameter_1" has a size that must be between 1 and 2147483647, not 0',
        ),
        (
            "{type: parameter, shape: [8, 8]}",
            "",
            'shape of parameter layer "parameter_1" must be a shape such as 224x224x3 (height x width x '
            "channels), not a list; did you mean 8x8?",
        ),
    ],
)
def test_a_mistake(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs) == message
