"""shares: a layer or block use again with its weights; multiplies count, params once."""

from __future__ import annotations

import pytest

from costcalc import analyze
from network.specs import message, messages, network, outputs, paths, problems, totals

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


def test_another_stride_and_dilation_count_by_their_own_shape() -> None:
    # 8×8×4 by 3×3 to 4 channels: 64, then 16, then 16 outputs of 9·4·4 each; 4 biases, 8 numbers of the norm
    made = network(f"[{{{CONV}}}, {{shares: a, stride: 2}}, {{shares: a, dilation: 2}}]")
    assert totals(made) == ((64 + 16 + 16) * 144, ONCE[1])
    assert outputs(made) == {"a": "8x8x4", "conv_1": "4x4x4", "conv_2": "4x4x4"}


def test_another_padding_and_a_stride_for_each_axis() -> None:
    # valid: 6×6 of 8×8; then 3×6 of those
    made = network(f"[{{{CONV}}}, {{shares: a, padding: valid}}, {{shares: a, stride: [2, 1]}}]")
    assert totals(made) == ((64 + 36 + 18) * 144, ONCE[1])


def test_what_shares_a_sharing_layer_slides_as_that_one_does() -> None:
    made = network(
        f"[{{{CONV}}}, {{shares: a, name: b, stride: 2}}, {{shares: b}}, {{shares: a, stride: 4}}]"
    )
    assert [row.output.spatial for row in made.rows] == [(8, 8), (4, 4), (2, 2), (1, 1)]
    assert [node.shares for node in made.nodes[::2]] == [None, 0, 0, 0]


def test_a_transposed_convolution_slides_otherwise() -> None:
    # multiplies by the input's positions: 8·8 and 16·16, 2·2·4·4 each
    made = network(
        "[{type: conv_transpose, name: a, out_channels: 4, kernel_size: 2, stride: 2, padding: valid}, "
        "{shares: a, stride: 3, output_padding: 1}]"
    )
    assert totals(made) == ((64 + 256) * 64, 64)
    assert outputs(made)["conv_transpose_1"] == "48x48x4"  # 15·3 + 2 + 1


def test_a_composite_slides_otherwise() -> None:
    # 3×3·4 and 4·8 an output position: 64 and 16 of them; no norm
    made = network("[{type: separable_conv, name: a, out_channels: 4}, {shares: a, stride: 2, dilation: 2}]")
    assert totals(made) == ((64 + 16) * (36 + 16), 36 + 16)


def test_its_versions_share_and_slide_as_it_does() -> None:
    made = network("[{type: conv, name: a, out_channels: 4, kernel_size: 3}, {shares: a, stride: 2}]")
    separable = analyze(made).separable
    assert (separable.multiplies, separable.params) == ((64 + 16) * (36 + 16), 36 + 16)


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
            f"[{{{CONV}}}, {{shares: a, kernel_size: 3}}]",
            "a layer that shares another's weights has no kernel_size of its own",
        ),
        (
            "[{type: linear, name: a, out_features: 4, per_position: true}, {shares: a, stride: 2}]",
            "a layer that shares another's weights has no stride of its own",
        ),
        (
            f"[{{{CONV}}}, {{shares: a, stride: 0}}]",
            'stride of conv layer "conv_1" must be between 1 and 2147483647, not 0',
        ),
        # the skip of stride 1 is no part of what is shared
        (
            "[{type: inverted_residual, name: a, out_channels: 4, expansion: 2, stride: 2}, "
            "{shares: a, stride: 1}]",
            'inverted_residual layer "inverted_residual_1" cannot share weights: '
            '"inverted_residual_1/add" is an add on 4x4x4 and 4x4x4, but "a/expand" is a conv on 8x8x4',
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


def test_what_may_be_its_own_is_told() -> None:
    (problem,) = problems(f"[{{{CONV}}}, {{shares: a, groups: 2}}]")
    assert problem.hint == "its own may be: stride, padding, dilation"


def test_a_use_of_a_block_has_no_arguments_of_its_own() -> None:
    head = "input: 8x8x4\nblocks: {piece: {layers: [relu]}}"
    (problem,) = problems("[{type: piece, name: a}, {shares: a, stride: 2}]", head)
    assert (problem.message, problem.hint) == (
        "a layer that shares another's weights has no stride of its own",
        None,
    )


def test_a_mistake_in_the_original_is_said_once() -> None:
    assert messages("[{type: conv, name: a, kernel_size: 3}, {shares: a}, {shares: a}]") == [
        'conv layer "a" needs out_channels'
    ]


def test_a_block_cannot_share_what_stands_outside() -> None:
    head = "input: 8x8x4\nblocks: {piece: {layers: [{shares: a}]}}"
    assert message("[{type: relu, name: a}, piece]", head) == 'unknown layer "a" to share the weights of'
