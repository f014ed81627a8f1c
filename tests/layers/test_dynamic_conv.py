"""dynamic_conv: the multiplies of a convolution, and no params: they are those of what makes its kernel."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, network, refusal

ROWS = [
    Row("{type: dynamic_conv, out_channels: 8, kernel_size: 3}", "6x6x4 3x3x32", "6x6x8", 36 * 9 * 4 * 8),
    Row(
        "{type: dynamic_conv, out_channels: 8, kernel_size: 3, stride: 2, padding: 0}",
        "7x7x4 288",
        "3x3x8",
        9 * 9 * 4 * 8,
    ),
    # a blur: one window of 3·3 for each channel
    Row(
        "{type: dynamic_conv, out_channels: 4, kernel_size: 3, groups: 4}", "6x6x4 3x3x4", "6x6x4", 36 * 9 * 4
    ),
    Row(
        "{type: dynamic_conv, out_channels: 6, kernel_size: [1, 5], groups: 2}",
        "4x9x4 5x12",
        "4x9x6",
        36 * 5 * 2 * 6,
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_dynamic_conv(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        (
            "{type: dynamic_conv, out_channels: 8, kernel_size: 3}",
            "6x6x4 3x3x4",
            "its kernel has 288 elements, but the second input 36",
        ),
        (
            "{type: dynamic_conv, out_channels: 8, kernel_size: 3, groups: 3}",
            "6x6x4 288",
            "in_channels (=4) must be divisible by groups (=3)",
        ),
    ],
)
def test_inputs_that_do_not_fit(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs).endswith(message)


def test_it_is_counted_as_the_convolution_that_it_is() -> None:
    (node,) = network("{type: dynamic_conv, out_channels: 4, kernel_size: 3, groups: 4}", "6x6x4 36").nodes
    assert {kind for kind, _ in node.tally.facts} == {"depthwise_conv"}
    (node,) = network("{type: dynamic_conv, out_channels: 1, kernel_size: 3}", "6x6x4 36").nodes
    assert {kind for kind, _ in node.tally.facts} == {"conv"}
    assert facts("{type: dynamic_conv, out_channels: 1, kernel_size: 3}", "6x6x4 36", "inputs") == 144 + 36
