"""defaults: norm, activation, bias and padding, of convolutions wherever they stand, and of nothing else."""

from __future__ import annotations

import pytest

from costcalc.network import Network
from network.specs import message, messages, network

ALL = "input: 8x8x4\ndefaults: {norm: batch, activation: relu, bias: true, padding: valid}"


def kinds(made: Network) -> list[str]:
    return [node.layer.type for node in made.nodes]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("{type: conv, out_channels: 4, kernel_size: 3}", ["conv", "batch_norm", "relu"]),
        ("{type: depthwise_conv}", ["depthwise_conv", "batch_norm", "relu"]),
        (
            "{type: separable_conv, out_channels: 4}",
            ["depthwise_conv", "batch_norm", "relu", "conv", "batch_norm", "relu"],
        ),
        ("{type: conv_transpose, out_channels: 4, kernel_size: 3}", ["conv_transpose", "batch_norm", "relu"]),
        (
            "{type: inverted_residual, out_channels: 4, expansion: 2}",
            ["conv", "batch_norm", "relu", "depthwise_conv", "batch_norm", "relu", "conv", "batch_norm"],
        ),
    ],
)
def test_they_reach_the_convolutions(layer: str, expected: list[str]) -> None:
    made = network(f"[{layer}]", ALL)
    assert kinds(made) == expected
    convolutions = [node for node in made.nodes if "conv" in node.layer.type]
    assert all(node.layer.bias for node in convolutions)  # type: ignore[attr-defined]
    # valid: 8 − 3 + 1 = 6 (transposed: 8 + 2 = 10)
    assert str(made.shape(made.output)) == ("10x10x4" if "transpose" in layer else "6x6x4")


def test_they_reach_nothing_else() -> None:
    made = network(
        """
- {type: max_pool, kernel_size: 3, stride: 1}
- squeeze_excite
- {type: residual, body: [batch_norm]}
- {type: branches, merge: concat, paths: [[], []]}
- global_avg_pool
- {type: linear, out_features: 10}
""",
        "input: 8x8x4\ndefaults: {norm: batch, activation: relu6, bias: false, padding: same}",
    )
    assert kinds(made) == [
        "max_pool",
        *("global_avg_pool", "conv", "relu", "conv", "sigmoid", "multiply"),
        *("batch_norm", "add"),
        "concat",
        "global_avg_pool",
        "linear",
    ]
    assert str(made.nodes[0].output) == "6x6x4"
    assert made.nodes[-1].tally.sum("biases") == 10


def test_they_reach_into_blocks_bodies_and_paths() -> None:
    head = f"{ALL}\nblocks: {{piece: {{layers: [{{type: conv, out_channels: 4, kernel_size: 1}}]}}}}"
    made = network(
        "[piece, {type: residual, body: [piece]}, {type: branches, merge: add, paths: [[piece], [piece]]}]",
        head,
    )
    assert kinds(made).count("batch_norm") == 4


def test_a_field_on_the_layer_wins() -> None:
    made = network(
        "[{type: conv, out_channels: 4, kernel_size: 3, norm: layer, activation: tanh, bias: false, padding: same}]",
        ALL,
    )
    assert kinds(made) == ["conv", "layer_norm", "tanh"]
    assert str(made.shape(made.output)) == "8x8x4"
    assert made.nodes[0].tally.sum("biases") == 0


def test_none_switches_off() -> None:
    made = network("[{type: conv, out_channels: 4, kernel_size: 3, norm: none, activation: none}]", ALL)
    assert kinds(made) == ["conv"]


def test_none_as_a_default_is_no_default() -> None:
    made = network(
        "[{type: conv, out_channels: 4, kernel_size: 3}]",
        "input: 8x8x4\ndefaults: {norm: none, activation: none}",
    )
    assert kinds(made) == ["conv"]


def test_a_norm_with_fields_may_be_a_default() -> None:
    made = network(
        "[{type: conv, out_channels: 4, kernel_size: 3}]",
        "input: 8x8x4\ndefaults: {norm: {type: group, groups: 2}, activation: {type: prelu, shared: true}}",
    )
    assert kinds(made) == ["conv", "group_norm", "prelu"]
    assert made.nodes[2].tally.sum("slopes") == 1


@pytest.mark.parametrize(
    ("defaults", "said"),
    [
        ("{stride: 2}", 'unknown field "stride" of defaults of the spec'),
        ("{nrom: batch}", 'unknown field "nrom" of defaults of the spec; did you mean "norm"?'),
        (
            "{norm: bacth}",
            "defaults.norm of the spec must be batch, layer, group, instance, rms or none, "
            'not "bacth"; did you mean "batch"?',
        ),
        ("{bias: no}", 'defaults.bias of the spec must be true or false, not "no"; did you mean false?'),
        ("relu", 'defaults of the spec must be a mapping, not "relu"'),
        ("", "defaults of the spec must be a mapping, not nothing"),
    ],
)
def test_defaults_that_mean_nothing(defaults: str, said: str) -> None:
    assert (
        message("[{type: conv, out_channels: 4, kernel_size: 3}]", f"input: 8x8x4\ndefaults: {defaults}")
        == said
    )


def test_right_defaults_beside_a_wrong_one_hold() -> None:
    # the group norm does not fit: it is seen although the activation is unknown
    said = messages(
        "[{type: conv, out_channels: 4, kernel_size: 3}]",
        "input: 8x8x4\ndefaults: {norm: {type: group, groups: 3}, activation: reul}",
    )
    assert said == [
        'defaults.activation of the spec must be an activation, not "reul"; did you mean "relu"?',
        'conv layer "conv_1" on 8x8x4: its group_norm on 8x8x4: in_channels (=4) must be divisible by groups (=3)',
    ]


def test_with_a_wrong_padding_no_shape_is_checked() -> None:
    said = messages(
        "[{type: conv, out_channels: 4, kernel_size: 9}, {type: residual, body: [{type: max_pool, kernel_size: 2}]}]",
        "input: 8x8x4\ndefaults: {padding: vaild}",
    )
    assert said == [
        'defaults.padding of the spec must be same, valid, a number or a list of numbers, not "vaild"; '
        'did you mean "valid"?'
    ]
