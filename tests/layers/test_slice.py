"""slice: the part-th of equal channel parts, or an interval of channels or positions."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    # ShuffleNet V2's split: the first and the second half of 116
    Row("{type: slice, part: 1, of: 2}", "28x28x116", "28x28x58"),
    Row("{type: slice, part: 2, of: 2}", "28x28x116", "28x28x58"),
    # the stop is not included
    Row("{type: slice, channels: [10, 16]}", "8x8x16", "8x8x6"),
    Row("{type: slice, channels: [0, 1]}", "16", "1"),
    # ViT's class token: the first of 197 positions
    Row("{type: slice, spatial: [0, 1]}", "197x768", "1x768"),
    # one interval for every axis, or one for each
    Row("{type: slice, spatial: [1, 7]}", "8x8x3", "6x6x3"),
    Row("{type: slice, spatial: [[0, 4], [2, 8]]}", "8x8x3", "4x6x3"),
    Row("{type: slice, spatial: [0, 4], part: 1, of: 3}", "8x8x3", "4x4x1"),
]

REFUSED = [
    ("slice", "8x8x6", " needs part and of, or channels, or spatial"),
    ("{type: slice, part: 1}", "8x8x6", " needs both part and of"),
    ("{type: slice, part: 3, of: 2}", "8x8x6", " has no part 3 of 2"),
    (
        "{type: slice, part: 1, of: 2, channels: [0, 1]}",
        "8x8x6",
        " has both part and channels: one of them says it",
    ),
    ("{type: slice, part: 1, of: 4}", "8x8x6", " on 8x8x6: in_channels (=6) must be divisible by of (=4)"),
    ("{type: slice, channels: [4, 8]}", "8x8x6", " on 8x8x6: channels (=[4, 8]) must lie within 0 and 6"),
    ("{type: slice, spatial: [4, 9]}", "8x8x6", " on 8x8x6: spatial (=[4, 9]) must lie within 0 and 8"),
    (
        "{type: slice, spatial: [[0, 4], [0, 4], [0, 4]]}",
        "8x8x6",
        " on 8x8x6: spatial must have one interval per spatial axis (2)",
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_slice(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "inputs", "message"), REFUSED)
def test_a_slice_that_does_not_fit(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs) == f'slice layer "slice_1"{message}'


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("channels: [4, 4]", "channels of {} must start before it stops, not [4, 4]"),
        ("channels: [4]", "channels of {} must be [start, stop], not a list"),
        ("channels: 4", "channels of {} must be [start, stop], not 4"),
        ("spatial: [0, -1]", "spatial of {} must be between 0 and 2147483647, not -1"),
        ("spatial: [[0, 1], 4]", "spatial of {} must be [start, stop], not 4"),
    ],
)
def test_an_interval_that_means_nothing(fields: str, message: str) -> None:
    assert refusal(f"{{type: slice, {fields}}}", "8x8x6") == message.format('slice layer "slice_1"')
