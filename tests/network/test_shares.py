"""shares: a layer or block use again with its weights; multiplies count, params once."""

from __future__ import annotations

import pytest

from costcalc import analyze
from network.specs import message, messages, network, paths, totals

CONV = "type: conv, name: a, out_channels: 4, kernel_size: 3, bias: true, norm: batch"
ONCE = (64 * 9 * 4 * 4, 9 * 4 * 4 + 4 + 8)


def test_multiplies_count_and_params_count_once() -> None:
    made = network(f"[{{{CONV}}}, {{shares: a}}, {{shares: a}}]")
    assert totals(made) == (3 * ONCE[0], ONCE[1])
    rows = analyze(made).layers
    assert [(row.type, row.written.multiplies, row.written.params) for row in rows] == [
        ("conv", ONCE[0], ONCE[1]),
        ("conv", ONCE[0], 0),
        ("conv", ONCE[0], 0),
    ]


def test_nodes_know_whose_weights_they_use() -> None:
    made = network(f"[{{{CONV}}}, {{shares: a, name: b}}, {{shares: b}}]")
    # the convolution and its norm; what shares b shares a
    assert [node.shares for node in made.nodes] == [None, None, 0, 1, 0, 1]


def test_on_another_size_the_weights_are_the_same() -> None:
    made = network(f"[{{{CONV}}}, {{type: max_pool, kernel_size: 2}}, {{shares: a}}]")
    assert totals(made) == (ONCE[0] + 16 * 9 * 4 * 4, ONCE[1])


def test_two_towers() -> None:
    made = network(
        "[{type: conv, name: tower, out_channels: 8, kernel_size: 3, inputs: [left]}, "
        "{shares: tower, name: twin, inputs: [right]}, {type: concat, inputs: [tower, twin]}]",
        "inputs: {left: 8x8x4, right: 8x8x4}",
    )
    assert totals(made) == (2 * 64 * 9 * 4 * 8, 9 * 4 * 8)
    assert [node.inputs for node in made.nodes] == [(~0,), (~1,), (0, 1)]


def test_a_name_of_its_own_or_an_automatic_one_by_kind() -> None:
    made = network(f"[{{{CONV}}}, {{shares: a}}, {{shares: a, name: b}}]")
    assert [row.name for row in made.rows] == ["a", "conv_1", "b"]


def test_an_automatic_name_can_be_shared() -> None:
    made = network("[{type: conv, out_channels: 4, kernel_size: 1}, {shares: conv_1}]")
    assert totals(made) == (2 * 64 * 16, 16)


def test_a_block_use_is_shared_whole() -> None:
    head = """input: 8x8x4
blocks:
  tower:
    parameters: {width: 4}
    layers:
      - {type: separable_conv, out_channels: $width, norm: batch}
      - {type: residual, body: [{type: conv, out_channels: $width, kernel_size: 3}]}"""
    alone = totals(network("[{type: tower, name: t}]", head))
    assert totals(network("[{type: tower, name: t}, {shares: t}]", head)) == (2 * alone[0], alone[1])


def test_a_residual_is_shared_whole() -> None:
    body = "body: [{type: conv, out_channels: 4, kernel_size: 3}]"
    assert totals(network(f"[{{type: residual, name: r, {body}}}, {{shares: r}}]")) == (
        2 * 64 * 9 * 16,
        9 * 16,
    )


def test_a_repeat_is_shared_copy_by_copy() -> None:
    made = network(f"[{{{CONV}, repeat: 3}}, {{shares: a}}]")
    assert totals(made) == (6 * ONCE[0], 3 * ONCE[1])
    assert [node.shares for node in made.nodes[6:]] == [0, 1, 2, 3, 4, 5]
    assert [row.repeat for row in made.rows] == [3, 3]


def test_a_layer_may_be_shared_several_times_in_a_row() -> None:
    made = network(f"[{{{CONV}}}, {{shares: a, repeat: 3}}]")
    assert totals(made) == (4 * ONCE[0], ONCE[1])
    assert paths(made)[2::2] == ["conv_1.1", "conv_1.2", "conv_1.3"]


def test_copies_are_shared_in_turn() -> None:
    made = network(
        "[{type: conv, name: a, out_channels: 4, kernel_size: 3, repeat: 2}, {shares: a, repeat: 3}]"
    )
    assert [node.shares for node in made.nodes] == [None, None, 0, 1, 0]
    assert totals(made) == (5 * 64 * 9 * 16, 2 * 9 * 16)


def test_a_norm_a_prelu_and_a_parameter_are_shared() -> None:
    made = network(
        "[{type: batch_norm, name: n}, {shares: n}, {type: prelu, name: p}, {shares: p}, "
        "{type: parameter, name: q, shape: 8x8x4}, {shares: q, name: q2}, {type: add, inputs: [q, q2, p]}]"
    )
    assert totals(made) == (0, 8 + 4 + 256)


def test_a_body_shares_what_stands_outside() -> None:
    made = network(f"[{{{CONV}}}, {{type: residual, body: [{{shares: a}}]}}]")
    assert totals(made) == (2 * ONCE[0], ONCE[1])


def test_layers_without_weights_may_be_shared() -> None:
    assert totals(network("[{type: relu, name: a}, {shares: a}]")) == (0, 0)


def test_the_original_keeps_its_own_inputs() -> None:
    made = network(f"[tanh, {{{CONV}, inputs: [input]}}, {{shares: a}}]")
    assert made.nodes[1].inputs == (~0,)
    assert made.nodes[3].inputs == (2,)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            "[{type: relu, name: tower}, {shares: towre}]",
            'unknown layer "towre" to share the weights of; did you mean "tower"?',
        ),
        (
            "[{shares: a}, {type: relu, name: a}]",
            'layer "a" is defined only later: shares names an earlier layer',
        ),
        ("[{shares: input}]", 'shares must name a layer, and "input" is an input'),
        ("[{shares: 5}]", "shares must be the name of a layer, not 5"),
        ("[{shares: }]", "shares must be the name of a layer, not nothing"),
        ("[{shares: [a]}]", "shares must be the name of a layer, not a list"),
        (
            f"[{{{CONV}}}, {{shares: a, type: conv}}]",
            "a layer that shares another's weights has no type of its own",
        ),
        (
            f"[{{{CONV}}}, {{shares: a, stride: 2}}]",
            "a layer that shares another's weights has no stride of its own",
        ),
        # weights for 4 channels on 8
        (
            f"[{{{CONV}}}, {{type: conv, out_channels: 8, kernel_size: 1}}, {{shares: a}}]",
            'conv layer "conv_2" cannot share weights: "conv_2" is a conv on 8x8x8, but "a" is a conv on 8x8x4',
        ),
        # the copy would have no projection, since its shapes are equal
        (
            "[{type: residual, name: r, shortcut: projection, body: [{type: conv, out_channels: 8, "
            "kernel_size: 1}]}, {shares: r}]",
            'residual layer "residual_1" cannot share weights: "residual_1/body/conv_1" is a conv on 8x8x8, '
            'but "r/body/conv_1" is a conv on 8x8x4',
        ),
        (
            "[{type: batch_norm, name: n}, {type: conv, out_channels: 8, kernel_size: 1}, {shares: n}]",
            'batch_norm layer "batch_norm_1" cannot share weights: "batch_norm_1" is a batch_norm on 8x8x8, '
            'but "n" is a batch_norm on 8x8x4',
        ),
    ],
)
def test_a_sharing_that_means_nothing(layers: str, said: str) -> None:
    assert message(layers) == said


def test_a_mistake_in_the_original_is_said_once() -> None:
    assert messages("[{type: conv, name: a, kernel_size: 3}, {shares: a}, {shares: a}]") == [
        'conv layer "a" needs out_channels'
    ]


def test_a_block_cannot_share_what_stands_outside() -> None:
    head = "input: 8x8x4\nblocks: {piece: {layers: [{shares: a}]}}"
    assert message("[{type: relu, name: a}, piece]", head) == 'unknown layer "a" to share the weights of'
