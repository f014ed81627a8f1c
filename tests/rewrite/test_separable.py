"""The separable version: every convolution that can be becomes depthwise, then 1×1."""

from __future__ import annotations

from fractions import Fraction

import pytest

from costcalc import LayerCost, analyze
from network.specs import network


def row(layer: str, head: str = "input: 8x8x4") -> LayerCost:
    """The first row."""
    return analyze(network(layer, head)).layers[0]


def test_a_convolution_becomes_separable() -> None:
    made = row(
        "[{type: conv, name: a, out_channels: 6, kernel_size: 3, stride: 2, norm: batch, activation: relu}]"
    )
    assert made.separable.multiplies == 16 * (9 * 4 + 4 * 6)
    assert made.separable.params == 9 * 4 + 4 * 6 + 8 + 12
    assert made.theory == Fraction(1, 6) + Fraction(1, 9)
    assert Fraction(made.separable.multiplies, made.standard.multiplies) == made.theory
    assert [(node.path, node.type) for node in made.expanded("separable")] == [
        ("a/depthwise", "depthwise_conv"),
        ("a/depthwise/batch_norm", "batch_norm"),
        ("a/depthwise/relu", "relu"),
        ("a/pointwise", "conv"),
        ("a/pointwise/batch_norm", "batch_norm"),
        ("a/pointwise/relu", "relu"),
    ]
    assert made.notes == ()


def test_bias_norm_and_activation_go_on_both() -> None:
    made = row("[{type: conv, out_channels: 6, kernel_size: 3, bias: true, norm: layer, activation: prelu}]")
    assert made.separable.params == 9 * 4 + 4 * 6 + (4 + 6) + 2 * (4 + 6) + (4 + 6)


def test_kernel_stride_padding_and_dilation_stay() -> None:
    made = row(
        "[{type: conv, out_channels: 6, kernel_size: [5, 3], stride: [1, 2], padding: [4, 1, 0, 2], dilation: [2, 1]}]"
    )
    # 8 + 5 − 8 − 1 + 1 = 5 high, ⌊(8 + 2 − 3)/2⌋ + 1 = 4 wide
    assert str(made.output) == "5x4x6"
    assert made.separable.multiplies == 20 * (15 * 4 + 4 * 6)


@pytest.mark.parametrize(
    ("layer", "notes"),
    [
        (
            "{type: conv, out_channels: 6, kernel_size: 3, separable: never}",
            ("convolution kept: separable: never",),
        ),
        ("{type: conv, out_channels: 6, kernel_size: 1}", ("convolution kept: one tap",)),
        ("{type: conv, out_channels: 6, kernel_size: [1, 1]}", ("convolution kept: one tap",)),
        ("{type: conv, out_channels: 6, kernel_size: 3, groups: 2}", ("convolution kept: grouped",)),
        ("{type: conv_transpose, out_channels: 6, kernel_size: 3}", ("convolution kept: transposed",)),
        ("{type: conv, out_channels: 1, kernel_size: 3}", ("convolution kept: multiplies would not fall",)),
        (
            "{type: conv, out_channels: 2, kernel_size: [1, 2]}",
            ("convolution kept: multiplies would not fall",),
        ),
        (
            "{type: conv, out_channels: 6, kernel_size: 3, norm: {type: group, groups: 3}}",
            ("convolution kept: 3 norm groups do not divide 4 channels",),
        ),
        ("{type: conv, out_channels: 6, kernel_size: 1, repeat: 3}", ("3 convolutions kept: one tap",)),
        ("relu", ()),
        ("{type: separable_conv, out_channels: 6}", ()),
        ("{type: inverted_residual, out_channels: 6, expansion: 1}", ()),
    ],
)
def test_what_stays_and_why(layer: str, notes: tuple[str, ...]) -> None:
    made = row(f"[{layer}]")
    assert made.separable == made.written
    assert made.notes == notes


def test_where_only_params_rise_it_is_replaced_and_noted() -> None:
    # 2·1·2 = 4 weights and 2 channels of norm; then 2·1 + 1·2 weights, and 1 + 2 channels of norm
    made = row(
        "[{type: conv, out_channels: 3, kernel_size: 2, norm: batch, activation: prelu}]", "input: 8x8x1"
    )
    assert made.written.params == 4 * 3 + 6 + 3
    assert made.separable.params == 4 + 3 + 2 * (1 + 3) + (1 + 3)
    assert made.notes == ()
    made = row(
        "[{type: conv, out_channels: 2, kernel_size: 3, norm: batch, activation: prelu, bias: true}]",
        "input: 8x8x1",
    )
    # written 18 + 2 + 4 + 2 = 26; separable 9 + 2 + (1 + 2) + 2·(1 + 2) + (1 + 2) = 23
    assert (made.written.params, made.separable.params) == (26, 23)
    made = row(
        "[{type: conv, out_channels: 3, kernel_size: [1, 2], norm: batch, bias: true}]", "input: 8x8x1"
    )
    # written 6 + 3 + 6 = 15; separable 2 + 3 + (1 + 3) + 2·(1 + 3) = 17
    assert (made.written.params, made.separable.params) == (15, 17)
    assert made.separable.multiplies == 64 * (2 + 3) < made.written.multiplies == 64 * 6
    assert made.notes == ("separable convolution has more params",)
    made = row(
        "[{type: conv, out_channels: 3, kernel_size: [1, 2], norm: batch, bias: true, repeat: 2}]",
        "input: 8x8x1",
    )
    # the second copy has 3 channels in: written 18 + 9, separable 6 + 9 + 6 + 12
    assert made.notes == ("2 separable convolutions have more params",)


def test_convolutions_inside_composites_are_replaced() -> None:
    made = row(
        "[{type: residual, body: [{type: conv, out_channels: 6, kernel_size: 3}, "
        "{type: conv, out_channels: 4, kernel_size: 3}]}]"
    )
    assert made.separable.multiplies == 64 * (9 * 4 + 4 * 6 + 9 * 6 + 6 * 4)
    assert made.theory is None  # two of them: explain lists each
    assert {replacement.path: replacement.theory for replacement in made.replacements} == {
        "residual_1/body/conv_1": Fraction(1, 6) + Fraction(1, 9),
        "residual_1/body/conv_2": Fraction(1, 4) + Fraction(1, 9),
    }


def test_shared_convolutions_share_their_separable_form() -> None:
    analysis = analyze(
        network("[{type: conv, name: a, out_channels: 4, kernel_size: 3, bias: true}, {shares: a}]")
    )
    assert analysis.separable.multiplies == 2 * 64 * (9 * 4 + 4 * 4)
    assert analysis.separable.params == 9 * 4 + 4 * 4 + 4 + 4
    assert [layer.separable.params for layer in analysis.layers] == [60, 0]


def test_the_written_version_stays_as_it_is() -> None:
    analysis = analyze(network("[{type: conv, out_channels: 6, kernel_size: 3}]"))
    assert analysis.written.multiplies == 64 * 9 * 4 * 6
    assert analysis.standard == analysis.written
