"""upsample: ⌊in · scale⌋, or to a size."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    Row("{type: upsample, scale: 2}", "7x7x3", "14x14x3"),
    # ⌊7·1.5⌋ = 10
    Row("{type: upsample, scale: 1.5, mode: bilinear}", "7x7x3", "10x10x3"),
    Row("{type: upsample, scale: [2, 3]}", "4x5x3", "8x15x3"),
    Row("{type: upsample, size: 33}", "4x5x3", "33x33x3"),
    Row("{type: upsample, size: [8, 9]}", "4x5x3", "8x9x3"),
    Row("{type: upsample, scale: 4}", "10x3", "40x3"),
    # an exact decimal: 1.1·10 is 11, not 11.000…2 or 10.999…
    Row("{type: upsample, scale: 1.1}", "10x3", "11x3"),
]

REFUSED = [
    ("upsample", "7x7x3", 'upsample layer "upsample_1" needs scale or size'),
    (
        "{type: upsample, scale: 2, size: 14}",
        "7x7x3",
        'upsample layer "upsample_1" has both scale and size: one of them says it',
    ),
    (
        "{type: upsample, scale: 0.1}",
        "7x7x3",
        'upsample layer "upsample_1" on 7x7x3: scale (=0.1) leaves nothing of it',
    ),
    ("{type: upsample, scale: 0}", "7x7x3", 'scale of upsample layer "upsample_1" must be above 0, not 0'),
    (
        "{type: upsample, scale: [2, 2, 2]}",
        "7x7x3",
        'upsample layer "upsample_1" on 7x7x3: scale (=[2, 2, 2]) must have one number per spatial axis (2)',
    ),
    (
        "{type: upsample, scale: 2, mode: cubic}",
        "7x7x3",
        'mode of upsample layer "upsample_1" must be nearest, linear, bilinear, trilinear, bicubic or area, '
        'not "cubic"; did you mean "bicubic"?',
    ),
    (
        "{type: upsample, scale: 2}",
        "640",
        'upsample layer "upsample_1" on 640: needs a map with spatial axes, not a vector',
    ),
    (
        "{type: upsample, scale: 2e9}",
        "7x7x3",
        'upsample layer "upsample_1" on 7x7x3: makes 14000000000x14000000000x3, and a size is at most '
        "2147483647",
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_upsample(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "inputs", "message"), REFUSED)
def test_a_mistake(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs) == message
