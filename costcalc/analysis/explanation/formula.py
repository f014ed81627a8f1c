"""Formulas: a count in symbols, in a layer's own numbers, and as the value that the tally has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

#: The spatial axes by name, outermost first; a map with fewer axes has the last ones.
AXES = ("D", "H", "W")
_POWERS = {2: "²", 3: "³"}


class Factor(NamedTuple):
    """One factor of a product: ``C_in`` and ``64``."""

    symbols: str
    numbers: str


@dataclass(frozen=True, slots=True)
class Formula:
    """``K²·C_in``, ``3²·64`` and 576."""

    symbols: str
    numbers: str
    value: int

    def __str__(self) -> str:
        steps = [self.symbols, self.numbers, f"{self.value:,}"]
        if self.numbers == str(self.value):
            del steps[1]
        return " = ".join(dict.fromkeys(steps))


@dataclass(frozen=True, slots=True)
class Step:
    """One size or count on the way, ``H = W``, and how it comes about."""

    name: str
    formula: Formula
    remark: str = ""


def product(factors: Iterable[Factor | None], value: int) -> Formula:
    """The product of the factors that are there; ``value`` is what it must be."""
    present = [factor for factor in factors if factor is not None] or [Factor("1", "1")]
    return Formula(
        "·".join(factor.symbols for factor in present), "·".join(factor.numbers for factor in present), value
    )


def number(symbol: str, count: int) -> Factor:
    """A factor that is one number."""
    return Factor(symbol, str(count))


def unless_one(symbol: str, count: int) -> Factor | None:
    """A factor that is left out where it is 1."""
    return number(symbol, count) if count != 1 else None


def taps_factor(kernel: Sequence[int]) -> Factor | None:
    """``K²`` and ``3²``, or ``K_h·K_w`` and ``3·5``; None for a kernel of one tap."""
    if set(kernel) == {1}:
        return None
    if len(kernel) == 1:
        return number("K", kernel[0])
    if len(set(kernel)) == 1:
        power = _POWERS[len(kernel)]
        return Factor(f"K{power}", f"{kernel[0]}{power}")
    names = [f"K_{axis.lower()}" for axis in axes(len(kernel))]
    return Factor("·".join(names), "·".join(map(str, kernel)))


def positions_factor(spatial: Sequence[int], suffix: str = "") -> Factor | None:
    """``H·W`` and ``56·56``; None for a vector."""
    if not spatial:
        return None
    names = [axis + suffix for axis in axes(len(spatial))]
    return Factor("·".join(names), "·".join(map(str, spatial)))


def axes(rank: int) -> tuple[str, ...]:
    """The names of so many spatial axes."""
    return AXES[len(AXES) - rank :]
