"""embedding: a table of V·E weights and no multiplies; each index is a position."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    Row("{type: embedding, num_embeddings: 100, embedding_dim: 8}", "12x1", "12x8", 0, 800),
    # a vector of indices
    Row("{type: embedding, num_embeddings: 100, embedding_dim: 8}", "12", "12x8", 0, 800),
    Row("{type: embedding, num_embeddings: 100, embedding_dim: 8}", "1", "1x8", 0, 800),
    # indices of patches, of which each has three
    Row("{type: embedding, num_embeddings: 7, embedding_dim: 2}", "4x5x3", "4x5x3x2", 0, 14),
    Row("{type: embedding, num_embeddings: 7, embedding_dim: 2, trainable: false}", "4x5x1", "4x5x2", 0, 0),
]


@pytest.mark.parametrize("row", ROWS)
def test_embedding(row: Row) -> None:
    check(row)


def test_too_many_axes() -> None:
    assert refusal("{type: embedding, num_embeddings: 7, embedding_dim: 2}", "2x3x4x5") == (
        'embedding layer "embedding_1" on 2x3x4x5: takes indices along at most three axes'
    )
