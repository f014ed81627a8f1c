"""What messages are made of: the option that was meant."""

from __future__ import annotations

import pytest

from costcalc.errors import closest


@pytest.mark.parametrize(
    ("word", "options", "meant"),
    [
        ("strides", ["padding", "stride"], "stride"),
        ("Relu", ["elu", "relu"], "relu"),
        ("c1", ["C3", "C1"], "C1"),
        ("BatchNorm", ["batch_norm", "conv"], "batch_norm"),
        ("x", ["padding", "stride"], None),
        (3, ["3"], None),
        ("a" * 101, ["a" * 101], None),
    ],
)
def test_the_closest_option(word: object, options: list[str], meant: str | None) -> None:
    assert closest(word, options) == meant
