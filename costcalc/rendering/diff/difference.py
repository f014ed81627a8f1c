"""What is compared, and what differs: what every format of a difference is made of."""

from __future__ import annotations

from typing import NamedTuple

from costcalc.analysis.comparison import Comparison


class NetworkDiff(NamedTuple):
    """What is compared, by name, and what differs; ``comparison`` is None where there was nothing before."""

    old: str
    new: str
    comparison: Comparison | None
