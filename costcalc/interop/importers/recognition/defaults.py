"""The spec's ``defaults``: what most convolutions have, said once."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from costcalc.interop.importers.recognition.entries import every_entry

_CONVOLUTIONS = ("conv", "depthwise_conv", "separable_conv", "conv_transpose", "inverted_residual")
_ABSENT = {"norm": "none", "activation": "none", "bias": False}


def choose_defaults(layers: list[dict[str, Any]]) -> dict[str, Any]:
    """The defaults that make the spec shortest; the entries are changed to rely on them."""
    convolutions = [entry for entry in every_entry(layers) if entry.get("type") in _CONVOLUTIONS]
    defaults = {}
    for field, absent in _ABSENT.items():
        values = Counter(json.dumps(entry.get(field, absent)) for entry in convolutions)
        common = max(values, key=values.__getitem__, default="null")
        if (
            values
            and json.loads(common) != absent
            and values[common] > len(convolutions) / 2
            and values[common] > 1
        ):
            defaults[field] = json.loads(common)
            _rely_on(convolutions, field, defaults[field], absent)
    return defaults


def _rely_on(convolutions: list[dict[str, Any]], field: str, value: object, absent: object) -> None:
    for entry in convolutions:
        if entry.get(field) == value:
            del entry[field]
        elif field not in entry:
            entry[field] = absent
