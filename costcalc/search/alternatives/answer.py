"""What is found of alternatives: of one convolution, or of a whole network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from costcalc.network import Network
from costcalc.search.alternatives.choosing import Chosen
from costcalc.search.alternatives.costing import Alternative


class Alternatives(NamedTuple):
    """The forms and algorithms, each with its metrics.

    ``path`` is the spec's; ``chosen`` is the convolution, None where it is the whole network; ``comparisons`` are
    those of :func:`costcalc.search.alternatives.costing.comparisons`.
    """

    network: Network
    path: str
    found: Sequence[Alternative]
    chosen: Chosen | None = None
    comparisons: Mapping[str, Fraction] = {}
