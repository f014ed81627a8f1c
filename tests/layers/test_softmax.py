"""softmax: shape kept, no multiplies, no params; over the channels of each position."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts

ROWS = [
    Row("softmax", "10", "10"),
    Row("softmax", "4x5x6", "4x5x6"),
]


@pytest.mark.parametrize("row", ROWS)
def test_softmax(row: Row) -> None:
    check(row)


def test_it_meets_each_position_once() -> None:
    assert facts("softmax", "4x5x6", "positions") == 20
    assert facts("softmax", "10", "positions") == 1
