"""conv_transpose: multiplies on the *input's* grid; out = (in − 1)·s + d·(K−1) + 1 − before − after + more."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    # same: 4·2 = 8; every one of the 16 input positions gives 9 · 3 · 5
    Row(
        "{type: conv_transpose, out_channels: 5, kernel_size: 3, stride: 2}",
        "4x4x3",
        "8x8x5",
        16 * 9 * 3 * 5,
        9 * 3 * 5,
    ),
    # valid: (4 − 1)·2 + 1·(3 − 1) + 1 = 9
    Row(
        "{type: conv_transpose, out_channels: 5, kernel_size: 3, stride: 2, padding: valid}",
        "4x4x3",
        "9x9x5",
        16 * 9 * 3 * 5,
        9 * 3 * 5,
    ),
    # DCGAN's first: (1 − 1)·1 + 3 + 1 = 4
    Row(
        "{type: conv_transpose, out_channels: 8, kernel_size: 4, padding: valid}",
        "1x1x100",
        "4x4x8",
        16 * 100 * 8,
        16 * 100 * 8,
    ),
    # PyTorch's usual doubling: (4 − 1)·2 + 2 + 1 − 1 − 1 + 1 = 8
    Row(
        "{type: conv_transpose, out_channels: 2, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}",
        "4x4x3",
        "8x8x2",
        16 * 9 * 3 * 2,
        9 * 3 * 2,
    ),
    # one per axis: (3 − 1)·2 + 2 + 1 + 1 = 8 high, (3 − 1)·1 + 1·0 + 1 − 0 = 3 wide
    Row(
        "{type: conv_transpose, out_channels: 2, kernel_size: [3, 1], stride: [2, 1], padding: valid, "
        "output_padding: [1, 0]}",
        "3x3x1",
        "8x3x2",
        9 * 3 * 2,
        3 * 2,
    ),
    # two per axis: 3 + 2 − 0 − 1 = 4 high ((3−1)·1 + 2 + 1 = 5, less 0 and 1), 5 − 2 − 0 = 3 wide
    Row(
        "{type: conv_transpose, out_channels: 1, kernel_size: 3, padding: [0, 1, 2, 0]}",
        "3x3x1",
        "4x3x1",
        9 * 9,
        9,
    ),
    # dilation 2: (4 − 1)·1 + 2·2 + 1 = 8
    Row(
        "{type: conv_transpose, out_channels: 1, kernel_size: 3, dilation: 2, padding: valid}",
        "4x4x1",
        "8x8x1",
        16 * 9,
        9,
    ),
    # groups 2 and a bias: every output sees 2 channels
    Row(
        "{type: conv_transpose, out_channels: 6, kernel_size: 2, stride: 2, groups: 2, bias: true}",
        "4x4x4",
        "8x8x6",
        16 * 4 * 2 * 6,
        4 * 2 * 6 + 6,
    ),
    # 1-D and 3-D, same
    Row(
        "{type: conv_transpose, out_channels: 2, kernel_size: 4, stride: 4}", "5x3", "20x2", 5 * 4 * 3 * 2, 24
    ),
    Row(
        "{type: conv_transpose, out_channels: 2, kernel_size: 2, stride: 2}",
        "2x2x2x1",
        "4x4x4x2",
        8 * 8 * 2,
        16,
    ),
]

REFUSED = [
    (
        "{type: conv_transpose, out_channels: 2, kernel_size: 3, output_padding: 1}",
        "output_padding has no meaning with padding same",
    ),
    (
        "{type: conv_transpose, out_channels: 2, kernel_size: 3, padding: 9}",
        "padding (=9) leaves nothing of the output",
    ),
    (
        "{type: conv_transpose, out_channels: 3, kernel_size: 3, groups: 2}",
        "out_channels (=3) must be divisible by groups (=2)",
    ),
    (
        "{type: conv_transpose, out_channels: 2, kernel_size: 3, padding: valid, output_padding: [1, 1, 1]}",
        "output_padding (=[1, 1, 1]) must have one number per spatial axis (2)",
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_conv_transpose(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "message"), REFUSED)
def test_a_conv_transpose_that_does_not_fit(layer: str, message: str) -> None:
    assert refusal(layer, "4x4x4") == f'conv_transpose layer "conv_transpose_1" on 4x4x4: {message}'


def test_the_count_on_the_output_grid_is_a_fact_of_its_own() -> None:
    layer = "{type: conv_transpose, out_channels: 5, kernel_size: 3, stride: 2}"
    assert facts(layer, "4x4x3", "output_grid_multiplies") == 64 * 9 * 3 * 5
