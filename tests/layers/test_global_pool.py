"""global_avg_pool, global_max_pool: to one position, whatever the map."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    Row("global_avg_pool", "7x7x1024", "1x1x1024"),
    Row("global_max_pool", "7x9x4", "1x1x4"),
    Row("global_avg_pool", "100x4", "1x4"),
    Row("global_avg_pool", "2x3x4x5", "1x1x1x5"),
]


@pytest.mark.parametrize("row", ROWS)
def test_global_pool(row: Row) -> None:
    check(row)


def test_it_reads_the_whole_map_once() -> None:
    assert facts("global_avg_pool", "7x7x5", "window_reads") == 49 * 5


def test_it_has_no_fields() -> None:
    assert refusal("{type: global_avg_pool, kernel_size: 7}", "7x7x5") == (
        'unknown field "kernel_size" of global_avg_pool layer "global_avg_pool_1"'
    )
