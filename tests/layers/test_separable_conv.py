"""separable_conv: ∏K · C_in · m at every position out, then m · C_in · C_out there."""

from __future__ import annotations

import pytest

from layers.table import Row, check, network, refusal, steps

ROWS = [
    # The MobileNet paper's Table 3, last row: 14·14·(9·512 + 512·512); weights 9·512 + 512·512
    Row(
        "{type: separable_conv, out_channels: 512}",
        "14x14x512",
        "14x14x512",
        52_283_392,
        266_752,
    ),
    # stride 2: both are counted on the 4×4 output
    Row(
        "{type: separable_conv, out_channels: 6, stride: 2}",
        "8x8x4",
        "4x4x6",
        16 * 9 * 4 + 16 * 4 * 6,
        9 * 4 + 4 * 6,
    ),
    # depth_multiplier 2: 8 channels between
    Row(
        "{type: separable_conv, out_channels: 6, depth_multiplier: 2, kernel_size: 5}",
        "8x8x4",
        "8x8x6",
        64 * 25 * 8 + 64 * 8 * 6,
        25 * 8 + 8 * 6,
    ),
    # bias and norm go on both: biases 4 + 6, affine 2·4 + 2·6
    Row(
        "{type: separable_conv, out_channels: 6, bias: true, norm: batch, activation: relu}",
        "8x8x4",
        "8x8x6",
        64 * 9 * 4 + 64 * 4 * 6,
        9 * 4 + 4 * 6 + 4 + 6 + 2 * 4 + 2 * 6,
    ),
    # between: none leaves the depthwise bare: biases 6, affine 2·6
    Row(
        "{type: separable_conv, out_channels: 6, bias: true, norm: batch, between: none}",
        "8x8x4",
        "8x8x6",
        64 * 9 * 4 + 64 * 4 * 6,
        9 * 4 + 4 * 6 + 6 + 2 * 6,
    ),
    # between sets apart what it names (no norm), and leaves the rest (the bias): 4 + 6 biases, 2·6 affine
    Row(
        "{type: separable_conv, out_channels: 6, bias: true, norm: batch, between: {norm: none}}",
        "8x8x4",
        "8x8x6",
        64 * 9 * 4 + 64 * 4 * 6,
        9 * 4 + 4 * 6 + 4 + 6 + 2 * 6,
    ),
    # valid and dilated: the depthwise shrinks 9 to 5, the 1×1 keeps that
    Row(
        "{type: separable_conv, out_channels: 2, dilation: 2, padding: valid}",
        "9x9x3",
        "5x5x2",
        25 * 9 * 3 + 25 * 3 * 2,
        9 * 3 + 3 * 2,
    ),
    # 1-D
    Row("{type: separable_conv, out_channels: 2}", "10x3", "10x2", 10 * 3 * 3 + 10 * 3 * 2, 3 * 3 + 3 * 2),
]


@pytest.mark.parametrize("row", ROWS)
def test_separable_conv(row: Row) -> None:
    check(row)


def test_the_two_convolutions_and_what_follows_each() -> None:
    layer = "{type: separable_conv, out_channels: 6, norm: batch, activation: relu6}"
    assert steps(layer, "8x8x4") == [
        ("depthwise", "depthwise_conv", "8x8x4"),
        ("depthwise/batch_norm", "batch_norm", "8x8x4"),
        ("depthwise/relu6", "relu6", "8x8x4"),
        ("pointwise", "conv", "8x8x6"),
        ("pointwise/batch_norm", "batch_norm", "8x8x6"),
        ("pointwise/relu6", "relu6", "8x8x6"),
    ]


@pytest.mark.parametrize(
    ("between", "kinds"),
    [
        ("none", ["depthwise_conv", "conv", "batch_norm", "relu"]),
        ("{activation: none}", ["depthwise_conv", "batch_norm", "conv", "batch_norm", "relu"]),
        ("{norm: layer}", ["depthwise_conv", "layer_norm", "relu", "conv", "batch_norm", "relu"]),
    ],
)
def test_between_with_defaults(between: str, kinds: list[str]) -> None:
    layer = f"{{type: separable_conv, out_channels: 6, between: {between}}}"
    made = network(layer, "8x8x4", "defaults: {norm: batch, activation: relu}")
    assert [node.layer.type for node in made.nodes] == kinds


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            "{type: separable_conv, out_channels: 6, between: batch}",
            'between of separable_conv layer "separable_conv_1" must be none or a mapping of bias, norm and '
            'activation, not "batch"',
        ),
        (
            "{type: separable_conv, out_channels: 6, between: {nrom: batch}}",
            'unknown field "nrom" of between of separable_conv layer "separable_conv_1"; did you mean "norm"?',
        ),
        ("separable_conv", 'separable_conv layer "separable_conv_1" needs out_channels'),
    ],
)
def test_a_mistake(layer: str, message: str) -> None:
    assert refusal(layer, "8x8x4") == message
