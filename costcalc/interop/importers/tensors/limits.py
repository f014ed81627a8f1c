"""How large a tensor may be: what is larger is no model's, and is refused before anything is computed of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from costcalc.interop.importers.errors import RefusedError
from costcalc.quantity import MAX_QUANTITY

MAX_AXES = 64
MAX_ELEMENTS = MAX_QUANTITY


def excess(dims: Sequence[int]) -> str:
    """What a tensor has too much of, to follow its name; empty where nothing is. ``dims``: its sizes, from 0."""
    if len(dims) > MAX_AXES:
        return f"has {len(dims)} axes, and {MAX_AXES} is the most that is read"
    if math.prod(dims) > MAX_ELEMENTS:
        return "has more than 10^18 elements"
    return ""


def check_dims(dims: Sequence[int]) -> None:
    """Raise RefusedError where a tensor that an operation makes is too large."""
    too_much = excess(dims)
    if too_much:
        raise RefusedError(f"makes a tensor that {too_much}")
