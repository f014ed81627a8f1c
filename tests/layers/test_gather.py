"""gather: so many positions, each one of those that came in; the channels stay."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    # the 49·49 relative positions in a 7x7 window of Swin, out of 13·13
    Row("{type: gather, positions: 2401}", "169x3", "2401x3"),
    Row("{type: gather, positions: 5}", "7x7x8", "5x8"),
    Row("{type: gather, positions: 2}", "640", "2x640"),
]


@pytest.mark.parametrize("row", ROWS)
def test_gather(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("gather", 'gather layer "gather_1" needs positions'),
        (
            "{type: gather, positions: 0}",
            'positions of gather layer "gather_1" must be between 1 and 2147483647, not 0',
        ),
    ],
)
def test_a_mistake(layer: str, message: str) -> None:
    assert refusal(layer, "7x7x8") == message
