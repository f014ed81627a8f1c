"""inverted_residual: 1×1 to E channels, depthwise, 1×1 to C_out; the sum where the shape is kept."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal, steps

ROWS = [
    # E = 6·4 = 24: 64·4·24 + 64·9·24 + 64·24·4
    Row(
        "{type: inverted_residual, out_channels: 4, expansion: 6}",
        "8x8x4",
        "8x8x4",
        64 * (4 * 24 + 9 * 24 + 24 * 4),
        4 * 24 + 9 * 24 + 24 * 4,
    ),
    # stride 2: the first on 64 positions, the others on 16
    Row(
        "{type: inverted_residual, out_channels: 6, expansion: 6, stride: 2}",
        "8x8x4",
        "4x4x6",
        64 * 4 * 24 + 16 * 9 * 24 + 16 * 24 * 6,
        4 * 24 + 9 * 24 + 24 * 6,
    ),
    # expansion 1 has no expanding 1×1
    Row(
        "{type: inverted_residual, out_channels: 6, expansion: 1}",
        "8x8x4",
        "8x8x6",
        64 * (9 * 4 + 4 * 6),
        9 * 4 + 4 * 6,
    ),
    # an exact decimal: ⌊4.1·5 + ½⌋ = ⌊21.0⌋ = 21 (binary 4.1·5 + 0.5 is 20.999…)
    Row(
        "{type: inverted_residual, out_channels: 2, expansion: 4.1, stride: 2}",
        "2x2x5",
        "1x1x2",
        4 * 5 * 21 + 9 * 21 + 21 * 2,
        5 * 21 + 9 * 21 + 21 * 2,
    ),
    # halves go up: ⌊1.5·3 + ½⌋ = 5
    Row(
        "{type: inverted_residual, out_channels: 2, expansion: 1.5}",
        "1x1x3",
        "1x1x2",
        3 * 5 + 9 * 5 + 5 * 2,
        3 * 5 + 9 * 5 + 5 * 2,
    ),
    # expanded_channels says E itself
    Row(
        "{type: inverted_residual, out_channels: 6, expanded_channels: 10, kernel_size: 5}",
        "8x8x4",
        "8x8x6",
        64 * (4 * 10 + 25 * 10 + 10 * 6),
        4 * 10 + 25 * 10 + 10 * 6,
    ),
    # norm: three norms, 2·24 + 2·24 + 2·4; the squeeze-excite between: 24/4 = 6, both 1×1 with bias
    Row(
        "{type: inverted_residual, out_channels: 4, expansion: 6, norm: batch, activation: relu6, "
        "squeeze_excite: {reduction: 4}}",
        "8x8x4",
        "8x8x4",
        64 * (4 * 24 + 9 * 24 + 24 * 4) + 2 * 24 * 6,
        4 * 24 + 9 * 24 + 24 * 4 + 2 * 24 + 2 * 24 + 2 * 4 + 2 * 24 * 6 + 6 + 24,
    ),
    # bias goes on all three
    Row(
        "{type: inverted_residual, out_channels: 4, expansion: 2, bias: true}",
        "8x8x3",
        "8x8x4",
        64 * (3 * 6 + 9 * 6 + 6 * 4),
        3 * 6 + 9 * 6 + 6 * 4 + 6 + 6 + 4,
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_inverted_residual(row: Row) -> None:
    check(row)


def test_the_projection_has_a_norm_and_no_activation() -> None:
    layer = "{type: inverted_residual, out_channels: 4, expansion: 2, norm: batch, activation: relu6}"
    assert steps(layer, "8x8x4") == [
        ("expand", "conv", "8x8x8"),
        ("expand/batch_norm", "batch_norm", "8x8x8"),
        ("expand/relu6", "relu6", "8x8x8"),
        ("depthwise", "depthwise_conv", "8x8x8"),
        ("depthwise/batch_norm", "batch_norm", "8x8x8"),
        ("depthwise/relu6", "relu6", "8x8x8"),
        ("project", "conv", "8x8x4"),
        ("project/batch_norm", "batch_norm", "8x8x4"),
        ("add", "add", "8x8x4"),
    ]


@pytest.mark.parametrize(
    ("fields", "skips"),
    [
        ("out_channels: 4", True),
        ("out_channels: 4, stride: [1, 1]", True),
        ("out_channels: 4, kernel_size: 3, padding: 1", True),
        ("out_channels: 5", False),  # other channels
        ("out_channels: 4, stride: 2", False),
        ("out_channels: 4, padding: valid", False),  # a smaller map
    ],
)
def test_the_skip_stands_where_stride_is_1_and_the_shape_is_kept(fields: str, skips: bool) -> None:
    made = steps(f"{{type: inverted_residual, expansion: 2, {fields}}}", "8x8x4")
    assert (made[-1][1] == "add") == skips


def test_a_stride_on_a_single_position_has_no_skip() -> None:
    assert (
        steps("{type: inverted_residual, out_channels: 4, expansion: 2, stride: 2}", "1x1x4")[-1][0]
        == "project"
    )


def test_the_squeeze_excite_stands_on_the_depthwise_output() -> None:
    layer = (
        "{type: inverted_residual, out_channels: 4, expansion: 2, stride: 2, squeeze_excite: {reduction: 2}}"
    )
    assert steps(layer, "8x8x4")[1:7] == [
        ("depthwise", "depthwise_conv", "4x4x8"),
        ("squeeze_excite/squeeze", "global_avg_pool", "1x1x8"),
        ("squeeze_excite/reduce", "conv", "1x1x4"),
        ("squeeze_excite/reduce/relu", "relu", "1x1x4"),
        ("squeeze_excite/expand", "conv", "1x1x8"),
        ("squeeze_excite/expand/sigmoid", "sigmoid", "1x1x8"),
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("", " needs expansion or expanded_channels"),
        (
            "expansion: 2, expanded_channels: 8",
            " has both expansion and expanded_channels: one of them says it",
        ),
        ("expansion: 0.1", " on 8x8x4: expansion (=0.1) leaves nothing of 4 channels"),
        ("expansion: 2e9", " on 8x8x4: expansion (=2000000000) makes more than 2147483647 channels of 4"),
    ],
)
def test_an_expansion_that_means_nothing(fields: str, message: str) -> None:
    layer = f"{{type: inverted_residual, out_channels: 4, {fields}}}"
    assert refusal(layer, "8x8x4") == f'inverted_residual layer "inverted_residual_1"{message}'


def test_a_mistake_in_the_squeeze_excite() -> None:
    layer = "{type: inverted_residual, out_channels: 4, expansion: 2, squeeze_excite: {ratio: 4}}"
    assert refusal(layer, "8x8x4") == (
        'unknown field "ratio" of squeeze_excite of inverted_residual layer "inverted_residual_1"'
    )


def test_facts_of_norms_are_apart() -> None:
    layer = "{type: inverted_residual, out_channels: 4, expansion: 6, norm: batch}"
    assert facts(layer, "8x8x4", "statistics") == 2 * (24 + 24 + 4)
