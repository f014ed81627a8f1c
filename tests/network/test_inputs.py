"""inputs: the layer before, or names; one network input or several."""

from __future__ import annotations

import pytest

from network.specs import message, messages, network, outputs, problems

TWO = "inputs: {left: 8x8x4, right: 8x8x4}"


def test_without_inputs_a_layer_takes_the_one_before() -> None:
    made = network("[relu, tanh, sigmoid]")
    assert [node.inputs for node in made.nodes] == [(~0,), (0,), (1,)]


def test_inputs_by_name() -> None:
    made = network("[relu, tanh, {type: add, inputs: [relu_1, tanh_1, input]}]")
    assert made.nodes[2].inputs == (0, 1, ~0)


def test_the_same_input_twice() -> None:
    assert network("[{type: add, inputs: [input, input]}]").nodes[0].inputs == (~0, ~0)


def test_several_network_inputs() -> None:
    made = network(
        """
- {type: relu, inputs: [right]}
- {type: add, inputs: [relu_1, left]}
- tanh
""",
        TWO,
    )
    assert [node.inputs for node in made.nodes] == [(~1,), (0, ~0), (1,)]
    assert {name: str(shape) for name, shape in made.inputs.items()} == {"left": "8x8x4", "right": "8x8x4"}


def test_with_several_network_inputs_the_first_layer_must_say() -> None:
    assert message("[relu, tanh]", TWO) == (
        'relu layer "relu_1" must say its inputs, since the network has several: left, right'
    )


def test_with_several_network_inputs_none_is_the_first_by_itself() -> None:
    assert message("[relu]", "inputs: {input: 8x8x4, other: 8x8x4}") == (
        'relu layer "relu_1" must say its inputs, since the network has several: input, other'
    )


def test_one_network_input_under_a_name_of_its_own() -> None:
    made = network("[relu, {type: add, inputs: [image, relu_1]}]", "inputs: {image: 8x8x4}")
    assert made.nodes[1].inputs == (~0, 0)


def test_a_parameter_takes_nothing_wherever_it_stands() -> None:
    made = network("[relu, {type: parameter, shape: 8x8x4}, {type: add, inputs: [relu_1, parameter_1]}]")
    assert [node.inputs for node in made.nodes] == [(~0,), (), (0, 1)]
    made = network("[{type: parameter, shape: 8x8x4}, {type: add, inputs: [left, right, parameter_1]}]", TWO)
    assert made.nodes[1].inputs == (~0, ~1, 0)


def test_a_block_takes_several_inputs() -> None:
    join = "[{type: tanh, inputs: [input_2]}, {type: add, inputs: [input, tanh_1]}]"
    head = f"{TWO}\nblocks: {{join: {{layers: {join}}}}}"
    made = network("[{type: join, inputs: [left, right]}]", head)
    assert [node.inputs for node in made.nodes] == [(~1,), (~0, 0)]


def test_the_last_layer_is_the_output() -> None:
    made = network("[relu, {type: conv, out_channels: 2, kernel_size: 1}]")
    assert str(made.shape(made.output)) == "8x8x2"


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            "[{type: relu, inputs: [inptu]}]",
            'unknown input "inptu" of relu layer "relu_1"; did you mean "input"?',
        ),
        (
            "[{type: tanh, inputs: [relu_1]}, relu]",
            'unknown input "relu_1" of tanh layer "tanh_1"',
        ),
        (
            "[{type: tanh, inputs: [a]}, {type: relu, name: a}]",
            'input "a" of tanh layer "tanh_1" is defined only later: inputs name earlier layers',
        ),
        (
            "[{type: relu, name: a, inputs: [a]}]",
            'input "a" of relu layer "a" is defined only later: inputs name earlier layers',
        ),
        (
            "[{type: relu, inputs: input}]",
            'inputs of relu layer "relu_1" must be a list of names, not "input"',
        ),
        ("[{type: relu, inputs: []}]", 'inputs of relu layer "relu_1" must name at least one'),
        ("[{type: relu, inputs: }]", 'inputs of relu layer "relu_1" must be a list of names, not nothing'),
        (
            "[{type: relu, inputs: {a: b}}]",
            'inputs of relu layer "relu_1" must be a list of names, not a mapping',
        ),
        ("[{type: relu, inputs: [5]}]", 'an input of relu layer "relu_1" must be a name, not 5'),
        ("[{type: relu, inputs: [[input]]}]", 'an input of relu layer "relu_1" must be a name, not a list'),
        ("[{type: relu, inputs: [input, input]}]", 'relu layer "relu_1" takes 1 input, not 2'),
        (
            "[{type: residual, inputs: [input, input], body: [relu]}]",
            'residual layer "residual_1" takes 1 input, not 2',
        ),
        ("[add]", 'add layer "add_1" takes at least 2 inputs, not 1: name them, as in inputs: [a, b]'),
        ("[matmul]", 'matmul layer "matmul_1" takes 2 inputs, not 1: name them, as in inputs: [a, b]'),
    ],
)
def test_inputs_that_mean_nothing(layers: str, said: str) -> None:
    assert message(layers) == said


def test_the_hint_lists_the_names_there_are_the_nearest_first() -> None:
    (problem,) = problems(
        "[relu, {type: tanh, name: a}, {type: residual, body: [sigmoid, {type: relu, inputs: [b]}]}]"
    )
    assert problem.hint == "names: a, relu_1, sigmoid_1, input"
    assert problem.route == ("layers", 2, "body", 1, "inputs", 0)


def test_a_wrong_input_is_one_message() -> None:
    # nothing is said of shapes that depend on it
    assert messages(
        "[{type: relu, inputs: [nowhere]}, {type: conv, out_channels: 3, kernel_size: 3, groups: 2}]"
    ) == ['unknown input "nowhere" of relu layer "relu_1"']


def test_every_wrong_input_is_told() -> None:
    assert messages("[{type: add, inputs: [a, input, b]}, {type: relu, inputs: [c]}]") == [
        'unknown input "a" of add layer "add_1"',
        'unknown input "b" of add layer "add_1"',
        'unknown input "c" of relu layer "relu_1"',
    ]


@pytest.mark.parametrize(
    ("head", "name", "said"),
    [
        ("name: x", "input", "the spec needs an input, such as input: 224x224x3 (height x width x channels)"),
        ("input: 8x8x4\ninputs: {a: 8x8x4}", "a", "the spec has both input and inputs"),
        ("input: 8x8x4\ninputs: {a: 8x8x4}", "input", "the spec has both input and inputs"),
        ("inputs: {}", "input", "inputs of the spec must name at least one"),
        ("input:", "input", "input of the spec must not be empty"),
        ("inputs:", "input", "inputs of the spec must not be empty"),
        ("inputs: 8x8x4", "input", 'inputs of the spec must be a mapping, not "8x8x4"'),
        ("inputs: [8x8x4]", "input", "inputs of the spec must be a mapping, not a list"),
        ("inputs: {'': 8x8x4, a: 8x8x4}", "a", "a name in inputs of the spec must not be empty"),
        (
            "input: 8x8x0",
            "input",
            "input of the spec has a size that must be between 1 and 2147483647, not 0",
        ),
        (
            "inputs: {a: 8x8x4, b: big}",
            "a",
            'inputs.b of the spec must be a shape such as 224x224x3 (height x width x channels), not "big"',
        ),
    ],
)
def test_a_networks_inputs_that_mean_nothing(head: str, name: str, said: str) -> None:
    # the layers take them all the same, and no shape is checked
    layer = f"[{{type: conv, out_channels: 3, kernel_size: 99, padding: valid, inputs: [{name}]}}]"
    assert message(layer, head) == said


def test_a_networks_input_that_means_nothing_is_still_the_first_layers() -> None:
    assert messages("[relu, {type: tanh, slope: 1}]", "input: big") == [
        'input of the spec must be a shape such as 224x224x3 (height x width x channels), not "big"',
        'unknown field "slope" of tanh layer "tanh_1"',
    ]


def test_unused_outputs_and_inputs_are_warnings() -> None:
    made = network(
        "[{type: relu, inputs: [left]}, {type: tanh, inputs: [left]}, {type: sigmoid, inputs: [left]}]",
        TWO,
    )
    assert [warning.message for warning in made.warnings] == [
        'input "right" is never used',
        'the output of relu layer "relu_1" is never used; its cost is counted',
        'the output of tanh layer "tanh_1" is never used; its cost is counted',
    ]
    assert outputs(made) == {"relu_1": "8x8x4", "tanh_1": "8x8x4", "sigmoid_1": "8x8x4"}


def test_every_layer_counts_used_or_not() -> None:
    import costcalc

    made = network("[{type: conv, out_channels: 2, kernel_size: 1}, {type: relu, inputs: [input]}]")
    assert costcalc.analyze(made).written.multiplies == 64 * 4 * 2


def test_unused_inside_a_block_is_one_warning_for_all_uses() -> None:
    head = "input: 8x8x4\nblocks: {piece: {layers: [relu, {type: tanh, inputs: [input]}]}}"
    made = network("[piece, piece, {type: piece, repeat: 3}]", head)
    assert [(warning.message, warning.used_lines) for warning in made.warnings] == [
        ('the output of relu layer "relu_1" is never used; its cost is counted', (3,))
    ]


@pytest.mark.parametrize(
    "fields",
    ["type: relu", "type: add", "type: parameter, shape: 8", "type: residual, body: [relu]", "type: twice"],
)
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("true", "must be a list of names, not true"),
        ("false", "must be a list of names, not false"),
        ("null", "must be a list of names, not nothing"),
        ("5", "must be a list of names, not 5"),
        ("{}", "must be a list of names, not a mapping"),
        ("a b", 'must be a list of names, not "a b"'),
        ("[]", "must name at least one"),
    ],
)
def test_inputs_that_are_no_list_of_names_are_one_mistake(fields: str, value: str, said: str) -> None:
    head = "input: 8x8x4\nblocks: {twice: {layers: [relu, relu]}}"
    (problem,) = problems(f"[twice, {{{fields}, name: a, inputs: {value}}}, relu]", head)
    kind = fields.split(",")[0].removeprefix("type: ")
    assert problem.message == f'inputs of {kind} layer "a" {said}'
    assert problem.route == ("layers", 1, "inputs")
