"""depth_to_space and space_to_depth: blocks of positions against channels."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    Row("{type: depth_to_space, block_size: 2}", "3x4x8", "6x8x2"),
    Row("{type: depth_to_space, block_size: [1, 4]}", "3x4x8", "3x16x2"),
    Row("{type: depth_to_space, block_size: 2}", "5x8", "10x4"),
    Row("{type: space_to_depth, block_size: 2}", "6x8x2", "3x4x8"),
    Row("{type: space_to_depth, block_size: 2}", "2x4x6x1", "1x2x3x8"),
]

REFUSED = [
    (
        "{type: depth_to_space, block_size: 2}",
        "3x4x6",
        "on 3x4x6: channels (=6) must be divisible by a block's positions (=4)",
    ),
    (
        "{type: space_to_depth, block_size: 2}",
        "3x4x6",
        "on 3x4x6: a size (=3) must be divisible by block_size (=2)",
    ),
    ("{type: space_to_depth, block_size: 2}", "6", "on 6: needs a map with spatial axes, not a vector"),
]


@pytest.mark.parametrize("row", ROWS)
def test_block_shuffle(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "inputs", "message"), REFUSED)
def test_inputs_that_do_not_fit(layer: str, inputs: str, message: str) -> None:
    kind = "depth_to_space" if "depth_to" in layer else "space_to_depth"
    assert refusal(layer, inputs) == f'{kind} layer "{kind}_1" {message}'
