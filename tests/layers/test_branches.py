"""branches: several paths from one input, merged."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal, steps

ROWS = [
    # 64·3·2 and 64·9·3·5; the channels add up
    Row(
        "{type: branches, merge: concat, paths: [[{type: conv, out_channels: 2, kernel_size: 1}], "
        "[{type: conv, out_channels: 5, kernel_size: 3}]]}",
        "8x8x3",
        "8x8x7",
        64 * 3 * 2 + 64 * 9 * 3 * 5,
        3 * 2 + 9 * 3 * 5,
    ),
    # an empty path is the identity: 3 + 2 channels
    Row(
        "{type: branches, merge: concat, paths: [[], [{type: conv, out_channels: 2, kernel_size: 1}]]}",
        "8x8x3",
        "8x8x5",
        64 * 3 * 2,
        3 * 2,
    ),
    Row("{type: branches, merge: add, paths: [[], [relu], [sigmoid]]}", "8x8x3", "8x8x3"),
    # a gate: 1×1×C times H×W×C
    Row(
        "{type: branches, merge: multiply, paths: [[], [global_avg_pool, {type: conv, out_channels: 3, "
        "kernel_size: 1, bias: true}, sigmoid]]}",
        "8x8x3",
        "8x8x3",
        9,
        9 + 3,
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_branches(row: Row) -> None:
    check(row)


def test_the_paths_of_its_parts() -> None:
    layer = "{type: branches, merge: concat, paths: [[relu], [{type: tanh, name: b}]]}"
    assert steps(layer, "8x8x3") == [
        ("path_1/relu_1", "relu", "8x8x3"),
        ("path_2/b", "tanh", "8x8x3"),
        ("concat", "concat", "8x8x6"),
    ]


PLACE = 'branches layer "branches_1"'

REFUSED = [
    (
        "merge: concat, paths: [[relu]]",
        f"paths of {PLACE} must be a list of at least two lists of layers, not a list of 1",
    ),
    (
        "merge: concat, paths: [relu, tanh]",
        f'paths of {PLACE} must be a list of lists of layers: path 1 is "relu"',
    ),
    (
        "merge: concat, paths: relu",
        f'paths of {PLACE} must be a list of at least two lists of layers, not "relu"',
    ),
    ("paths: [[], []]", f"{PLACE} needs merge"),
    (
        "merge: cat, paths: [[], []]",
        f'merge of {PLACE} must be concat, add or multiply, not "cat"; did you mean "concat"?',
    ),
    (
        "merge: concat, paths: [[], [{type: max_pool, kernel_size: 2}]]",
        f"{PLACE} on 8x8x3: its concat on 8x8x3 and 4x4x3: all sizes but the channels must be equal",
    ),
]


@pytest.mark.parametrize(("fields", "message"), REFUSED)
def test_branches_that_do_not_fit(fields: str, message: str) -> None:
    assert refusal(f"{{type: branches, {fields}}}", "8x8x3") == message
