"""flatten: H×W×C → H·W·C."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    Row("flatten", "7x7x512", "25088"),
    Row("flatten", "2x3x4x5", "120"),
    Row("flatten", "640", "640"),
]


@pytest.mark.parametrize("row", ROWS)
def test_flatten(row: Row) -> None:
    check(row)


def test_a_vector_may_not_be_longer_than_a_size() -> None:
    assert refusal("flatten", "65536x65536x3") == (
        'flatten layer "flatten_1" on 65536x65536x3: makes 12884901888, and a size is at most 2147483647'
    )
