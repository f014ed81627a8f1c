"""conv: multiplies = ∏K · (C_in/g) · C_out · positions out; params = weights + bias (+ norm)."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal, steps

ROWS = [
    # padding same: ⌈8/1⌉ = 8; 64 positions · 9 taps · 3 in · 16 out; weights 9·3·16
    Row("{type: conv, out_channels: 16, kernel_size: 3}", "8x8x3", "8x8x16", 64 * 9 * 3 * 16, 9 * 3 * 16),
    # same, stride 2 on an odd size: ⌈7/2⌉ = 4
    Row(
        "{type: conv, out_channels: 2, kernel_size: 3, stride: 2}",
        "7x7x3",
        "4x4x2",
        16 * 9 * 3 * 2,
        9 * 3 * 2,
    ),
    # same does not care for the kernel: ⌈5/3⌉ = 2 with K = 11 on 5
    Row(
        "{type: conv, out_channels: 2, kernel_size: 11, stride: 3}",
        "5x5x1",
        "2x2x2",
        4 * 121 * 1 * 2,
        121 * 2,
    ),
    # valid: 8 − 3 + 1 = 6; a bias adds one param a channel and no multiplies
    Row(
        "{type: conv, out_channels: 4, kernel_size: 3, padding: valid, bias: true}",
        "8x8x3",
        "6x6x4",
        36 * 9 * 3 * 4,
        9 * 3 * 4 + 4,
    ),
    # AlexNet's first: ⌊(224 + 2·2 − 11)/4⌋ + 1 = 55
    Row(
        "{type: conv, out_channels: 64, kernel_size: 11, stride: 4, padding: 2, bias: true}",
        "224x224x3",
        "55x55x64",
        55 * 55 * 121 * 3 * 64,
        121 * 3 * 64 + 64,
    ),
    # one number per axis, height first: ⌊(9 + 0 − 5)/2⌋ + 1 = 3 high, ⌊(9 + 2 − 3)/1⌋ + 1 = 9 wide
    Row(
        "{type: conv, out_channels: 2, kernel_size: [5, 3], stride: [2, 1], padding: [0, 1]}",
        "9x9x4",
        "3x9x2",
        27 * 15 * 4 * 2,
        15 * 4 * 2,
    ),
    # two per axis: top 0, bottom 1, left 2, right 3: 6 + 1 − 3 + 1 = 5 high, 6 + 5 − 3 + 1 = 9 wide
    Row(
        "{type: conv, out_channels: 1, kernel_size: 3, padding: [0, 1, 2, 3]}",
        "6x6x1",
        "5x9x1",
        45 * 9,
        9,
    ),
    # dilation 2 reaches 2·(3 − 1) + 1 = 5: 9 − 5 + 1 = 5
    Row(
        "{type: conv, out_channels: 2, kernel_size: 3, dilation: 2, padding: valid}",
        "9x9x2",
        "5x5x2",
        25 * 9 * 2 * 2,
        9 * 2 * 2,
    ),
    # groups 2: every output sees 4/2 = 2 channels
    Row(
        "{type: conv, out_channels: 6, kernel_size: 3, groups: 2}",
        "4x4x4",
        "4x4x6",
        16 * 9 * 2 * 6,
        9 * 2 * 6,
    ),
    # groups = C_in: depthwise, each output sees one channel
    Row(
        "{type: conv, out_channels: 8, kernel_size: 3, groups: 4}",
        "4x4x4",
        "4x4x8",
        16 * 9 * 1 * 8,
        9 * 1 * 8,
    ),
    # 1-D: a list of two is before and after: 16 + 3 − 4 + 1 = 16
    Row(
        "{type: conv, out_channels: 5, kernel_size: 4, padding: [1, 2]}",
        "16x2",
        "16x5",
        16 * 4 * 2 * 5,
        4 * 2 * 5,
    ),
    # 3-D: 4·6·6 positions, 27 taps
    Row("{type: conv, out_channels: 8, kernel_size: 3}", "4x6x6x3", "4x6x6x8", 144 * 27 * 3 * 8, 27 * 3 * 8),
    # 3-D, two per axis: depth 4 + 2 − 3 + 1 = 4, height 6 + 1 − 3 + 1 = 5, width 6 − 3 + 1 = 4
    Row(
        "{type: conv, out_channels: 1, kernel_size: 3, padding: [1, 1, 0, 1, 0, 0]}",
        "4x6x6x1",
        "4x5x4x1",
        80 * 27,
        27,
    ),
    # a batch norm has a scale and a shift a channel
    Row(
        "{type: conv, out_channels: 4, kernel_size: 1, norm: batch, activation: relu}",
        "2x2x3",
        "2x2x4",
        4 * 3 * 4,
        3 * 4 + 2 * 4,
    ),
    # a norm without affine has no params, a prelu has a slope a channel
    Row(
        "{type: conv, out_channels: 4, kernel_size: 1, norm: {type: batch, affine: false}, activation: prelu}",
        "2x2x3",
        "2x2x4",
        4 * 3 * 4,
        3 * 4 + 4,
    ),
    # C_in = 1 with groups 1 is a standard convolution
    Row("{type: conv, out_channels: 3, kernel_size: 3}", "4x4x1", "4x4x3", 16 * 9 * 3, 9 * 3),
]

REFUSED = [
    (
        "{type: conv, out_channels: 8, kernel_size: 3, groups: 4}",
        "4x4x6",
        'conv layer "conv_1" on 4x4x6: in_channels (=6) must be divisible by groups (=4)',
    ),
    (
        "{type: conv, out_channels: 6, kernel_size: 3, groups: 4}",
        "4x4x8",
        'conv layer "conv_1" on 4x4x8: out_channels (=6) must be divisible by groups (=4)',
    ),
    (
        "{type: conv, out_channels: 8, kernel_size: 5, padding: valid}",
        "4x4x6",
        'conv layer "conv_1" on 4x4x6: kernel_size (=5) is larger than its padded input (=4)',
    ),
    (
        "{type: conv, out_channels: 8, kernel_size: 3, dilation: 4, padding: 1}",
        "4x4x6",
        'conv layer "conv_1" on 4x4x6: kernel_size (=3) (dilated to 9) is larger than its padded input (=6)',
    ),
    (
        "{type: conv, out_channels: 8, kernel_size: [3, 3]}",
        "16x6",
        'conv layer "conv_1" on 16x6: kernel_size (=[3, 3]) must have one number per spatial axis (1)',
    ),
    (
        "{type: conv, out_channels: 8, kernel_size: 3, padding: [1, 1, 1]}",
        "8x8x6",
        'conv layer "conv_1" on 8x8x6: padding (=[1, 1, 1]) must have 2 numbers (one per axis) '
        "or 4 (before and after)",
    ),
    (
        "{type: conv, out_channels: 8, kernel_size: 3, padding: [1, 1, 1]}",
        "8x6",
        'conv layer "conv_1" on 8x6: padding (=[1, 1, 1]) must have 1 number (one per axis) '
        "or 2 (before and after)",
    ),
    (
        "{type: conv, out_channels: 8, kernel_size: 3}",
        "640",
        'conv layer "conv_1" on 640: needs a map with spatial axes, not a vector',
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_conv(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "inputs", "message"), REFUSED)
def test_a_conv_that_does_not_fit(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs) == message


def test_it_is_followed_by_its_norm_and_its_activation() -> None:
    assert steps("{type: conv, out_channels: 2, kernel_size: 1, norm: layer, activation: gelu}", "4x4x3") == [
        ("", "conv", "4x4x2"),
        ("layer_norm", "layer_norm", "4x4x2"),
        ("gelu", "gelu", "4x4x2"),
    ]


def test_facts_beyond_the_headline() -> None:
    layer = "{type: conv, out_channels: 4, kernel_size: 3, padding: valid, bias: true, norm: batch}"
    assert facts(layer, "8x8x3", "bias_additions") == 36 * 4  # one for every output
    assert facts(layer, "8x8x3", "biases") == 4
    assert facts(layer, "8x8x3", "statistics") == 2 * 4  # running mean and variance, no params
    assert facts(layer, "8x8x3", "output_grid_multiplies") == 36 * 9 * 3 * 4
