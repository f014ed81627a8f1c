"""adaptive_avg_pool: to output_size; output i reads inputs ⌊i·in/out⌋ to ⌈(i+1)·in/out⌉ − 1."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    Row("{type: adaptive_avg_pool, output_size: 7}", "14x14x512", "7x7x512"),
    Row("{type: adaptive_avg_pool, output_size: [1, 4]}", "9x9x2", "1x4x2"),
    Row("{type: adaptive_avg_pool, output_size: 6}", "100x4", "6x4"),
    # larger than the input: values are repeated
    Row("{type: adaptive_avg_pool, output_size: 7}", "1x1x512", "7x7x512"),
]


@pytest.mark.parametrize("row", ROWS)
def test_adaptive_avg_pool(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("size", "wanted"), [(14, 7), (9, 4), (10, 10), (7, 3), (1, 7), (13, 6), (5, 8)])
def test_its_reads_are_those_of_its_windows(size: int, wanted: int) -> None:
    windows = [(i * size // wanted, -(-(i + 1) * size // wanted)) for i in range(wanted)]
    layer = f"{{type: adaptive_avg_pool, output_size: {wanted}}}"
    assert facts(layer, f"{size}x3", "window_reads") == 3 * sum(stop - start for start, stop in windows)


def test_sizes_for_other_axes() -> None:
    assert refusal("{type: adaptive_avg_pool, output_size: [7, 7]}", "14x512") == (
        'adaptive_avg_pool layer "adaptive_avg_pool_1" on 14x512: '
        "output_size (=[7, 7]) must have one number per spatial axis (1)"
    )
