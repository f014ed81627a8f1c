"""reshape: the same number of elements in another shape."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    Row("{type: reshape, to: 7x7x256}", "12544", "7x7x256"),
    Row("{type: reshape, to: 196x768}", "14x14x768", "196x768"),
    Row("{type: reshape, to: 12}", "2x2x3", "12"),
]


@pytest.mark.parametrize("row", ROWS)
def test_reshape(row: Row) -> None:
    check(row)


def test_elements_cannot_appear_or_vanish() -> None:
    assert refusal("{type: reshape, to: 4x4x2}", "2x2x3") == (
        'reshape layer "reshape_1" on 2x2x3: cannot make 4x4x2 (32 elements) of 2x2x3 (12)'
    )
