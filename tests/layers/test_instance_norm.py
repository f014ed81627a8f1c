"""instance_norm: params = 2·C with affine; a vector has nothing to normalise."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    # a scale and a shift for each of 6 channels
    Row("instance_norm", "4x4x6", "4x4x6", 0, 12),
    Row("{type: instance_norm, affine: false}", "4x5x4x6", "4x5x4x6", 0, 0),
    # as a field of a convolution: 3·4 weights, and 2·4 or 4
    Row("{type: conv, out_channels: 4, kernel_size: 1, norm: instance}", "2x2x3", "2x2x4", 48, 12 + 8),
    Row(
        "{type: conv, out_channels: 4, kernel_size: 1, norm: {type: instance, affine: scale}}",
        "2x2x3",
        "2x2x4",
        48,
        12 + 4,
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_instance_norm(row: Row) -> None:
    check(row)


def test_it_takes_no_vector() -> None:
    message = 'instance_norm layer "instance_norm_1" on 640: needs a map with spatial axes, not a vector'
    assert refusal("instance_norm", "640") == message


def test_it_keeps_no_statistics() -> None:
    assert facts("instance_norm", "4x4x6", "statistics") == 0
