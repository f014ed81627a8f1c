"""A shortcut of one 1×1 convolution, as ``shortcut: projection`` where it is exactly that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from costcalc.interop.importers.recognition.entries import every_entry

_ABSENT = {"norm": "none", "bias": False}
#: Kinds without a stride of their own: they keep every position where it is.
_STRIDELESS = (
    "linear",
    "dropout",
    "lrn",
    "squeeze_excite",
    "channel_shuffle",
    "slice",
    "add",
    "multiply",
    "concat",
)
_STRIDED = ("conv", "depthwise_conv", "separable_conv", "inverted_residual", "max_pool", "avg_pool")


class ReshapingShortcut(list[dict[str, Any]]):
    """The layers of a shortcut whose residual changes the shape, so that a projection would be no identity."""


def find_projections(layers: list[dict[str, Any]], defaults: Mapping[str, Any]) -> None:
    """Say ``projection`` for every shortcut that a projection under these defaults is."""
    for entry in every_entry(layers):
        shortcut = entry.get("shortcut")
        if isinstance(shortcut, ReshapingShortcut) and len(shortcut) == 1 and "repeat" not in shortcut[0]:
            conv = shortcut[0]
            if _is_projection(conv, defaults) and conv.get("stride", 1) == _stride(entry["body"]):
                entry["shortcut"] = "projection"


def _is_projection(conv: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    plain = {"type": "conv", "kernel_size": 1, "groups": 1}
    if "called" in conv or any(conv.get(name, 1) != value for name, value in plain.items()):
        return False
    if conv.get("activation", defaults.get("activation", "none")) != "none":
        return False
    if conv.get("padding", "same") not in ("same", "valid", 0):
        return False
    return all(
        conv.get(name, defaults.get(name, absent)) == defaults.get(name, absent)
        for name, absent in _ABSENT.items()
    )


def _stride(body: list[dict[str, Any]]) -> int | None:
    """The product of the strides along a body; None where that cannot be told from its entries."""
    steps = [_step(entry) for entry in body]
    return None if None in steps else math.prod(step for step in steps if step is not None)


def _step(entry: Mapping[str, Any]) -> int | None:
    kind = entry.get("type", "")
    if kind in _STRIDED:
        own = entry.get("stride", entry.get("kernel_size", 1) if kind.endswith("_pool") else 1)
    elif kind == "residual":
        own = _stride(entry["body"])
    elif kind == "branches":
        own = _stride(entry["paths"][0])
    else:
        own = (
            1 if kind in _STRIDELESS or kind.endswith(("_norm", "elu", "elu6", "swish", "sigmoid")) else None
        )
    return own ** entry.get("repeat", 1) if isinstance(own, int) else None
