"""rms_norm: params = C, a scale; no shift."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    # a scale for each of 6 channels
    Row("rms_norm", "4x4x6", "4x4x6", 0, 6),
    Row("rms_norm", "6", "6", 0, 6),
    Row("{type: rms_norm, affine: false}", "9x6", "9x6", 0, 0),
    # as a field of a convolution: 3·4 weights, and 4
    Row("{type: conv, out_channels: 4, kernel_size: 1, norm: rms}", "2x2x3", "2x2x4", 48, 12 + 4),
]


@pytest.mark.parametrize("row", ROWS)
def test_rms_norm(row: Row) -> None:
    check(row)


def test_it_has_no_shift_to_leave_out() -> None:
    message = 'affine of rms_norm layer "rms_norm_1" must be true or false, not "scale"'
    assert refusal("{type: rms_norm, affine: scale}", "4x4x6") == message
