"""matmul: P×C by C×Q takes P·Q·C multiplies, and no params."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    # 6 positions of 4 channels; the second's 4 positions are summed over, its 5 channels stay: 6·4·5
    Row("matmul", "2x3x4 2x2x5", "2x3x5", 6 * 4 * 5),
    # transpose: the channels (4) are summed over, the second's 10 positions become channels: 6·10·4
    Row("{type: matmul, transpose: true}", "2x3x4 10x4", "2x3x10", 6 * 10 * 4),
    # attention of ViT-B: scores of 12 heads, 197 by 197, 64 channels each: 12·(197·197·64) = 197·197·768
    Row("{type: matmul, transpose: true, heads: 12}", "197x768 197x768", "197x2364", 197 * 197 * 768),
    # and its values: 12 heads of 197×197 by 197×64
    Row("{type: matmul, heads: 12}", "197x2364 197x768", "197x768", 197 * 197 * 768),
    # vectors: one position each
    Row("{type: matmul, transpose: true}", "8 8", "1", 8),
]

REFUSED = [
    (
        "matmul",
        "6x4 5x3",
        "on 6x4 and 5x3: the first input's channels (=4) must be the second one's positions (=5)",
    ),
    (
        "{type: matmul, heads: 2}",
        "6x4 5x2",
        "on 6x4 and 5x2: the first input's channels (=4) must be heads (=2) times the second one's "
        "positions (=5)",
    ),
    (
        "{type: matmul, transpose: true}",
        "6x4 6x5",
        "on 6x4 and 6x5: with transpose both inputs need the same channels, not 4 and 5",
    ),
    (
        "{type: matmul, transpose: true, heads: 3}",
        "6x4 6x4",
        "on 6x4 and 6x4: channels (=4) must be divisible by heads (=3)",
    ),
    (
        "{type: matmul, heads: 2}",
        "6x10 5x3",
        "on 6x10 and 5x3: channels (=3) must be divisible by heads (=2)",
    ),
    ("matmul", "6x4", "takes 2 inputs, not 1: name them, as in inputs: [a, b]"),
    ("matmul", "6x4 4x4 4x4", "takes 2 inputs, not 3"),
]


@pytest.mark.parametrize("row", ROWS)
def test_matmul(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "inputs", "message"), REFUSED)
def test_inputs_that_do_not_fit(layer: str, inputs: str, message: str) -> None:
    assert refusal(layer, inputs) == f'matmul layer "matmul_1" {message}'
