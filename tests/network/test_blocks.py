"""Blocks: named once, filled in by ``$word``, nested but never in themselves."""

from __future__ import annotations

import pytest

from network.specs import message, messages, network, outputs, paths, problems, totals

BOTTLENECK = """input: 56x56x64
defaults: {norm: batch, activation: relu}
blocks:
  bottleneck:
    parameters: {width: required, out: required, stride: 1}
    layers:
      - type: residual
        activation: relu
        shortcut: projection
        body:
          - {type: conv, out_channels: $width, kernel_size: 1}
          - {type: conv, out_channels: $width, kernel_size: 3, stride: $stride}
          - {type: conv, out_channels: $out, kernel_size: 1, activation: none}"""


def test_the_bottleneck_of_the_design() -> None:
    made = network(
        "[{type: bottleneck, width: 64, out: 256}, {type: bottleneck, width: 128, out: 512, stride: 2}]",
        BOTTLENECK,
    )
    assert outputs(made) == {"bottleneck_1": "56x56x256", "bottleneck_2": "28x28x512"}
    first = 56 * 56 * (64 * 64 + 9 * 64 * 64 + 64 * 256 + 64 * 256)
    second = 56 * 56 * 256 * 128 + 28 * 28 * (9 * 128 * 128 + 128 * 512 + 256 * 512)
    assert totals(made)[0] == first + second


def test_a_word_stands_for_any_value() -> None:
    head = """input: 8x8x4
blocks:
  piece:
    parameters: {kind: conv, k: [3, 1], n: {type: group, groups: 2}, body: [relu], r: 2, from: input, titled: a}
    layers:
      - {type: $kind, name: $titled, inputs: [$from], repeat: $r, out_channels: 4, kernel_size: $k, norm: $n}
      - {type: residual, body: $body}"""
    made = network(
        "[piece, {type: piece, kind: conv_transpose, body: [tanh, sigmoid], r: 1, titled: b}]", head
    )
    assert paths(made) == [
        "piece_1/a.1",
        "piece_1/a.1/group_norm",
        "piece_1/a.2",
        "piece_1/a.2/group_norm",
        "piece_1/residual_1/body/relu_1",
        "piece_1/residual_1/add",
        "piece_2/b",
        "piece_2/b/group_norm",
        "piece_2/residual_1/body/tanh_1",
        "piece_2/residual_1/body/sigmoid_1",
        "piece_2/residual_1/add",
    ]
    assert made.nodes[0].tally.sum("weights") == 3 * 4 * 4


def test_a_word_is_a_whole_scalar_and_no_arithmetic() -> None:
    head = block("{w: 8}", "[{type: conv, name: c$w, out_channels: $w, kernel_size: 1}]")
    assert paths(network("[piece]", head)) == ["piece_1/c$w"]
    head = block("{w: 8}", "[{type: conv, name: $w, out_channels: $w*2, kernel_size: 1}]")
    assert sorted(messages("[piece]", head)) == [
        'name of a conv layer must be text, not 8; did you mean "8", in quotes?',
        'unknown parameter $w*2 in block "piece": $w stands for a whole value, without arithmetic',
    ]


def test_blocks_use_blocks_and_hand_words_on() -> None:
    head = """input: 8x8x4
blocks:
  inner: {parameters: {w: required}, layers: [{type: conv, out_channels: $w, kernel_size: 1}]}
  outer: {parameters: {w: 6}, layers: [{type: inner, w: $w}, {type: inner, w: 4, repeat: 2}]}"""
    made = network("[outer, {type: outer, w: 5}]", head)
    assert outputs(made) == {"outer_1": "8x8x4", "outer_2": "8x8x4"}
    assert [node.output.channels for node in made.nodes] == [6, 4, 4, 5, 4, 4]


def test_which_block_is_used_may_be_a_word() -> None:
    head = """input: 8x8x4
blocks:
  wide: {layers: [{type: conv, out_channels: 9, kernel_size: 1}]}
  twice: {parameters: {piece: required}, layers: [$piece, {type: $piece}]}"""
    assert outputs(network("[{type: twice, piece: wide}]", head)) == {"twice_1": "8x8x9"}
    assert outputs(network("[{type: twice, piece: tanh}]", head)) == {"twice_1": "8x8x4"}


def test_a_block_may_be_empty_and_a_bare_word() -> None:
    head = "input: 8x8x4\nblocks: {nothing: {layers: []}}"
    made = network("[nothing, relu, {type: nothing, name: end}]", head)
    assert outputs(made) == {"nothing_1": "8x8x4", "relu_1": "8x8x4", "end": "8x8x4"}
    assert made.output == 0


def test_a_default_may_be_null() -> None:
    head = block("{n: }", "[{type: conv, out_channels: 4, kernel_size: 1, norm: $n}]")
    assert [node.layer.type for node in network("[piece, {type: piece, n: batch}]", head).nodes] == [
        "conv",
        "conv",
        "batch_norm",
    ]


def test_blocks_written_out_by_hand_cost_the_same() -> None:
    by_hand = network(
        """
- {type: residual, activation: relu, shortcut: projection, body: [
    {type: conv, out_channels: 64, kernel_size: 1}, {type: conv, out_channels: 64, kernel_size: 3},
    {type: conv, out_channels: 256, kernel_size: 1, activation: none}]}
""",
        "input: 56x56x64\ndefaults: {norm: batch, activation: relu}",
    )
    assert totals(network("[{type: bottleneck, width: 64, out: 256}]", BOTTLENECK)) == totals(by_hand)


def block(parameters: str, layers: str, name: str = "piece") -> str:
    return f"input: 8x8x4\nblocks: {{{name}: {{parameters: {parameters}, layers: {layers}}}}}"


CONV = "[{type: conv, out_channels: $w, kernel_size: 1}]"

MISTAKES = [
    (block("{w: 8}", CONV, "conv"), "[relu]", ['block "conv" is named like a layer kind']),
    (
        block("{w: 8}", CONV, "my-block"),
        "[relu]",
        ['block name "my-block" must be letters, digits and underscores'],
    ),
    (
        block("{w: 8, name: a}", CONV),
        "[piece]",
        ['parameter "name" of block "piece" is named like a field of every layer'],
    ),
    (
        block("{w: 8, type: a}", CONV),
        "[piece]",
        ['parameter "type" of block "piece" is named like a field of every layer'],
    ),
    (
        block("{w: 8, x-y: 1}", CONV),
        "[piece]",
        ['parameter "x-y" of block "piece" must be letters, digits and underscores'],
    ),
    (block("{w: 8, v: 1}", CONV), "[piece]", ['parameter "v" of block "piece" is never used']),
    (
        block("{width: 8}", CONV.replace("$w", "$widht")),
        "[piece]",
        [
            'unknown parameter $widht in block "piece"; did you mean "width"?',
        ],
    ),
    (block("{}", CONV), "[piece]", ['unknown parameter $w in block "piece"']),
    (block("{w: required}", CONV), "[piece]", ['block "piece" needs w']),
    (
        block("{w: required}", CONV),
        "[{type: piece, ww: 8}]",
        ['unknown parameter "ww" of block "piece"; did you mean "w"?'],
    ),
    (
        block("{w: required}", CONV),
        "[{type: piece, w: wide}]",
        ['out_channels of conv layer "conv_1" must be a whole number, not "wide"'],
    ),
    (block("{w: 8}", CONV), "[{type: piec}]", ['unknown layer type "piec"; did you mean "piece"?']),
    (
        "input: 8x8x4\nblocks: {piece: {layer: [relu]}}",
        "[piece]",
        [
            'unknown field "layer" of block "piece"; did you mean "layers"?',
        ],
    ),
    (
        "input: 8x8x4\nblocks: {piece: [relu]}",
        "[piece]",
        ['block "piece" must be a mapping, not a list'],
    ),
    (
        "input: 8x8x4\nblocks: [piece]",
        "[relu]",
        ["blocks of the spec must be a mapping of names to blocks, not a list"],
    ),
    (
        "input: 8x8x4\nblocks: {piece: {parameters: [w], layers: [relu]}}",
        "[piece]",
        ['parameters of block "piece" must be a mapping of names to defaults (or required), not a list'],
    ),
    (
        "input: 8x8x4\nblocks: {piece: {layers: relu}}",
        "[piece]",
        ['layers of block "piece" must be a list of layers, not "relu"'],
    ),
    (
        "input: 8x8x4",
        "[{type: conv, out_channels: $w, kernel_size: [3, $k]}]",
        [
            "$w stands outside a block: there is no parameter to fill in",
            "$k stands outside a block: there is no parameter to fill in",
        ],
    ),
    ("input: $size", "[relu]", ["$size stands outside a block: there is no parameter to fill in"]),
    ("input: 8x8x4", "[$kind]", ["$kind stands outside a block: there is no parameter to fill in"]),
]


@pytest.mark.parametrize(("head", "layers", "said"), MISTAKES)
def test_a_mistake(head: str, layers: str, said: list[str]) -> None:
    assert sorted(messages(layers, head)) == sorted(said)


@pytest.mark.parametrize(
    ("blocks", "first", "said"),
    [
        ("{a: {layers: [a]}}", "a", 'block "a" uses itself: a → a'),
        (
            "{a: {layers: [b]}, b: {layers: [relu, c]}, c: {layers: [a]}}",
            "a",
            'block "a" uses itself: a → b → c → a',
        ),
        ("{a: {layers: [b]}, b: {layers: [c]}, c: {layers: [b]}}", "a", 'block "b" uses itself: b → c → b'),
        (
            "{a: {layers: [{type: residual, body: [{type: branches, merge: add, paths: [[], [a]]}]}]}}",
            "a",
            'block "a" uses itself: a → a',
        ),
        ("{a: {parameters: {k: a}, layers: [{type: $k}]}}", "a", 'block "a" uses itself: a → a'),
        (
            "{a: {parameters: {k: b}, layers: [$k]}, b: {layers: [{type: a, k: b}]}}",
            "a",
            'block "a" uses itself: a → b → a',
        ),
        (
            "{a: {layers: [{type: relu, name: x}, {type: residual, shortcut: [a], body: [relu]}]}}",
            "a",
            'block "a" uses itself: a → a',
        ),
    ],
)
def test_a_block_that_uses_itself(blocks: str, first: str, said: str) -> None:
    assert message(f"[{first}]", f"input: 8x8x4\nblocks: {blocks}") == said


def test_a_fault_inside_points_at_the_blocks_text_and_names_the_use() -> None:
    (problem,) = problems("[relu, {type: bottleneck, width: 64, out: 0}]", BOTTLENECK)
    assert problem.message == 'out_channels of conv layer "conv_3" must be between 1 and 2147483647, not 0'
    assert problem.route == ("blocks", "bottleneck", "layers", 0, "body", 2, "out_channels")
    assert problem.used == (("layers", 1),)
    assert problem.used_lines == (14,)


def test_a_fault_deep_inside_names_every_use_on_the_way() -> None:
    head = """input: 8x8x4
blocks:
  inner: {parameters: {w: required}, layers: [{type: conv, out_channels: $w, kernel_size: 1, groups: 3}]}
  outer:
    layers:
      - {type: inner, w: 9}"""
    (problem,) = problems("[relu, outer]", head)
    assert (
        problem.message == 'conv layer "conv_1" on 8x8x4: in_channels (=4) must be divisible by groups (=3)'
    )
    assert problem.used == (("layers", 1), ("blocks", "outer", "layers", 0))
    assert problem.used_lines == (7, 6)


def test_a_fault_inside_is_told_once_for_all_uses() -> None:
    head = block("{w: 8}", "[{type: conv, out_channels: $w, kernel: 1}]")
    assert messages("[piece, piece, {type: piece, w: 9, repeat: 7}]", head) == [
        'unknown field "kernel" of conv layer "conv_1"; did you mean "kernel_size"?'
    ]


def test_two_different_faults_at_one_place_are_both_told() -> None:
    said = messages("[{type: piece, w: 0}, {type: piece, w: -1}, {type: piece, w: 0}]", block("{w: 8}", CONV))
    assert said == [
        'out_channels of conv layer "conv_1" must be between 1 and 2147483647, not 0',
        'out_channels of conv layer "conv_1" must be between 1 and 2147483647, not -1',
    ]


def test_names_in_a_block_are_fresh_in_every_use() -> None:
    made = network(
        "[piece, piece]", block("{w: 4}", "[{type: conv, name: c, out_channels: $w, kernel_size: 1}]")
    )
    assert paths(made) == ["piece_1/c", "piece_2/c"]


def test_a_block_named_like_a_kind_is_one_mistake() -> None:
    head = (
        "input: 8x8x3\nblocks: {conv: {parameters: {width: required}, layers: [{type: relu, name: $width}]}}"
    )
    # whether a use means the kind or the block is not known before one of them has another name
    layers = "[{type: conv, out_channels: 4}, {type: conv, width: 4}, {type: add, inputs: [conv_1, input]}]"
    (problem,) = problems(layers, head)
    assert problem.message == 'block "conv" is named like a layer kind'
    assert problem.hint == "give it another name: costcalc explain conv says what that is"


def test_a_block_that_nobody_uses_is_a_warning() -> None:
    head = "input: 8x8x4\nblocks: {used: {layers: [relu]}, spare: {layers: [spare, {type: nonsense}]}}"
    (warning,) = network("[used]", head).warnings
    assert warning.message == 'block "spare" is never used; its layers are not checked'
    assert (warning.route, warning.at, warning.severity) == (("blocks", "spare"), "key", "warning")
