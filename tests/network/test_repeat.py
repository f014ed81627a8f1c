"""repeat: n equal copies in a row, one row of the table."""

from __future__ import annotations

import pytest

from network.specs import message, network, outputs, paths, totals

CONV = "type: conv, out_channels: 4, kernel_size: 3"


def test_copies_follow_each_other_in_one_row() -> None:
    made = network(f"[{{{CONV}, name: a, repeat: 3}}, relu]")
    assert paths(made) == ["a.1", "a.2", "a.3", "relu_1"]
    assert [node.inputs for node in made.nodes] == [(~0,), (0,), (1,), (2,)]
    assert [(row.name, row.repeat) for row in made.rows] == [("a", 3), ("relu_1", 1)]
    assert [node.row for node in made.nodes] == [0, 0, 0, 1]


def test_the_row_costs_as_much_as_all_copies() -> None:
    # the first copy sees 4 channels, the others 6
    made = network("[{type: conv, out_channels: 6, kernel_size: 3, repeat: 3}]")
    assert totals(made) == (64 * 9 * (4 * 6 + 2 * 6 * 6), 9 * (4 * 6 + 2 * 6 * 6))


def test_one_copy_is_no_copy() -> None:
    assert paths(network(f"[{{{CONV}, name: a, repeat: 1}}]")) == ["a"]


def test_a_repeat_may_be_written_as_any_whole_number() -> None:
    assert len(network(f"[{{{CONV}, repeat: 1e1}}]").nodes) == 10


def test_inputs_go_to_the_first_copy() -> None:
    made = network("[relu, tanh, {type: sigmoid, repeat: 2, inputs: [relu_1]}]")
    assert [node.inputs for node in made.nodes] == [(~0,), (0,), (0,), (2,)]


def test_a_repeated_stride_is_repeated_and_warned_of() -> None:
    made = network("[{type: conv, name: a, out_channels: 4, kernel_size: 3, stride: 2, repeat: 3}]")
    assert outputs(made) == {"a": "1x1x4"}
    (warning,) = made.warnings
    assert warning.severity == "warning"
    assert warning.route == ("layers", 0, "stride")
    assert warning.message == (
        'the stride of conv layer "a" is repeated 3 times; if only the first copy has it, split it: '
        "one layer with the stride, then one with repeat: 2 and stride: 1"
    )


def test_so_is_that_of_a_block() -> None:
    head = f"input: 8x8x4\nblocks: {{piece: {{parameters: {{stride: 1}}, layers: [{{{CONV}, stride: $stride}}]}}}}"
    made = network("[{type: piece, repeat: 2, stride: 2}, {type: piece, repeat: 2}]", head)
    assert [warning.message.split(";")[0] for warning in made.warnings] == [
        'the stride of piece layer "piece_1" is repeated 2 times'
    ]


@pytest.mark.parametrize("stride", ["1", "1.0", "[1, 1]"])
def test_a_stride_of_one_is_none(stride: str) -> None:
    assert network(f"[{{{CONV}, stride: {stride}, repeat: 2}}]").warnings == ()


def test_composites_are_repeated_whole() -> None:
    made = network(f"[{{type: residual, name: r, repeat: 2, body: [{{{CONV}}}]}}]")
    assert paths(made) == ["r.1/body/conv_1", "r.1/add", "r.2/body/conv_1", "r.2/add"]


def test_repeats_multiply_through_blocks() -> None:
    head = "input: 8x8x4\nblocks: {two: {layers: [{type: relu, repeat: 2}]}, six: {layers: [{type: two, repeat: 3}]}}"
    made = network("[{type: six, name: a, repeat: 4}]", head)
    assert len(made.nodes) == 24
    assert paths(made)[-1] == "a.4/two_1.3/relu_1.2"


def test_repeat_in_a_body_and_a_path() -> None:
    made = network("[{type: branches, merge: add, name: b, paths: [[{type: relu, repeat: 2}], []]}]")
    assert paths(made) == ["b/path_1/relu_1.1", "b/path_1/relu_1.2", "b/add"]


@pytest.mark.parametrize(
    ("repeat", "said"),
    [
        ("0", "must be between 1 and 2147483647, not 0"),
        ("-2", "must be between 1 and 2147483647, not -2"),
        ("1.5", "must be a whole number, not 1.5"),
        ("many", 'must be a whole number, not "many"'),
        ("true", "must be a whole number, not true"),
        ("", "must be a whole number, not nothing"),
        (".nan", "must be a number, not .nan"),
        ("[2]", "must be a whole number, not a list"),
        ("2k", 'must be a whole number, not "2k"'),
    ],
)
def test_a_repeat_that_means_nothing(repeat: str, said: str) -> None:
    assert message(f"[{{type: relu, repeat: {repeat}}}]") == f'repeat of relu layer "relu_1" {said}'


def test_a_mistake_in_a_repeated_layer_is_one_message() -> None:
    assert message("[{type: conv, out_channels: 4, kernel_sise: 3, repeat: 50000}]") == (
        'unknown field "kernel_sise" of conv layer "conv_1"; did you mean "kernel_size"?'
    )
    # the third copy does not fit: 8, 4, 2 and then a kernel of 3
    assert message("[{type: conv, out_channels: 4, kernel_size: 5, padding: valid, repeat: 50000}]") == (
        'conv layer "conv_1" (copy 2) on 4x4x4: kernel_size (=5) is larger than its padded input (=4)'
    )


def test_a_second_copy_has_one_input() -> None:
    assert message("[{type: add, inputs: [input, input], repeat: 2}]") == (
        'add layer "add_1" takes at least 2 inputs, not 1: its second copy takes the first one\'s output alone'
    )
