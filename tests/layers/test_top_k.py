"""top_k: so many places of one axis."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    Row("{type: top_k, k: 3}", "4x6x5", "4x6x3"),
    Row("{type: top_k, k: 5}", "5", "5"),
    Row("{type: top_k, k: 2, axis: height}", "4x6x5", "2x6x5"),
    Row("{type: top_k, k: 2, axis: width}", "6x5", "2x5"),
    Row("{type: top_k, k: 2, axis: depth}", "3x4x6x5", "2x4x6x5"),
]


@pytest.mark.parametrize("row", ROWS)
def test_top_k(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        ("{type: top_k, k: 6}", "5", "k (=6) is larger than channels (=5)"),
        ("{type: top_k, k: 1, axis: height}", "4x5", "a shape of 4x5 has no axis height"),
    ],
)
def test_inputs_that_do_not_fit(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs).endswith(message)
