"""attention: three linear layers, two products by heads, and a linear layer."""

from __future__ import annotations

import pytest

from costcalc.layers.attention import Attention
from costcalc.layers.base import Context
from costcalc.shape import Shape
from layers.table import Row, check, refusal, steps

CONTEXT = Context({}, lambda: None)

ROWS = [
    # ViT-B: four 768x768 layers at 197 positions, and twice 197·197·768; each layer has its bias
    Row(
        "{type: attention, heads: 12}",
        "197x768",
        "197x768",
        197 * 4 * 768 * 768 + 2 * 197 * 197 * 768,
        4 * (768 * 768 + 768),
    ),
    Row(
        "{type: attention, heads: 2, bias: false, causal: true}",
        "5x8",
        "5x8",
        5 * 4 * 64 + 2 * 25 * 8,
        4 * 64,
    ),
    # 8 heads of 4 channels, keys and values of 2: 16·32, 2·16·8, 32·16
    Row(
        "{type: attention, heads: 8, kv_heads: 2, head_size: 4, bias: false}",
        "5x16",
        "5x16",
        5 * (16 * 32 + 2 * 16 * 8 + 32 * 16) + 2 * 25 * 32,
        16 * 32 + 2 * 16 * 8 + 32 * 16,
    ),
    # values of another size than queries, another width, and 7 positions of 6 channels that are attended to
    Row(
        "{type: attention, heads: 2, head_size: 3, value_size: 5, out_channels: 9, bias: false}",
        "4x8 7x6",
        "4x9",
        4 * 8 * 6 + 7 * 6 * 6 + 7 * 6 * 10 + 4 * 7 * 6 + 4 * 7 * 10 + 4 * 10 * 9,
        8 * 6 + 6 * 6 + 6 * 10 + 10 * 9,
    ),
    # products alone
    Row("{type: attention, heads: 2, projections: false}", "4x8 7x8 7x6", "4x6", 4 * 7 * 8 + 4 * 7 * 6),
    Row("{type: attention, heads: 4, kv_heads: 2, projections: false}", "4x8 7x4 7x4", "4x8", 2 * 4 * 7 * 8),
    Row("{type: attention, heads: 2, projections: false}", "3x4x8", "3x4x8", 2 * 12 * 12 * 8),
    # Swin-T's first: 64 windows of 7x7, each with itself; the table of 2401 pairs by 3 heads is added
    Row(
        "{type: attention, heads: 3, window_size: 7, score_bias: true, packed: qkv}",
        "56x56x96 2401x3",
        "56x56x96",
        3136 * 4 * 96 * 96 + 2 * 64 * 49 * 49 * 96,
        4 * (96 * 96 + 96),
    ),
    # six windows of 2x2, whose 24 keys are 4 each
    Row(
        "{type: attention, heads: 2, window_size: 2, projections: false}",
        "4x6x8 3x8x8",
        "4x6x8",
        2 * 24 * 4 * 8,
    ),
    # queries by one layer, keys and values by another, 8 heads of which two serve four each
    Row(
        "{type: attention, heads: 8, kv_heads: 2, head_size: 4, packed: kv, bias: false, output_bias: true}",
        "5x16",
        "5x16",
        5 * (16 * 32 + 16 * 16 + 32 * 16) + 2 * 25 * 32,
        16 * 32 + 16 * 16 + 32 * 16 + 16,
    ),
    # what is added: of each pair and head, for all heads, and for each window
    Row("{type: attention, heads: 2, score_bias: true, projections: false}", "5x8 5x10", "5x8", 2 * 25 * 8),
    Row("{type: attention, heads: 2, score_bias: true, projections: false}", "5x8 25", "5x8", 2 * 25 * 8),
    Row(
        "{type: attention, heads: 2, window_size: 3, score_bias: true, projections: false}",
        "6x8 2x3x3",
        "6x8",
        2 * 6 * 3 * 8,
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_attention(row: Row) -> None:
    check(row)


def test_what_it_is_made_of() -> None:
    assert steps("{type: attention, heads: 2, kv_heads: 1}", "5x8") == [
        ("query", "linear", "5x8"),
        ("key", "linear", "5x4"),
        ("value", "linear", "5x4"),
        ("keys_of_all_heads", "concat", "5x8"),
        ("values_of_all_heads", "concat", "5x8"),
        ("scores", "matmul", "5x10"),
        ("weights", "softmax", "5x10"),
        ("values", "matmul", "5x8"),
        ("output", "linear", "5x8"),
    ]


def test_windows_are_laid_out_as_heads() -> None:
    assert steps("{type: attention, heads: 2, window_size: 3, score_bias: true, packed: qkv}", "6x8 9x2") == [
        ("query_key_value", "linear", "6x24"),
        ("query", "slice", "6x8"),
        ("key", "slice", "6x8"),
        ("value", "slice", "6x8"),
        ("queries_by_window", "reshape", "3x16"),
        ("keys_by_window", "reshape", "3x16"),
        ("values_by_window", "reshape", "3x16"),
        ("scores", "matmul", "3x12"),
        ("scores_by_head", "reshape", "3x2x2x3"),
        ("score_bias", "reshape", "3x1x2x3"),
        ("biased", "add", "3x2x2x3"),
        ("weights_by_head", "softmax", "3x2x2x3"),
        ("weights", "reshape", "3x12"),
        ("mixed", "matmul", "3x16"),
        ("values", "reshape", "6x8"),
        ("output", "linear", "6x8"),
    ]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("{type: attention, heads: 3}", " on 5x8: channels (=8) must be divisible by heads (=3)"),
        (
            "{type: attention, heads: 4, kv_heads: 3}",
            " on 5x8: heads (=4) must be divisible by kv_heads (=3)",
        ),
        (
            "{type: attention, heads: 2, projections: false, head_size: 4}",
            " has no projections, so its inputs say head_size",
        ),
        (
            "{type: attention, heads: 2, projections: false, packed: kv}",
            " has no projections, so its inputs say packed",
        ),
        (
            "{type: attention, heads: 2, window_size: 2}",
            " on 5x8: the map (5x8) must be divisible by window_size (=2)",
        ),
        (
            "{type: attention, heads: 2, score_bias: true}",
            " on 5x8: takes queries, keys and values, not 0 inputs beside what is added to the scores",
        ),
    ],
)
def test_what_is_refused(layer: str, message: str) -> None:
    assert refusal(layer, "5x8") == f'attention layer "attention_1"{message}'


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        (
            "{type: attention, heads: 2, window_size: 2, projections: false}",
            "6x8 4x8",
            "what is attended to (4x8) must be divisible into as many windows (3)",
        ),
        (
            "{type: attention, heads: 2, packed: qkv}",
            "6x8 4x8",
            "what is packed (=qkv) must come of one input",
        ),
        (
            "{type: attention, heads: 2, score_bias: true}",
            "6x8 7x8",
            "what is added to the scores (7x8) must have 6·6 numbers, for each head and window or for all of them",
        ),
        (
            "{type: attention, heads: 2, projections: false}",
            "6x8 6x8 6x8 6x8",
            "takes queries, keys and values, not 4 inputs",
        ),
    ],
)
def test_inputs_that_do_not_fit(layer: str, inputs: str, message: str) -> None:
    shapes = inputs.replace(" ", " and ")
    said = refusal(layer, inputs)
    assert said == f'attention layer "attention_1" on {shapes}: {message}'


def test_a_causal_mask_takes_no_product_away() -> None:
    masked = Attention(type="attention", heads=2, causal=True)
    plain = Attention(type="attention", heads=2)
    assert masked.causal
    shapes = [Shape((5,), 8)]
    one, other = (
        [(part.name, part.layer.model_dump(), part.inputs) for part in each.expand(shapes, CONTEXT)]
        for each in (masked, plain)
    )
    assert one == other
