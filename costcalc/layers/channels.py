"""Counts of channels: whether they are sizes, divide into groups; how a width multiplier scales them.

The width multiplier α is MobileNet's (arXiv:1704.04861, section 3.3). ``⌊α·c⌋``, but never below ``min(8, c)``, is
the rule of MobileNet V1; MobileNet V2 (its code's ``make_divisible``) rounds to the nearest multiple of a divisor and
never below 0.9 of the value.
"""

from fractions import Fraction
from typing import NamedTuple

from costcalc.errors import ShapeError
from costcalc.quantity import MAX_SIZE

_FLOOR = 8


def channel_count(count: int, field: str, value: object, of: int) -> int:
    """``count``, computed by a field's value from ``of`` channels; raises ShapeError where it is no size."""
    if count < 1:
        raise ShapeError(f"{field} (={value}) leaves nothing of {of} channels", field)
    if count > MAX_SIZE:
        raise ShapeError(f"{field} (={value}) makes more than {MAX_SIZE} channels of {of}", field)
    return count


def round_to_divisor(channels: Fraction | int, divisor: int) -> int:
    """The nearest multiple of ``divisor`` (halves up), at least one, never below 0.9 of ``channels``."""
    rounded = max(divisor, int((Fraction(channels) + Fraction(divisor, 2)) // divisor) * divisor)
    return rounded + divisor if rounded * 10 < channels * 9 else rounded


class ChannelScaling(NamedTuple):
    """A width multiplier with its rounding rule.

    ``depthwise`` holds the paths of convolutions whose ``groups`` equal their input channels before
    scaling: they stay depthwise after it.
    """

    multiplier: Fraction
    divisor: int | None = None
    depthwise: frozenset[str] = frozenset()

    def scale(self, channels: int) -> int:
        """The scaled channel count; a multiplier of 1 changes nothing."""
        if self.multiplier == 1:
            return channels
        exact = self.multiplier * channels
        if self.divisor is not None:
            return round_to_divisor(exact, self.divisor)
        return max(int(exact), min(_FLOOR, channels))

    @property
    def rule(self) -> str:
        """The rule in words, as it is printed."""
        if self.divisor is not None:
            return f"channels to the nearest multiple of {self.divisor}, never below 0.9 of the exact value"
        return f"channels max(⌊α·c⌋, min({_FLOOR}, c))"


def check_groups(groups: int, **counts: int) -> None:
    """Raise ShapeError unless ``groups`` divides all these counts of channels."""
    for name, channels in counts.items():
        if channels % groups:
            raise ShapeError(f"{name} (={channels}) must be divisible by groups (={groups})", "groups")
