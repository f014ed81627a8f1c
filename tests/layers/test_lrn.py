"""lrn: the shape stays; no multiplies by the convention, no params."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts

ROWS = [Row("lrn", "55x55x96", "55x55x96"), Row("{type: lrn, size: 3}", "8x8x4", "8x8x4")]


@pytest.mark.parametrize("row", ROWS)
def test_lrn(row: Row) -> None:
    check(row)


def test_each_output_reads_its_neighbours() -> None:
    assert facts("lrn", "4x4x8", "window_reads") == 128 * 5
