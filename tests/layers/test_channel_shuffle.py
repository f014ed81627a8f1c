"""channel_shuffle: channels in another order."""

from __future__ import annotations

from layers.table import Row, check, refusal


def test_channel_shuffle() -> None:
    check(Row("{type: channel_shuffle, groups: 3}", "28x28x240", "28x28x240"))


def test_groups_must_divide_the_channels() -> None:
    assert refusal("{type: channel_shuffle, groups: 3}", "28x28x16") == (
        'channel_shuffle layer "channel_shuffle_1" on 28x28x16: in_channels (=16) must be divisible by '
        "groups (=3)"
    )
