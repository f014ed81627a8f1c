"""A device held against measurements: how its two figures, and multiplies alone, follow what was measured.

A figure that is off by the same factor for every network ranks them all the same, and its spread, the 90th percentile
of measured ÷ figure over the 10th, is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple


class Measurement(NamedTuple):
    """One network as it was measured: seconds for a batch, and the figures for the same, by name."""

    network: str
    resolution: str
    batch: int
    seconds: Fraction
    figures: Mapping[str, Fraction]


class Fit(NamedTuple):
    """How a figure follows measurements: the median of measured ÷ figure, its spread, and the rank correlation.

    ``least`` is the smallest ratio: of a bound it is at least 1. None where there is too little to tell.
    """

    figure: str
    median: Fraction | None
    least: Fraction | None
    spread: Fraction | None
    rank: Fraction | None


def fits(measurements: Sequence[Measurement]) -> list[Fit]:
    """The fit of every figure that all measurements have."""
    names = [name for name in (measurements[0].figures if measurements else ()) if _known(measurements, name)]
    return [_fit(name, measurements) for name in names]


def _known(measurements: Sequence[Measurement], name: str) -> bool:
    return all(one.figures.get(name) for one in measurements)


def _fit(name: str, measurements: Sequence[Measurement]) -> Fit:
    ratios = sorted(one.seconds / one.figures[name] for one in measurements)
    if name == "multiplies":  # a count has no seconds: only how its ratio varies means something
        return Fit(name, None, None, _spread(ratios), _correlation(name, measurements))
    return Fit(name, percentile(ratios, 50), ratios[0], _spread(ratios), _correlation(name, measurements))


def _spread(ratios: Sequence[Fraction]) -> Fraction:
    return percentile(ratios, 90) / percentile(ratios, 10)


def percentile(values: Sequence[Fraction], percent: int) -> Fraction:
    """A percentile of sorted values, between two of them by linear interpolation."""
    place = Fraction(percent * (len(values) - 1), 100)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def _correlation(name: str, measurements: Sequence[Measurement]) -> Fraction | None:
    """Spearman's rank correlation of a figure with what was measured; its square root is taken of exact numbers."""
    figures = _ranks([one.figures[name] for one in measurements])
    seconds = _ranks([one.seconds for one in measurements])
    middle = Fraction(len(measurements) + 1, 2)
    both = sum((a - middle) * (b - middle) for a, b in zip(figures, seconds, strict=True))
    spreads = [sum((rank - middle) ** 2 for rank in ranks) for ranks in (figures, seconds)]
    if not all(spreads):
        return None
    if spreads[0] == spreads[1]:  # without ties
        return Fraction(both) / spreads[0]
    return Fraction(float(both) / float(spreads[0] * spreads[1]) ** 0.5)


def _ranks(values: Sequence[Fraction]) -> list[Fraction]:
    """The rank of each value, from 1; equal ones have the mean of theirs."""
    places: dict[Fraction, list[int]] = {}
    for place, value in enumerate(sorted(values), 1):
        places.setdefault(value, []).append(place)
    return [Fraction(sum(places[value]), len(places[value])) for value in values]
