"""max_pool, avg_pool: the output size of a convolution, stride = kernel_size, ceil_mode as PyTorch."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    # valid, stride = kernel: ⌊(8 − 2)/2⌋ + 1 = 4; ⌊(7 − 2)/2⌋ + 1 = 3
    Row("{type: max_pool, kernel_size: 2}", "8x8x3", "4x4x3"),
    Row("{type: avg_pool, kernel_size: 2}", "7x7x3", "3x3x3"),
    # overlapping, AlexNet: ⌊(55 − 3)/2⌋ + 1 = 27
    Row("{type: max_pool, kernel_size: 3, stride: 2}", "55x55x96", "27x27x96"),
    # ResNet's: ⌊(112 + 2 − 3)/2⌋ + 1 = 56
    Row("{type: max_pool, kernel_size: 3, stride: 2, padding: 1}", "112x112x64", "56x56x64"),
    # same: ⌈7/2⌉ = 4
    Row("{type: max_pool, kernel_size: 3, stride: 2, padding: same}", "7x7x3", "4x4x3"),
    # one per axis: ⌊(8 − 2)/2⌋ + 1 = 4, ⌊(9 − 3)/3⌋ + 1 = 3
    Row("{type: max_pool, kernel_size: [2, 3]}", "8x9x3", "4x3x3"),
    # 1-D and 3-D
    Row("{type: max_pool, kernel_size: 4}", "16000x2", "4000x2"),
    Row("{type: max_pool, kernel_size: [1, 2, 2]}", "16x112x112x64", "16x56x56x64"),
    # ceil_mode, GoogLeNet's: ⌈(112 − 3)/2⌉ + 1 = 56; without it 55
    Row("{type: max_pool, kernel_size: 3, stride: 2, ceil_mode: true}", "112x112x64", "56x56x64"),
    Row("{type: max_pool, kernel_size: 3, stride: 2}", "112x112x64", "55x55x64"),
    # dilation: a window of 3 reaches over 2·2 + 1 = 5: 9 − 5 + 1, and with ceil_mode ⌈(10 − 5)/2⌉ + 1 = 4
    Row("{type: max_pool, kernel_size: 3, stride: 1, dilation: 2}", "9x9x3", "5x5x3"),
    Row("{type: max_pool, kernel_size: 3, stride: 2, dilation: 2, ceil_mode: true}", "10x10x3", "4x4x3"),
    Row("{type: max_pool, kernel_size: 3, stride: 2, dilation: 2}", "10x10x3", "3x3x3"),
    # ceil_mode where it changes nothing: (7 − 3)/2 is whole
    Row("{type: max_pool, kernel_size: 3, stride: 2, ceil_mode: true}", "7x7x1", "3x3x1"),
    # a last window that would start past the input and its leading padding is none: k = 2, s = 3 on 5:
    # ⌈3/3⌉ + 1 = 2 (starts at 3 < 5); on 4: ⌈2/3⌉ + 1 = 2, starts at 3 < 4; on 3: ⌈1/3⌉ + 1 = 2, starts at 3: none
    Row("{type: max_pool, kernel_size: 2, stride: 3, ceil_mode: true}", "5x4x1", "2x2x1"),
    Row("{type: max_pool, kernel_size: 2, stride: 3, ceil_mode: true}", "3x3x1", "1x1x1"),
    # padding 1, k = 2, s = 2 on 4: ⌈(4 + 2 − 2)/2⌉ + 1 = 3 (starts at 4 < 4 + 1)
    Row("{type: max_pool, kernel_size: 2, stride: 2, padding: 1, ceil_mode: true}", "4x4x1", "3x3x1"),
    # padding 1, k = 2, s = 2 on 5: ⌈5/2⌉ + 1 = 4 starts at 6 = 5 + 1: in the trailing padding, so 3
    Row("{type: max_pool, kernel_size: 2, stride: 2, padding: 1, ceil_mode: true}", "5x5x1", "3x3x1"),
    # padding before and after apart: (0, 1) on 6, k = 3, s = 2: ⌈4/2⌉ + 1 = 3 starts at 4 < 6
    Row(
        "{type: max_pool, kernel_size: 3, stride: 2, padding: [0, 1, 0, 1], ceil_mode: true}",
        "6x6x1",
        "3x3x1",
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_pool(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        ("max_pool", "8x8x3", 'max_pool layer "max_pool_1" needs kernel_size'),
        (
            "{type: max_pool, kernel_size: 9}",
            "8x8x3",
            'max_pool layer "max_pool_1" on 8x8x3: kernel_size (=9) is larger than its padded input (=8)',
        ),
        (
            "{type: max_pool, kernel_size: 9, ceil_mode: true}",
            "8x8x3",
            'max_pool layer "max_pool_1" on 8x8x3: kernel_size (=9) is larger than its padded input (=8)',
        ),
        (
            "{type: avg_pool, kernel_size: 2}",
            "640",
            'avg_pool layer "avg_pool_1" on 640: needs a map with spatial axes, not a vector',
        ),
        (
            "{type: max_pool, kernel_size: 2, stride: [2, 2, 2]}",
            "8x8x3",
            'max_pool layer "max_pool_1" on 8x8x3: stride (=[2, 2, 2]) must have one number per spatial '
            "axis (2)",
        ),
    ],
)
def test_a_pool_that_does_not_fit(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs) == message


def test_every_output_reads_one_window() -> None:
    assert facts("{type: avg_pool, kernel_size: 3, stride: 2}", "7x7x5", "window_reads") == 9 * 5 * 9
