"""add, multiply, maximum, minimum, subtract, divide, compare, where: element by element, axes of size 1 broadcast."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    Row("add", "8x8x4 8x8x4", "8x8x4"),
    Row("add", "8x8x4 8x8x4 8x8x4", "8x8x4"),
    Row("multiply", "8x8x4 1x1x4", "8x8x4"),
    Row("multiply", "1x1x4 8x8x4", "8x8x4"),
    Row("multiply", "8x8x4 8x8x1", "8x8x4"),
    # each axis by itself: 8×1 and 1×6 give 8×6
    Row("add", "8x1x4 1x6x4", "8x6x4"),
    Row("multiply", "8x8x4 4", "8x8x4"),
    Row("add", "4 4", "4"),
    Row("add", "1 4", "4"),
    Row("maximum", "8x8x4 8x8x4 1x1x4", "8x8x4"),
    Row("minimum", "8x8x4 8x8x1", "8x8x4"),
    Row("subtract", "8x1x4 1x6x4", "8x6x4"),
    Row("divide", "8x8x4 1x1x4", "8x8x4"),
    Row("compare", "4 4", "4"),
    Row("where", "8x8x1 8x8x4 4", "8x8x4"),
]

REFUSED = [
    ("add", "8x8x4 8x8x5", " on 8x8x4 and 8x8x5: sizes must be equal, or 1"),
    ("add", "8x8x4 4x4x4", " on 8x8x4 and 4x4x4: sizes must be equal, or 1"),
    ("multiply", "8x8x4 8x4", " on 8x8x4 and 8x4: they have different numbers of axes"),
    ("add", "8x8x4", " takes at least 2 inputs, not 1: name them, as in inputs: [a, b]"),
    ("subtract", "4 4 4", " takes 2 inputs, not 3"),
    ("where", "4 4", " takes 3 inputs, not 2: name them, as in inputs: [a, b]"),
]


@pytest.mark.parametrize("row", ROWS)
def test_elementwise(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "inputs", "message"), REFUSED)
def test_shapes_that_do_not_fit(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs) == f'{layer} layer "{layer}_1"{message}'
