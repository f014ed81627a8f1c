"""Scaling channel counts: max(⌊α·c⌋, min(8, c)), or to a divisor as MobileNet V2 does."""

from __future__ import annotations

from fractions import Fraction

import pytest

from costcalc.errors import ShapeError
from costcalc.layers.channels import ChannelScaling, channel_count, round_to_divisor


@pytest.mark.parametrize(
    ("alpha", "channels", "scaled"),
    [
        ("0.75", 32, 24),
        ("0.75", 33, 24),  # ⌊24.75⌋
        ("0.25", 32, 8),
        ("0.25", 24, 8),  # ⌊6⌋, and at least 8
        ("0.5", 3, 3),  # at least min(8, 3)
        ("0.1", 1, 1),
        ("1.4", 5, 7),  # exactly 7: 1.4·5 in binary is 7.0 too, but
        ("0.29", 100, 29),  # in binary 0.29·100 is 28.999…
        ("1", 7, 7),
        ("2", 5, 10),
    ],
)
def test_the_rule_of_mobilenet_v1(alpha: str, channels: int, scaled: int) -> None:
    assert ChannelScaling(Fraction(alpha)).scale(channels) == scaled


@pytest.mark.parametrize(
    ("alpha", "channels", "scaled"),
    [
        ("0.75", 32, 24),
        ("1.4", 96, 136),  # 134.4: 136 is nearer than 128
        ("0.35", 16, 8),  # 5.6: at least one divisor
        ("0.35", 32, 16),  # 11.2 → 8 < 0.9·11.2, so 16
        ("0.75", 16, 16),  # 12: halves go up
        ("0.5", 24, 16),  # 12: halves go up
        ("1", 13, 13),  # α = 1 changes nothing
    ],
)
def test_the_rule_of_mobilenet_v2(alpha: str, channels: int, scaled: int) -> None:
    assert ChannelScaling(Fraction(alpha), 8).scale(channels) == scaled


@pytest.mark.parametrize(
    ("channels", "divisor", "rounded"),
    [
        (18, 8, 24),
        (20, 8, 24),
        (19, 8, 24),
        (72, 8, 72),
        (1, 8, 8),
        (9, 8, 16),
        (8, 8, 8),
        (12, 8, 16),
        (90, 100, 100),
    ],
)
def test_the_nearest_multiple(channels: int, divisor: int, rounded: int) -> None:
    assert round_to_divisor(channels, divisor) == rounded


def test_never_below_nine_tenths() -> None:
    for channels in range(1, 300):
        for divisor in (1, 2, 4, 8, 16):
            rounded = round_to_divisor(channels, divisor)
            assert rounded % divisor == 0
            assert rounded * 10 >= channels * 9
            assert rounded <= channels + divisor


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "expansion (=0.1) leaves nothing of 4 channels"),
        (2**31, "expansion (=0.1) makes more than 2147483647 channels of 4"),
    ],
)
def test_a_count_that_is_no_size(count: int, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        channel_count(count, "expansion", "0.1", 4)
    assert (caught.value.message, caught.value.field) == (message, "expansion")
