"""reduce: sizes of 1 along the axes, or none."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    Row("{type: reduce, function: l2}", "3x4x5", "1x1x5"),
    Row("{type: reduce, function: l2, keep: false}", "3x4x5", "5"),
    Row("{type: reduce, function: mean, axes: channels}", "3x4x5", "3x4x1"),
    Row("{type: reduce, function: mean, axes: channels, keep: false}", "3x4x5", "3x4x1"),
    Row("{type: reduce, function: max, axes: [height]}", "3x4x5", "1x4x5"),
    Row("{type: reduce, function: max, axes: height, keep: false}", "3x4x5", "4x5"),
    Row("{type: reduce, function: argmax, axes: [width, channels], keep: false}", "3x4x5", "3x1"),
    Row("{type: reduce, function: sum, axes: channels}", "5", "1"),
    Row("{type: reduce, function: sum, axes: [depth, channels]}", "2x3x4x5", "1x3x4x1"),
]

REFUSED = [
    (
        "{type: reduce, function: sum}",
        "5",
        "on 5: needs a map with spatial axes, not a vector, or axes: channels",
    ),
    ("{type: reduce, function: sum, axes: height}", "4x5", "on 4x5: a shape of 4x5 has no axis height"),
]


@pytest.mark.parametrize("row", ROWS)
def test_reduce(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "inputs", "message"), REFUSED)
def test_inputs_that_do_not_fit(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs) == f'reduce layer "reduce_1" {message}'


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        (
            "hight",
            'must be channels, depth, height or width, or a list of them, not "hight"; did you mean "height"?',
        ),
        ("[]", "must name every axis once"),
        ("[width, width]", "must name every axis once"),
    ],
)
def test_axes_that_there_are_not(axes: str, message: str) -> None:
    assert refusal(f"{{type: reduce, function: sum, axes: {axes}}}", "4x5") == (
        f'axes of reduce layer "reduce_1" {message}'
    )


def test_every_element_is_read_once() -> None:
    assert facts("{type: reduce, function: mean, axes: width}", "3x4x5", "window_reads") == 60
