"""unfold and fold: a window's taps as channels, and back."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    Row("{type: unfold, kernel_size: 3}", "6x6x4", "4x4x36"),
    Row("{type: unfold, kernel_size: 3, padding: same}", "6x6x4", "6x6x36"),
    Row("{type: unfold, kernel_size: [1, 5], stride: [1, 2], dilation: [1, 2]}", "3x13x2", "3x3x10"),
    Row("{type: unfold, kernel_size: 4}", "9x2", "6x8"),
    # moved taps: 2 offsets a tap, two groups of channels with their own, and a weight for each tap
    Row("{type: unfold, kernel_size: 3, padding: 1}", "6x6x4 6x6x18", "6x6x36"),
    Row("{type: unfold, kernel_size: 3, padding: 1}", "6x6x4 6x6x36 6x6x18", "6x6x36"),
    Row("{type: fold, size: 6, kernel_size: 3}", "4x4x36", "6x6x4"),
    Row("{type: fold, size: [7, 9], kernel_size: 3, stride: 2, padding: 1}", "4x5x27", "7x9x3"),
    Row("{type: fold, size: 9, kernel_size: 4}", "6x8", "9x2"),
]


@pytest.mark.parametrize("row", ROWS)
def test_unfold(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        ("{type: unfold, kernel_size: 3}", "5", "needs a map with spatial axes, not a vector"),
        (
            "{type: unfold, kernel_size: 3, padding: 1}",
            "6x6x4 6x6x9",
            "its offsets must be 6x6x18, or a multiple of these channels, not 6x6x9",
        ),
        (
            "{type: unfold, kernel_size: 3, padding: 1}",
            "6x6x4 6x6x18 5x6x9",
            "its weights must be 6x6x9, or a multiple of these channels, not 5x6x9",
        ),
        ("{type: fold, size: 7, kernel_size: 3}", "4x4x36", "7x7x1 has 5x5x1 windows, not 4x4x36"),
        (
            "{type: fold, size: 6, kernel_size: 3}",
            "4x4x35",
            "channels (=35) must be divisible by the taps (=9)",
        ),
    ],
)
def test_inputs_that_do_not_fit(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs).endswith(message)


def test_taps_between_positions_are_interpolated() -> None:
    layer = "{type: unfold, kernel_size: 3, padding: 1}"
    assert facts(layer, "6x6x4", "window_reads") == facts(layer, "6x6x4 6x6x18", "window_reads") == 36 * 9 * 4
    assert facts(layer, "6x6x4 6x6x18", "interpolations") == 36 * 9 * 4
    assert facts(layer, "6x6x4", "interpolations") == 0
