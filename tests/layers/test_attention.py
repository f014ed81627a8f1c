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
    ],
)
def test_what_is_refused(layer: str, message: str) -> None:
    assert refusal(layer, "5x8") == f'attention layer "attention_1"{message}'


def test_a_causal_mask_takes_no_product_away() -> None:
    masked = Attention(type="attention", heads=2, causal=True)
    plain = Attention(type="attention", heads=2)
    assert masked.causal
    shapes = [Shape((5,), 8)]
    assert masked.expand(shapes, CONTEXT) == plain.expand(shapes, CONTEXT)
