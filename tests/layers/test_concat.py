"""concat: channels add up, unless axis names a spatial axis."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    # GoogLeNet's 3a: 64 + 128 + 32 + 32
    Row("concat", "28x28x64 28x28x128 28x28x32 28x28x32", "28x28x256"),
    Row("concat", "8x8x4", "8x8x4"),
    Row("concat", "3 4", "7"),
    # ViT: the class token before 196 patches
    Row("{type: concat, axis: width}", "1x768 196x768", "197x768"),
    Row("{type: concat, axis: height}", "2x8x4 3x8x4", "5x8x4"),
    Row("{type: concat, axis: width}", "2x8x4 2x3x4", "2x11x4"),
    Row("{type: concat, axis: depth}", "2x4x4x1 3x4x4x1", "5x4x4x1"),
]

REFUSED = [
    (
        "concat",
        "8x8x4 4x4x4",
        'concat layer "concat_1" on 8x8x4 and 4x4x4: all sizes but the channels must be equal',
    ),
    (
        "{type: concat, axis: height}",
        "8x8x4 4x8x5",
        'concat layer "concat_1" on 8x8x4 and 4x8x5: all sizes but the height must be equal',
    ),
    (
        "concat",
        "8x8x4 8x4",
        'concat layer "concat_1" on 8x8x4 and 8x4: all sizes but the channels must be equal',
    ),
    (
        "{type: concat, axis: height}",
        "8x4 8x4",
        'concat layer "concat_1" on 8x4 and 8x4: a shape of 8x4 has no axis height',
    ),
    (
        "{type: concat, axis: 1}",
        "8x4 8x4",
        'axis of concat layer "concat_1" must be channels, depth, height or width, not 1',
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_concat(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "inputs", "message"), REFUSED)
def test_shapes_that_do_not_fit(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs) == message
