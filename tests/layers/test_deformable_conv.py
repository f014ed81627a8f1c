"""deformable_conv: the multiplies and params of a convolution, its sampling a node of its own."""

from __future__ import annotations

import pytest

from layers.table import Row, check, network, refusal

ROWS = [
    Row("{type: deformable_conv, out_channels: 8}", "6x6x4 6x6x18", "6x6x8", 36 * 9 * 4 * 8, 9 * 4 * 8),
    Row(
        "{type: deformable_conv, out_channels: 8, bias: true, stride: 2, padding: 1}",
        "6x6x4 3x3x18 3x3x9",
        "3x3x8",
        9 * 9 * 4 * 8,
        9 * 4 * 8 + 8,
    ),
    Row(
        "{type: deformable_conv, out_channels: 6, kernel_size: 1, groups: 2, norm: batch}",
        "6x6x4 6x6x4",
        "6x6x6",
        36 * 2 * 6,
        2 * 6 + 12,
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_deformable_conv(row: Row) -> None:
    check(row)


def test_its_sampling_and_its_convolution_are_counted_apart() -> None:
    sampling, conv = network("{type: deformable_conv, out_channels: 8}", "6x6x4 6x6x18").nodes
    assert (sampling.layer.type, conv.layer.type) == ("unfold", "conv")
    assert sampling.tally.sum("interpolations") == 36 * 9 * 4
    assert (sampling.tally.sum("multiplies"), conv.tally.sum("multiplies")) == (0, 36 * 36 * 8)


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        ("{type: deformable_conv, out_channels: 8}", "6x6x4 6x6x9", "its offsets must be 6x6x18"),
        ("{type: deformable_conv, out_channels: 8}", "5 5", "needs a map with spatial axes, not a vector"),
        (
            "{type: deformable_conv, out_channels: 8, groups: 3}",
            "6x6x4 6x6x18",
            "in_channels (=4) must be divisible by groups (=3)",
        ),
    ],
)
def test_inputs_that_do_not_fit(layer: str, inputs: str, message: str) -> None:
    assert message in refusal(layer, inputs)
