"""What an explanation assumes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing to assume; of one axis at most one can be. Lower ranks are likelier."""

    axis: str
    text: str
    rank: int = 0
