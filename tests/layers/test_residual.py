"""residual: what a body makes, added to what came in (or to its projection)."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal, steps

ROWS = [
    # two 3×3 of 4 channels and the identity
    Row(
        "{type: residual, body: [{type: conv, out_channels: 4, kernel_size: 3}, "
        "{type: conv, out_channels: 4, kernel_size: 3}]}",
        "8x8x4",
        "8x8x4",
        2 * 64 * 9 * 4 * 4,
        2 * 9 * 4 * 4,
    ),
    # ResNet's first block of a stage: the projection is a 1×1 with the body's stride, on 4·4 positions
    Row(
        "{type: residual, shortcut: projection, body: [{type: conv, out_channels: 8, kernel_size: 3, "
        "stride: 2}, {type: conv, out_channels: 8, kernel_size: 3}]}",
        "8x8x4",
        "4x4x8",
        16 * 9 * 4 * 8 + 16 * 9 * 8 * 8 + 16 * 4 * 8,
        9 * 4 * 8 + 9 * 8 * 8 + 4 * 8,
    ),
    # a projection where the shapes are equal is the identity
    Row(
        "{type: residual, shortcut: projection, body: [{type: conv, out_channels: 4, kernel_size: 3}]}",
        "8x8x4",
        "8x8x4",
        64 * 9 * 4 * 4,
        9 * 4 * 4,
    ),
    # the shortcut as layers of its own: ResNet-D's average, then a 1×1
    Row(
        "{type: residual, shortcut: [{type: avg_pool, kernel_size: 2}, {type: conv, out_channels: 8, "
        "kernel_size: 1}], body: [{type: conv, out_channels: 8, kernel_size: 3, stride: 2}]}",
        "8x8x4",
        "4x4x8",
        16 * 9 * 4 * 8 + 16 * 4 * 8,
        9 * 4 * 8 + 4 * 8,
    ),
    # an empty body is the identity: x + x
    Row("{type: residual, body: []}", "8x8x4", "8x8x4"),
    # vectors too
    Row("{type: residual, body: [{type: linear, out_features: 6}]}", "6", "6", 36, 36 + 6),
]

#: Bodies that shrink 8x8x4, and the stride that their projection has.
STRIDES = [
    # Xception: the stride is that of a pool
    (
        "[{type: separable_conv, out_channels: 8}, {type: max_pool, kernel_size: 3, stride: 2, padding: same}]",
        "4x4x8",
    ),
    # the product of two
    ("[{type: conv, out_channels: 8, kernel_size: 3, stride: 2}, {type: max_pool, kernel_size: 2}]", "2x2x8"),
    # one per axis
    ("[{type: conv, out_channels: 8, kernel_size: 3, stride: [1, 2]}]", "8x4x8"),
    # through a residual in the body
    (
        "[{type: residual, shortcut: projection, body: [{type: conv, out_channels: 8, kernel_size: 3, "
        "stride: 2}]}, {type: conv, out_channels: 8, kernel_size: 3, stride: 2}]",
        "2x2x8",
    ),
    # through branches and a squeeze-excite
    (
        "[{type: branches, merge: concat, paths: [[{type: max_pool, kernel_size: 2}], [{type: conv, "
        "out_channels: 4, kernel_size: 3, stride: 2}]]}, squeeze_excite]",
        "4x4x8",
    ),
    # an inverted residual, a norm, an activation, a dropout between
    (
        "[{type: inverted_residual, out_channels: 8, expansion: 2, stride: 2}, batch_norm, relu, dropout]",
        "4x4x8",
    ),
    # up and down again is no stride at all: other channels only
    (
        "[{type: conv_transpose, out_channels: 8, kernel_size: 2, stride: 2}, {type: max_pool, kernel_size: 2}]",
        "8x8x8",
    ),
    # valid with a 1×1 kernel: ⌊(8 − 1)/2⌋ + 1 = 4, as the projection
    ("[{type: conv, out_channels: 8, kernel_size: 1, stride: 2, padding: valid}]", "4x4x8"),
]


@pytest.mark.parametrize("row", ROWS)
def test_residual(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("body", "output"), STRIDES)
def test_a_projection_has_the_stride_along_the_body(body: str, output: str) -> None:
    made = steps(f"{{type: residual, shortcut: projection, body: {body}}}", "8x8x4")
    assert made[-2:] == [("shortcut/projection", "conv", output), ("add", "add", output)]


def test_what_a_projection_has_of_the_defaults() -> None:
    layer = (
        "{type: residual, activation: relu6, shortcut: projection, "
        "body: [{type: conv, name: a, out_channels: 8, kernel_size: 3}]}"
    )
    assert steps(layer, "8x8x4", "defaults: {norm: batch, activation: relu}") == [
        ("body/a", "conv", "8x8x8"),
        ("body/a/batch_norm", "batch_norm", "8x8x8"),
        ("body/a/relu", "relu", "8x8x8"),
        ("shortcut/projection", "conv", "8x8x8"),
        ("shortcut/projection/batch_norm", "batch_norm", "8x8x8"),
        ("add", "add", "8x8x8"),
        ("relu6", "relu6", "8x8x8"),
    ]


def test_an_activation_only_where_it_is_said() -> None:
    layer = "{type: residual, body: [{type: conv, out_channels: 4, kernel_size: 1, activation: none}]}"
    made = steps(layer, "8x8x4", "defaults: {norm: batch, activation: relu}")
    assert [kind for _, kind, _ in made] == ["conv", "batch_norm", "add"]


PLACE = 'residual layer "residual_1" on 8x8x4: '

REFUSED = [
    (
        "body: [{type: conv, out_channels: 8, kernel_size: 3}]",
        PLACE + "the body makes 8x8x8 of 8x8x4, so the identity cannot be added: "
        "say shortcut: projection, or give the shortcut as a list of layers",
    ),
    # valid: the body makes 6 of 8, a 1×1 of stride 1 makes 8
    (
        "shortcut: projection, body: [{type: conv, out_channels: 8, kernel_size: 3, padding: valid}]",
        PLACE + "a projection with the body's stride makes 8x8x8, but the body makes 6x6x8: "
        "give the shortcut as a list of layers",
    ),
    (
        "shortcut: projection, body: [{type: upsample, scale: 2}]",
        PLACE
        + "the body has no stride that a 1×1 convolution could have: give the shortcut as a list of layers",
    ),
    (
        "shortcut: projection, body: [global_avg_pool]",
        PLACE
        + "the body has no stride that a 1×1 convolution could have: give the shortcut as a list of layers",
    ),
    (
        "shortcut: projection, body: [flatten]",
        PLACE
        + "the body has no stride that a 1×1 convolution could have: give the shortcut as a list of layers",
    ),
    (
        "shortcut: [{type: max_pool, kernel_size: 2}], body: [relu]",
        PLACE + "its add on 8x8x4 and 4x4x4: sizes must be equal, or 1",
    ),
    (
        "shortcut: none, body: [relu]",
        'shortcut of residual layer "residual_1" must be identity, projection or a list of layers, not "none"',
    ),
    (
        "shortcut: projektion, body: [relu]",
        'shortcut of residual layer "residual_1" must be identity, projection or a list of layers, '
        'not "projektion"; did you mean "projection"?',
    ),
    ("body: relu", 'body of residual layer "residual_1" must be a list of layers, not "relu"'),
    ("shortcut: identity", 'residual layer "residual_1" needs body'),
]


@pytest.mark.parametrize(("fields", "message"), REFUSED)
def test_a_residual_that_does_not_fit(fields: str, message: str) -> None:
    assert refusal(f"{{type: residual, {fields}}}", "8x8x4") == message


def test_a_projection_of_vectors_is_none() -> None:
    layer = "{type: residual, shortcut: projection, body: [{type: linear, out_features: 5}]}"
    assert refusal(layer, "6") == (
        'residual layer "residual_1" on 6: a projection is a 1×1 convolution, and a vector has no positions: '
        "give the shortcut as a list of layers"
    )
