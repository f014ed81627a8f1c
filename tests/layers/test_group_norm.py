"""group_norm: params = 2·C with affine; its groups divide the channels."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    # a scale and a shift for each of 6 channels
    Row("{type: group_norm, groups: 3}", "4x4x6", "4x4x6", 0, 12),
    Row("{type: group_norm, groups: 6, affine: shift}", "4x4x6", "4x4x6", 0, 6),
    # as a field of a convolution: 3·4 weights, and 2·4
    Row(
        "{type: conv, out_channels: 4, kernel_size: 1, norm: {type: group, groups: 2}}",
        "2x2x3",
        "2x2x4",
        48,
        12 + 8,
    ),
]

REFUSED = [
    (
        "{type: group_norm, groups: 4}",
        'group_norm layer "group_norm_1" on 4x4x6: in_channels (=6) must be divisible by groups (=4)',
    ),
    ("group_norm", 'group_norm layer "group_norm_1" needs groups'),
    (
        "{type: conv, out_channels: 4, kernel_size: 1, norm: {type: group, groups: 3}}",
        'conv layer "conv_1" on 4x4x6: its group_norm on 4x4x4: in_channels (=4) must be divisible by groups (=3)',
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_group_norm(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("layer", "message"), REFUSED)
def test_a_mistake(layer: str, message: str) -> None:
    assert refusal(layer, "4x4x6") == message


def test_it_keeps_no_statistics() -> None:
    assert facts("{type: group_norm, groups: 2}", "4x4x6", "statistics") == 0
