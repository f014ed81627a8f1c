"""The standard version: a depthwise and the 1×1 that alone takes it become one convolution."""

from __future__ import annotations

from fractions import Fraction

import pytest

from costcalc import LayerCost, analyze
from costcalc.rewrite.standard import standard
from network.specs import network


def rows(layers: str, head: str = "input: 8x8x4") -> dict[str, LayerCost]:
    return {layer.name: layer for layer in analyze(network(layers, head)).layers}


def test_a_separable_convolution_becomes_one() -> None:
    row = rows(
        "[{type: separable_conv, name: a, out_channels: 6, norm: batch, bias: true, activation: relu}]"
    )["a"]
    # 3×3 of 4 to 6 channels; one bias and one norm of 6
    assert row.standard.multiplies == 64 * 9 * 4 * 6
    assert row.standard.params == 9 * 4 * 6 + 6 + 12
    assert row.theory == Fraction(1, 6) + Fraction(1, 9)
    assert [(node.path, node.type) for node in row.expanded("standard")] == [
        ("a/pointwise", "conv"),
        ("a/pointwise/batch_norm", "batch_norm"),
        ("a/pointwise/relu", "relu"),
    ]
    assert row.notes == ()


def test_it_takes_the_kernel_stride_padding_and_dilation_of_the_depthwise() -> None:
    made = network(
        "[{type: separable_conv, out_channels: 6, kernel_size: [5, 3], stride: [2, 1], padding: [4, 3], dilation: 2}]"
    )
    (node,) = standard(made).network.nodes
    layer = node.layer.model_dump()
    assert {
        name: layer[name] for name in ("kernel_size", "stride", "padding", "dilation", "out_channels")
    } == {
        "kernel_size": (5, 3),
        "stride": (2, 1),
        "padding": (4, 3),
        "dilation": 2,
        "out_channels": 6,
    }
    assert node.output == made.nodes[-1].output


def test_a_depth_multiplier_counts_in_the_theory() -> None:
    row = rows("[{type: separable_conv, name: a, out_channels: 6, depth_multiplier: 2}]")["a"]
    assert row.standard.multiplies == 64 * 9 * 4 * 6
    assert row.theory == 2 * (Fraction(1, 6) + Fraction(1, 9))
    assert Fraction(row.written.multiplies, row.standard.multiplies) == row.theory


@pytest.mark.parametrize(
    "depthwise",
    ["{type: depthwise_conv, name: d}", "{type: conv, name: d, out_channels: 4, kernel_size: 3, groups: 4}"],
)
def test_a_depthwise_and_its_pointwise_in_two_rows(depthwise: str) -> None:
    made = rows(f"[{depthwise}, {{type: conv, name: p, out_channels: 6, kernel_size: 1}}]")
    assert (made["d"].standard.multiplies, made["d"].standard.params) == (0, 0)
    assert (made["p"].standard.multiplies, made["p"].standard.params) == (64 * 9 * 4 * 6, 9 * 4 * 6)
    assert made["d"].notes == ('in the standard version its cost stands in "p"',)
    assert made["p"].theory == Fraction(1, 6) + Fraction(1, 9)
    assert made["d"].theory is None


def test_past_norms_and_activations_which_go_too() -> None:
    made = rows(
        "[depthwise_conv, batch_norm, relu, {type: conv, name: p, out_channels: 6, kernel_size: 1, norm: batch}]"
    )
    assert made["p"].standard.params == 9 * 4 * 6 + 12
    for name in ("depthwise_conv_1", "batch_norm_1", "relu_1"):
        assert made[name].standard.params == 0
        assert made[name].notes == ('in the standard version its cost stands in "p"',)


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ("[{type: depthwise_conv, name: d}]", "no 1×1 convolution takes it"),
        ("[{type: depthwise_conv, name: d}, relu]", "no 1×1 convolution takes it"),
        (
            "[{type: depthwise_conv, name: d}, squeeze_excite, {type: conv, out_channels: 6, kernel_size: 1}]",
            "several layers take it",
        ),
        (
            "[{type: depthwise_conv, name: d}, dropout, {type: conv, out_channels: 6, kernel_size: 1}]",
            "dropout stands before the next convolution",
        ),
        (
            "[{type: depthwise_conv, name: d}, {type: max_pool, kernel_size: 2}, {type: conv, out_channels: 6, "
            "kernel_size: 1}]",
            "max pool stands before the next convolution",
        ),
        (
            "[{type: depthwise_conv, name: d}, {type: conv, out_channels: 6, kernel_size: 3}]",
            "the next convolution is no plain 1×1",
        ),
        (
            "[{type: depthwise_conv, name: d}, {type: conv, out_channels: 6, kernel_size: 1, groups: 2}]",
            "the next convolution is no plain 1×1",
        ),
        (
            "[{type: depthwise_conv, name: d}, {type: conv, out_channels: 6, kernel_size: 1, stride: 2}]",
            "the next 1×1 is strided or padded",
        ),
        (
            "[{type: depthwise_conv, name: d}, {type: conv, out_channels: 6, kernel_size: 1, padding: 1}]",
            "the next 1×1 is strided or padded",
        ),
        (
            "[{type: depthwise_conv, name: d}, {type: conv, out_channels: 4, kernel_size: 1}, {type: add, inputs: "
            "[d, conv_1]}]",
            "several layers take it",
        ),
        ("[{type: depthwise_conv, name: d}, {type: relu, inputs: [input]}]", "nothing takes it"),
    ],
)
def test_a_depthwise_that_stays_and_why(layers: str, reason: str) -> None:
    made = rows(layers)
    assert made["d"].standard == made["d"].written
    assert made["d"].notes == (f"depthwise convolution kept in the standard version: {reason}",)
    assert all(row.standard.multiplies == row.written.multiplies for row in made.values())


def test_a_depthwise_of_one_channel_is_a_standard_convolution() -> None:
    # groups 1 = C_in: nothing to merge
    made = rows("[{type: conv, name: a, out_channels: 3, kernel_size: 3, groups: 1}]", "input: 8x8x1")
    assert made["a"].standard == made["a"].written


def test_an_inverted_residual() -> None:
    row = rows("[{type: inverted_residual, name: a, out_channels: 4, expansion: 6, norm: batch}]")["a"]
    # the expanding 1×1 stays; 3×3 of 24 to 4; the norm of the depthwise goes
    assert row.standard.multiplies == 64 * (4 * 24 + 9 * 24 * 4)
    assert row.standard.params == 4 * 24 + 9 * 24 * 4 + 48 + 8
    assert row.theory == Fraction(1, 4) + Fraction(1, 9)


def test_a_squeeze_excite_between_keeps_it() -> None:
    row = rows(
        "[{type: inverted_residual, name: a, out_channels: 4, expansion: 6, squeeze_excite: {reduction: 4}}]"
    )["a"]
    assert row.standard.multiplies == row.written.multiplies
    assert row.notes[0] == "depthwise convolution kept in the standard version: several layers take it"


def test_notes_count_in_a_repeated_row() -> None:
    row = rows("[{type: depthwise_conv, name: d, repeat: 3}]")["d"]
    assert row.notes == (
        "2 depthwise convolutions kept in the standard version: depthwise conv stands before the next convolution",
        "depthwise convolution kept in the standard version: no 1×1 convolution takes it",
    )


def test_a_repeated_row_has_the_theory_of_its_copies() -> None:
    row = rows("[{type: separable_conv, name: a, out_channels: 4, repeat: 3}]")["a"]
    assert row.standard.multiplies == 3 * 64 * 9 * 4 * 4
    assert row.theory == Fraction(1, 4) + Fraction(1, 9)


def test_shared_pairs_are_merged_together() -> None:
    made = rows("[{type: separable_conv, name: a, out_channels: 4, norm: batch}, {shares: a, name: b}]")
    assert made["a"].standard.params == 9 * 4 * 4 + 8
    assert (made["b"].standard.multiplies, made["b"].standard.params) == (64 * 9 * 16, 0)


def test_a_pair_whose_half_is_shared_with_one_that_stays_stays() -> None:
    made = analyze(
        network(
            "[{type: depthwise_conv, name: d}, {type: conv, out_channels: 4, kernel_size: 1}, {shares: d}, "
            "{type: max_pool, kernel_size: 2}]"
        )
    )
    assert made.standard.multiplies == made.written.multiplies
    assert made.standard.params == made.written.params
    assert "shares weights with one that stays" in made.layers[0].notes[0]


def test_so_does_a_pair_whose_norm_between_is_shared() -> None:
    made = analyze(
        network(
            "[depthwise_conv, {type: batch_norm, name: n}, {type: conv, out_channels: 4, kernel_size: 1}, "
            "{shares: n}]"
        )
    )
    assert made.standard.params == made.written.params == 36 + 8 + 16


def test_names_are_no_templates() -> None:
    made = rows(
        "[{type: depthwise_conv, name: d}, {type: conv, name: '{count} {0} {x.__class__}', out_channels: 6, "
        "kernel_size: 1}]"
    )
    assert made["d"].notes == ('in the standard version its cost stands in "{count} {0} {x.__class__}"',)


def test_the_row_of_a_depthwise_inside_a_block() -> None:
    inside = "[depthwise_conv, relu, {type: conv, out_channels: 6, kernel_size: 1}]"
    head = f"input: 8x8x4\nblocks: {{piece: {{layers: {inside}}}}}"
    made = rows("[{type: piece, name: a}]", head)
    assert made["a"].standard.multiplies == 64 * 9 * 4 * 6
    assert made["a"].theory == Fraction(1, 6) + Fraction(1, 9)
    assert made["a"].notes == ()
