"""squeeze_excite: two 1×1 convolutions with bias on the channels' means, then the product."""

from __future__ import annotations

import pytest

from layers.table import Row, check, network, refusal, steps

ROWS = [
    # reduction 4: S = 16/4 = 4; 16·4 + 4·16, biases 4 + 16
    Row("squeeze_excite", "7x7x16", "7x7x16", 2 * 16 * 4, 2 * 16 * 4 + 4 + 16),
    # SENet's reduction 16 of 64
    Row("{type: squeeze_excite, reduction: 16}", "7x7x64", "7x7x64", 2 * 64 * 4, 2 * 64 * 4 + 4 + 64),
    # ⌊10/4⌋ = 2
    Row("squeeze_excite", "7x7x10", "7x7x10", 2 * 10 * 2, 2 * 10 * 2 + 2 + 10),
    # at least 1: ⌊3/4⌋ = 0
    Row("squeeze_excite", "7x7x3", "7x7x3", 2 * 3 * 1, 2 * 3 * 1 + 1 + 3),
    # squeeze_channels says S
    Row("{type: squeeze_excite, squeeze_channels: 5}", "7x7x8", "7x7x8", 2 * 8 * 5, 2 * 8 * 5 + 5 + 8),
    # MobileNet V3: 72/4 = 18, to the nearest multiple of 8: 16 < 0.9·18 = 16.2, so 24
    Row("{type: squeeze_excite, divisor: 8}", "7x7x72", "7x7x72", 2 * 72 * 24, 2 * 72 * 24 + 24 + 72),
    # 16/4 = 4: halves go up, and never below the divisor: 8
    Row("{type: squeeze_excite, divisor: 8}", "7x7x16", "7x7x16", 2 * 16 * 8, 2 * 16 * 8 + 8 + 16),
    # a vector is squeezed already
    Row("squeeze_excite", "16", "16", 2 * 16 * 4, 2 * 16 * 4 + 4 + 16),
]


@pytest.mark.parametrize("row", ROWS[:-1])
def test_squeeze_excite(row: Row) -> None:
    check(row)


def test_its_parts() -> None:
    layer = "{type: squeeze_excite, activation: swish, gate: hard_sigmoid}"
    assert steps(layer, "7x7x16") == [
        ("squeeze", "global_avg_pool", "1x1x16"),
        ("reduce", "conv", "1x1x4"),
        ("reduce/swish", "swish", "1x1x4"),
        ("expand", "conv", "1x1x16"),
        ("expand/hard_sigmoid", "hard_sigmoid", "1x1x16"),
        ("scale", "multiply", "7x7x16"),
    ]


def test_no_defaults_reach_it() -> None:
    made = network("squeeze_excite", "7x7x16", "defaults: {norm: batch, activation: relu6, bias: false}")
    kinds = [node.layer.type for node in made.nodes]
    assert kinds == ["global_avg_pool", "conv", "relu", "conv", "sigmoid", "multiply"]
    assert all(node.layer.bias for node in made.nodes if node.layer.type == "conv")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            "squeeze_channels: 4, reduction: 4",
            " has both squeeze_channels and reduction: one of them says it",
        ),
        ("reduction: 0", "reduction of {noun} must be between 1 and 2147483647, not 0"),
        (
            "divisor: 2147483647, reduction: 1",
            None,
        ),
    ],
)
def test_a_mistake(fields: str, message: str | None) -> None:
    noun = 'squeeze_excite layer "squeeze_excite_1"'
    if message is None:
        # the nearest multiple is the divisor itself: legal, if senseless
        made = network(f"{{type: squeeze_excite, {fields}}}", "7x7x16")
        assert made.nodes[1].output.channels == 2_147_483_647
        return
    said = refusal(f"{{type: squeeze_excite, {fields}}}", "7x7x16")
    assert said == (message.format(noun=noun) if "{noun}" in message else noun + message)
