"""shortcut: what ``residual`` expands into; nobody writes it."""

from __future__ import annotations

from costcalc.layers import KINDS
from layers.table import refusal


def test_it_is_no_kind_of_its_own() -> None:
    assert "shortcut" not in KINDS
    assert refusal("{type: shortcut, projection: true}", "8x8x4") == 'unknown layer type "shortcut"'
