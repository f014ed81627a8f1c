"""A device: how many multiplies a second it does of each dtype, how many bytes a second it moves.

Rates are multiplies per second, never TOPS or FLOPS: those count a multiply-add as two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from costcalc.errors import CostcalcError
from costcalc.quantity import shown

_Rate = TypeVar("_Rate")


@dataclass(frozen=True, slots=True, eq=False)
class Device:
    """One profile: rates that are known, or a clock with multiplies per cycle as they were measured.

    ``rates`` are multiplies per second by dtype. ``bandwidth`` are bytes per second of maps and weights over one bus;
    or ``maps`` and ``weights`` those of each over a bus of its own, at the same time. What is None takes no time.
    ``on_chip`` bytes of weights stay on the chip, the others come at ``streaming`` bytes per
    second, where that is known. With a clock, ``cycles`` are the least and the most multiplies per cycle by dtype.
    """

    name: str
    source: str
    rates: Mapping[str, Fraction]
    bandwidth: Fraction | None = None
    maps: Fraction | None = None
    weights: Fraction | None = None
    on_chip: int | None = None
    streaming: Fraction | None = None
    clock: int | None = None
    cycles: Mapping[str, tuple[Fraction, Fraction]] | None = None
    summary: str = ""
    notes: tuple[str, ...] = ()

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes of weights that it has a rate for."""
        return tuple(self.rates if self.cycles is None else self.cycles)

    @property
    def is_estimated(self) -> bool:
        """Whether it knows its time per multiply from measurements alone."""
        return self.cycles is not None

    def rate(self, dtype: str) -> Fraction:
        """Multiplies per second where weights have a dtype; raises CostcalcError where there is no rate for it."""
        return self._of(self.rates, dtype)

    def rate_range(self, dtype: str) -> tuple[Fraction, Fraction]:
        """The least and the most multiplies per second, of a device with a clock; raises as :meth:`rate` does."""
        assert self.cycles is not None
        assert self.clock is not None
        low, high = self._of(self.cycles, dtype)
        return low * self.clock, high * self.clock

    def moving(self, maps: int, weights: int) -> Fraction:
        """The seconds that so many bytes take."""
        if self.bandwidth is not None:
            return (maps + weights) / self.bandwidth
        apart = ((maps, self.maps), (weights, self.weights))
        return max((size / rate for size, rate in apart if rate is not None), default=Fraction(0))

    def check_rate(self, dtype: str) -> None:
        """Raise CostcalcError where there is no rate for a dtype of weights."""
        if dtype not in self.dtypes:
            raise CostcalcError(
                f"device {shown(self.name)} has no rate for {dtype}: it has {', '.join(self.dtypes)}"
            )

    def _of(self, table: Mapping[str, _Rate], dtype: str) -> _Rate:
        self.check_rate(dtype)
        return table[dtype]
