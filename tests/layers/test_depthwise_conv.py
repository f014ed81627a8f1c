"""depthwise_conv: multiplies = ∏K · C_in · m · positions out; weights = ∏K · C_in · m."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    # kernel_size 3, padding same: 64 positions, 9 taps, 5 channels
    Row("depthwise_conv", "8x8x5", "8x8x5", 64 * 9 * 5, 9 * 5),
    # depth_multiplier 2: two filters a channel
    Row("{type: depthwise_conv, depth_multiplier: 2}", "8x8x5", "8x8x10", 64 * 9 * 10, 9 * 10),
    # stride 2 and same: ⌈7/2⌉ = 4; 5×5 taps
    Row("{type: depthwise_conv, kernel_size: 5, stride: 2}", "7x7x3", "4x4x3", 16 * 25 * 3, 25 * 3),
    # valid, one number per axis: 6 − 3 + 1 = 4 high, 6 wide; bias 2, norm 2·2
    Row(
        "{type: depthwise_conv, kernel_size: [3, 1], padding: valid, bias: true, norm: batch}",
        "6x6x2",
        "4x6x2",
        24 * 3 * 2,
        3 * 2 + 2 + 4,
    ),
    # dilation 3 reaches 7: 9 − 7 + 1 = 3
    Row("{type: depthwise_conv, dilation: 3, padding: valid}", "9x9x1", "3x3x1", 9 * 9, 9),
    # 1-D and 3-D
    Row("depthwise_conv", "10x4", "10x4", 10 * 3 * 4, 3 * 4),
    Row("depthwise_conv", "2x3x4x5", "2x3x4x5", 24 * 27 * 5, 27 * 5),
]


@pytest.mark.parametrize("row", ROWS)
def test_depthwise_conv(row: Row) -> None:
    check(row)


def test_its_facts_are_those_of_a_convolution_with_a_group_a_channel() -> None:
    depthwise = "{type: depthwise_conv, kernel_size: 3, bias: true}"
    grouped = "{type: conv, out_channels: 6, kernel_size: 3, groups: 6, bias: true}"
    for quantity in ("multiplies", "weights", "biases", "bias_additions", "inputs", "outputs"):
        assert facts(depthwise, "9x9x6", quantity) == facts(grouped, "9x9x6", quantity)


def test_it_needs_a_map() -> None:
    assert refusal("depthwise_conv", "64") == (
        'depthwise_conv layer "depthwise_conv_1" on 64: needs a map with spatial axes, not a vector'
    )
