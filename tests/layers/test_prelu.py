"""prelu: shape kept, a slope for each channel, or one in all."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    Row("prelu", "4x4x6", "4x4x6", 0, 6),
    Row("{type: prelu, shared: true}", "4x4x6", "4x4x6", 0, 1),
    Row("prelu", "640", "640", 0, 640),
    # as a field: 6·2 weights and the slopes of 2 channels
    Row("{type: conv, out_channels: 2, kernel_size: 1, activation: prelu}", "1x1x6", "1x1x2", 12, 12 + 2),
    Row(
        "{type: conv, out_channels: 2, kernel_size: 1, activation: {type: prelu, shared: true}}",
        "1x1x6",
        "1x1x2",
        12,
        12 + 1,
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_prelu(row: Row) -> None:
    check(row)


def test_an_unknown_field() -> None:
    message = 'unknown field "share" of prelu layer "prelu_1"; did you mean "shared"?'
    assert refusal("{type: prelu, share: true}", "4x4x6") == message
