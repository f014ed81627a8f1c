"""pad: zeros around the map, or more channels."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    # 2 on every side: 8 + 4
    Row("{type: pad, padding: 2}", "8x8x3", "12x12x3"),
    # one per axis: 8 + 2, 8 + 4
    Row("{type: pad, padding: [1, 2]}", "8x8x3", "10x12x3"),
    # top, bottom, left, right
    Row("{type: pad, padding: [0, 1, 2, 3]}", "8x8x3", "9x13x3"),
    # 1-D: before and after
    Row("{type: pad, padding: [1, 2]}", "8x3", "11x3"),
    # ResNet's option A: 16 to 32 channels, 8 on each side
    Row("{type: pad, channels: [8, 8]}", "8x8x16", "8x8x32"),
    Row("{type: pad, padding: 1, channels: [0, 1]}", "8x8x3", "10x10x4"),
    Row("{type: pad, channels: [0, 2]}", "16", "18"),
]


@pytest.mark.parametrize("row", ROWS)
def test_pad(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("pad", 'pad layer "pad_1" needs padding or channels'),
        (
            "{type: pad, padding: same}",
            'padding of pad layer "pad_1" must be a number or a list of numbers, not same: a pad has no kernel',
        ),
        (
            "{type: pad, padding: -1}",
            'padding of pad layer "pad_1" must be between 0 and 2147483647, not -1',
        ),
        ("{type: pad, channels: 8}", 'channels of pad layer "pad_1" must be [before, after], not 8'),
        (
            "{type: pad, padding: [1, 1, 1]}",
            'pad layer "pad_1" on 8x8x3: padding (=[1, 1, 1]) must have 2 numbers (one per axis) or 4 '
            "(before and after)",
        ),
    ],
)
def test_a_mistake(layer: str, message: str) -> None:
    assert refusal(layer, "8x8x3") == message
