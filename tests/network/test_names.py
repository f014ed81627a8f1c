"""Names: given or automatic, unique in their scope, visible from bodies and paths but not from blocks."""

from __future__ import annotations

import pytest

from network.specs import message, messages, network, outputs, paths, problems


def test_automatic_names_count_by_kind() -> None:
    made = network("""
- {type: conv, out_channels: 4, kernel_size: 3}
- relu
- {type: conv, out_channels: 4, kernel_size: 3}
- relu
""")
    assert list(outputs(made)) == ["conv_1", "relu_1", "conv_2", "relu_2"]


def test_automatic_names_skip_those_taken_before_and_after() -> None:
    made = network("""
- {type: tanh, name: relu_2}
- relu
- relu
- {type: tanh, name: relu_4}
- relu
""")
    assert list(outputs(made)) == ["relu_2", "relu_1", "relu_3", "relu_4", "relu_5"]


def test_a_named_layer_takes_no_number() -> None:
    assert list(outputs(network("[{type: relu, name: a}, relu]"))) == ["a", "relu_1"]


def test_automatic_names_skip_the_networks_inputs() -> None:
    made = network(
        "[{type: relu, inputs: [relu_1]}, {type: add, inputs: [relu_1, relu_2]}]",
        "inputs: {relu_1: 8x8x4}",
    )
    assert list(outputs(made)) == ["relu_2", "add_1"]


def test_automatic_names_count_per_scope() -> None:
    made = network("""
- relu
- {type: residual, name: a, body: [relu, relu]}
- {type: branches, name: b, merge: add, paths: [[relu], [relu, relu]]}
- relu
""")
    assert paths(made) == [
        "relu_1",
        "a/body/relu_1",
        "a/body/relu_2",
        "a/add",
        "b/path_1/relu_1",
        "b/path_2/relu_1",
        "b/path_2/relu_2",
        "b/add",
        "relu_2",
    ]


def test_a_block_is_counted_by_its_own_name() -> None:
    made = network("[double, relu, double]", "input: 8x8x4\nblocks: {double: {layers: [relu, relu]}}")
    assert list(outputs(made)) == ["double_1", "relu_1", "double_2"]
    assert paths(made) == [
        "double_1/relu_1",
        "double_1/relu_2",
        "relu_1",
        "double_2/relu_1",
        "double_2/relu_2",
    ]


def test_paths_name_the_inside() -> None:
    made = network(
        "[{type: piece, name: block3, repeat: 2}]",
        "input: 8x8x4\nblocks: {piece: {layers: [{type: separable_conv, out_channels: 4, norm: batch}]}}",
    )
    assert "block3.2/separable_conv_1/depthwise" in paths(made)
    assert "block3.2/separable_conv_1/depthwise/batch_norm" in paths(made)
    assert "block3.1/separable_conv_1/pointwise" in paths(made)


def test_the_name_of_a_composite_is_its_output() -> None:
    made = network("""
- {type: residual, name: a, body: [{type: conv, out_channels: 4, kernel_size: 3}], activation: relu}
- {type: tanh, inputs: [input]}
- {type: add, inputs: [a, tanh_1]}
""")
    add = made.nodes[-1]
    assert [made.nodes[index].path for index in add.inputs] == ["a/relu", "tanh_1"]


def test_names_inside_are_local() -> None:
    assert message(
        "[{type: residual, body: [{type: relu, name: inner}]}, {type: tanh, inputs: [inner]}]"
    ) == ('unknown input "inner" of tanh layer "tanh_1"')
    assert (
        message(
            "[{type: branches, merge: add, paths: [[{type: relu, name: a}], [{type: relu, inputs: [a]}]]}]"
        )
        == 'unknown input "a" of relu layer "relu_1"'
    )


def test_a_body_or_path_sees_earlier_names_outside() -> None:
    made = network("""
- {type: relu, name: a}
- tanh
- {type: residual, name: r, body: [{type: add, inputs: [input, a]}]}
- {type: branches, name: b, merge: add, paths: [[{type: add, inputs: [input, a]}], []]}
""")
    byte_path = {node.path: node for node in made.nodes}
    assert byte_path["r/body/add_1"].inputs == (1, 0)
    assert byte_path["b/path_1/add_1"].inputs == (3, 0)


def test_a_body_does_not_see_later_names_outside() -> None:
    assert message("[{type: residual, body: [{type: relu, inputs: [late]}]}, {type: tanh, name: late}]") == (
        'input "late" of relu layer "relu_1" is defined only later: inputs name earlier layers'
    )


def test_a_block_sees_no_names_outside() -> None:
    head = "input: 8x8x4\nblocks: {piece: {layers: [{type: add, inputs: [input, a]}]}}"
    assert message("[{type: relu, name: a}, piece]", head) == 'unknown input "a" of add layer "add_1"'


def test_a_body_in_a_block_sees_the_names_of_the_block() -> None:
    head = """input: 8x8x4
blocks:
  piece:
    layers:
      - {type: relu, name: a}
      - {type: residual, body: [{type: add, inputs: [input, a]}]}"""
    made = network("[piece]", head)
    assert made.nodes[1].inputs == (0, 0)


def test_input_is_what_came_into_the_innermost_scope() -> None:
    made = network("[relu, {type: residual, name: r, body: [tanh, {type: add, inputs: [input, tanh_1]}]}]")
    assert made.nodes[2].inputs == (0, 1)


def test_names_inside_may_be_those_outside() -> None:
    made = network(
        "[{type: relu, name: a}, {type: residual, body: [{type: relu, name: a}, {type: relu, inputs: [a]}]}]"
    )
    assert made.nodes[2].inputs == (1,)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            "[{type: relu, name: a}, {type: tanh, name: a}]",
            'two layers are named "a": names must be unique in their scope',
        ),
        ("[{type: relu, name: input}]", 'a layer cannot be named "input": that is what comes in'),
        ("[{type: relu, name: 5}]", 'name of a relu layer must be text, not 5; did you mean "5", in quotes?'),
        (
            "[{type: relu, name: 1e3}]",
            'name of a relu layer must be text, not 1e3; did you mean "1e3", in quotes?',
        ),
        ("[{type: relu, name: ''}]", 'name of a relu layer must be text, not ""'),
        ("[{type: relu, name: }]", "name of a relu layer must be text, not nothing"),
        ("[{type: relu, name: [a]}]", "name of a relu layer must be text, not a list"),
        ("[{type: relu, name: true}]", "name of a relu layer must be text, not true"),
    ],
)
def test_a_name_that_cannot_be(layers: str, said: str) -> None:
    assert message(layers) == said


def test_yaml_words_are_names() -> None:
    assert list(
        outputs(network("[{type: relu, name: no}, {type: relu, name: 'on'}, {type: relu, name: '5'}]"))
    ) == [
        "no",
        "on",
        "5",
    ]


def test_a_layer_cannot_take_the_name_of_an_input() -> None:
    said = messages("[{type: relu, name: left, inputs: [left]}]", "inputs: {left: 8x8x4, right: 8x8x4}")
    assert said == ['a layer cannot be named "left": that is what comes in']


def test_a_layer_in_a_block_cannot_take_the_name_of_the_second_input() -> None:
    join = "[{type: add, name: input_2, inputs: [input, input_2]}]"
    head = f"inputs: {{a: 8x8x4, b: 8x8x4}}\nblocks: {{join: {{layers: {join}}}}}"
    assert messages("[{type: join, inputs: [a, b]}]", head) == [
        'a layer cannot be named "input_2": that is what comes in'
    ]


def test_an_unreadable_layer_makes_no_second_message() -> None:
    assert messages("[{type: rleu, name: a}, {type: tanh, inputs: [a]}, {shares: a}]") == [
        'unknown layer type "rleu"; did you mean "relu"?'
    ]
    # without a name it would have had one that nobody knows
    assert messages("[rleu, {type: tanh, inputs: [relu_1]}]") == [
        'unknown layer type "rleu"; did you mean "relu"?'
    ]


def test_the_caret_stands_under_the_name() -> None:
    (problem,) = problems("[{type: relu, name: a}, {type: tanh, name: a}]")
    assert problem.route == ("layers", 1, "name")
    assert problem.location is not None
    assert (problem.location.line, problem.location.column) == (2, 52)
