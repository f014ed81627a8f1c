"""The width multiplier: every layer's channels scaled, and what is exempt."""

from __future__ import annotations

import re

import pytest

import costcalc
from costcalc.network import Network
from costcalc.rewrite.width import parse_width_multiplier
from network.specs import outputs


def at(alpha: str, layers: str, head: str = "input: 8x8x16") -> Network:
    return costcalc.loads(f"{head}\nlayers: {layers}", width_multiplier=alpha)


@pytest.mark.parametrize(
    ("layer", "alpha", "output"),
    [
        ("{type: conv, out_channels: 33, kernel_size: 1}", "0.75", "8x8x24"),
        ("{type: separable_conv, out_channels: 64}", "0.25", "8x8x16"),
        ("{type: conv_transpose, out_channels: 64, kernel_size: 1}", "0.5", "8x8x32"),
        ("{type: inverted_residual, out_channels: 24, expansion: 6}", "0.5", "8x8x12"),
        ("{type: conv, out_channels: 16, kernel_size: 1}", "0.1", "8x8x8"),
        ("{type: conv, out_channels: 3, kernel_size: 1}", "0.1", "8x8x3"),
        ("{type: conv, out_channels: 32, kernel_size: 1}", "2", "8x8x64"),
        ("{type: conv, out_channels: 32, kernel_size: 1}", "1", "8x8x32"),
        ("{type: conv, out_channels: 32, kernel_size: 1, width: fixed}", "0.5", "8x8x32"),
        ("{type: conv, out_channels: 32, kernel_size: 1, width: grow}", "0.5", "8x8x32"),
        ("{type: conv, out_channels: 32, kernel_size: 1, width: grow}", "1.4", "8x8x44"),
        ("{type: conv, out_channels: 32, kernel_size: 1, width: scale}", "0.5", "8x8x16"),
        ("{type: separable_conv, out_channels: 32, width: fixed}", "0.5", "8x8x32"),
        ("depthwise_conv", "0.5", "8x8x16"),
    ],
)
def test_out_channels(layer: str, alpha: str, output: str) -> None:
    made = at(alpha, f"[{layer}]")
    assert str(made.shape(made.output)) == output


def test_out_features_are_not_scaled() -> None:
    made = at(
        "0.5",
        "[{type: conv, out_channels: 32, kernel_size: 1}, global_avg_pool, {type: linear, out_features: 10}]",
    )
    assert outputs(made) == {"conv_1": "8x8x16", "global_avg_pool_1": "1x1x16", "linear_1": "10"}


def test_the_networks_input_is_not_scaled() -> None:
    assert at("0.5", "[depthwise_conv]").inputs["input"].channels == 16


def test_squeeze_and_expanded_channels_are_scaled() -> None:
    made = at(
        "0.5",
        "[{type: inverted_residual, out_channels: 16, expanded_channels: 64, squeeze_excite: {squeeze_channels: 32}}, "
        "{type: squeeze_excite, squeeze_channels: 12}]",
    )
    channels = {node.path: node.output.channels for node in made.nodes if node.layer.type == "conv"}
    assert channels == {
        "inverted_residual_1/expand": 32,
        "inverted_residual_1/squeeze_excite/reduce": 16,
        "inverted_residual_1/squeeze_excite/expand": 32,
        "inverted_residual_1/project": 8,
        "squeeze_excite_1/reduce": 8,
        "squeeze_excite_1/expand": 8,
    }


@pytest.mark.parametrize("rule", ["fixed", "grow"])
def test_what_is_exempt_is_so_with_its_squeeze_excite(rule: str) -> None:
    made = at(
        "0.5",
        "[{type: inverted_residual, out_channels: 16, expanded_channels: 64, "
        f"squeeze_excite: {{squeeze_channels: 32}}, width: {rule}}}]",
    )
    assert [node.output.channels for node in made.nodes if node.layer.type == "conv"] == [64, 32, 64, 16]


def test_channels_that_round_to_themselves_do_not_keep_the_squeeze_excite() -> None:
    made = at(
        "0.75",
        "[{type: inverted_residual, out_channels: 8, expanded_channels: 8, squeeze_excite: {squeeze_channels: 64}}]",
    )
    reduce = next(node for node in made.nodes if node.path.endswith("reduce"))
    assert reduce.output.channels == 48


def test_expansions_and_reductions_follow_the_scaled_channels() -> None:
    made = at(
        "0.5",
        "[{type: conv, out_channels: 32, kernel_size: 1}, {type: inverted_residual, out_channels: 32, "
        "expansion: 6, squeeze_excite: {reduction: 4}}]",
    )
    assert [node.output.channels for node in made.nodes if node.layer.type == "conv"] == [16, 96, 24, 96, 16]


def test_groups_are_not_scaled() -> None:
    made = at(
        "0.5",
        "[{type: conv, out_channels: 32, kernel_size: 1}, {type: conv, out_channels: 32, kernel_size: 3, groups: 4}]",
    )
    assert made.nodes[1].tally.sum("weights") == 9 * (16 // 4) * 16


def test_groups_equal_to_the_input_channels_stay_so() -> None:
    made = at(
        "0.5",
        "[{type: conv, out_channels: 32, kernel_size: 1}, {type: conv, out_channels: 64, kernel_size: 3, groups: 32}]",
    )
    assert made.nodes[1].layer.groups == 16  # type: ignore[attr-defined]
    assert made.nodes[1].output.channels == 32
    assert made.nodes[1].tally.sum("weights") == 9 * 32


def test_in_blocks_and_bodies_too() -> None:
    piece = "{parameters: {w: 64}, layers: [{type: conv, out_channels: $w, kernel_size: 1}]}"
    head = f"input: 8x8x16\nblocks: {{piece: {piece}}}"
    made = at("0.5", "[piece, {type: residual, shortcut: projection, body: [{type: piece, w: 40}]}]", head)
    assert outputs(made) == {"piece_1": "8x8x32", "residual_1": "8x8x20"}


def test_a_channel_divisor_rounds_as_mobilenet_v2_does() -> None:
    layers = (
        "[{type: conv, out_channels: 24, kernel_size: 1}, {type: conv, out_channels: 96, kernel_size: 1}]"
    )
    made = at("1.4", layers, "input: 8x8x16\nchannel_divisor: 8")
    assert outputs(made) == {"conv_1": "8x8x32", "conv_2": "8x8x136"}


def test_one_changes_nothing() -> None:
    text = "input: 8x8x16\nchannel_divisor: 8\nlayers: [{type: conv, out_channels: 13, kernel_size: 1}]"
    assert costcalc.loads(text, width_multiplier="1").nodes == costcalc.loads(text).nodes
    assert costcalc.loads(text, width_multiplier="1.0").notes == ()


def test_the_rule_in_force_is_a_note() -> None:
    assert at(
        "0.5",
        "[{type: conv, out_channels: 16, kernel_size: 1}, relu, {type: separable_conv, out_channels: 8}]",
    ).notes == ("width multiplier α = 0.5: channels max(⌊α·c⌋, min(8, c))",)
    made = at("0.5", "[{type: separable_conv, out_channels: 16}]", "input: 8x8x16\nchannel_divisor: 8")
    assert made.notes == (
        "width multiplier α = 0.5: channels to the nearest multiple of 8, never below 0.9 of the exact value",
    )


@pytest.mark.parametrize(
    ("layers", "note"),
    [
        ("[{type: conv, name: last, out_channels: 64, kernel_size: 1}, global_avg_pool]", True),
        (
            "[{type: residual, shortcut: projection, body: [{type: conv, name: last, out_channels: 64, "
            "kernel_size: 1}]}]",
            True,
        ),
        ("[{type: conv, name: last, out_channels: 64, kernel_size: 1, width: fixed}]", False),
        ("[{type: conv, name: last, out_channels: 64, kernel_size: 1, width: grow}]", False),
        ("[{type: conv, name: last, out_channels: 8, kernel_size: 1}]", False),  # min(8, c) keeps it
        # the last convolution is another: MobileNet V1
        (
            "[{type: conv, name: last, out_channels: 64, kernel_size: 1}, {type: separable_conv, out_channels: 64}]",
            False,
        ),
        (
            "[{type: conv, name: last, out_channels: 64, kernel_size: 1}, "
            "{type: inverted_residual, out_channels: 64, expansion: 2}]",
            False,
        ),
    ],
)
def test_a_note_names_a_last_conv_that_was_scaled(layers: str, note: bool) -> None:
    made = at("0.5", layers)
    said = [text for text in made.notes if "last convolution" in text]
    assert len(said) == note
    if note:
        assert "/last (64 → 32 channels)" in said[0].replace(", last", ", /last")
        assert said[0].endswith("width: fixed or width: grow on it would keep it")


@pytest.mark.parametrize(
    ("alpha", "message"),
    [
        ("0", "must be above 0 and at most 1000, not 0"),
        ("-1", "must be above 0 and at most 1000, not -1"),
        ("1001", "must be above 0 and at most 1000, not 1001"),
        ("half", 'must be a number, not "half"'),
        ("nan", 'must be a number, not "nan"'),
        ("1e-999999", 'has an exponent out of range: "1e-999999"'),
        ("0.5x", 'must be a plain number, not "0.5x"'),
    ],
)
def test_a_multiplier_that_means_nothing(alpha: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_width_multiplier(alpha)


def test_channels_past_all_bounds_are_an_error() -> None:
    with pytest.raises(costcalc.SpecError) as caught:
        at("1000", "[{type: conv, out_channels: 2147483647, kernel_size: 1}]")
    assert caught.value.problems[0].message == (
        'conv layer "conv_1" on 8x8x16: makes 8x8x2147483647000, and a size is at most 2147483647'
    )


def test_groups_that_divide_no_more_are_an_error() -> None:
    with pytest.raises(costcalc.SpecError) as caught:
        at("0.9", "[{type: conv, out_channels: 32, kernel_size: 3, groups: 8}]")
    assert caught.value.problems[0].message == (
        'conv layer "conv_1" on 8x8x16: out_channels (=28) must be divisible by groups (=8)'
    )
