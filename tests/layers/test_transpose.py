"""transpose: the axes in another order, named as the input has them."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    Row("{type: transpose, order: [channels, width]}", "196x768", "768x196"),
    Row("{type: transpose, order: [width, channels, height]}", "8x10x6", "10x6x8"),
    Row("{type: transpose, order: [depth, width, height, channels]}", "2x3x4x5", "2x4x3x5"),
]

REFUSED = [
    (
        "[channels, width]",
        "8x10x6",
        "on 8x10x6: order must name height, width, channels: a shape of 8x10x6 has these axes",
    ),
    ("[channels, width]", "6", "on 6: order must name channels: a shape of 6 has these axes"),
]


@pytest.mark.parametrize("row", ROWS)
def test_transpose(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("order", "inputs", "message"), REFUSED)
def test_inputs_that_do_not_fit(order: str, inputs: str, message: str) -> None:
    assert (
        refusal(f"{{type: transpose, order: {order}}}", inputs) == f'transpose layer "transpose_1" {message}'
    )


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("channels", 'must be a list of all axes, not "channels"'),
        (
            "[channel, width]",
            'must name channels, depth, height or width, not "channel"; did you mean "channels"?',
        ),
        ("[width, width]", "must name every axis once"),
    ],
)
def test_an_order_that_is_none(order: str, message: str) -> None:
    assert (
        refusal(f"{{type: transpose, order: {order}}}", "4x5")
        == f'order of transpose layer "transpose_1" {message}'
    )
