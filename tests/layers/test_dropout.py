"""dropout: the identity; rate is between 0 and 1."""

from __future__ import annotations

import pytest

from layers.table import Row, check, refusal

ROWS = [
    Row("dropout", "4x4x3", "4x4x3"),
    Row("{type: dropout, rate: 0.2}", "640", "640"),
    Row("{type: dropout, rate: 0}", "640", "640"),
    Row("{type: dropout, rate: 1}", "640", "640"),
]


@pytest.mark.parametrize("row", ROWS)
def test_dropout(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        ("1.5", "must be between 0 and 1, not 1.5"),
        ("-0.1", "must be between 0 and 1, not -0.1"),
        (".nan", "must be a number, not .nan"),
        ("50%", 'must be a number, not "50%"'),
        ("high", 'must be a number, not "high"'),
        ("true", "must be a number, not true"),
    ],
)
def test_a_rate_that_means_nothing(rate: str, message: str) -> None:
    said = refusal(f"{{type: dropout, rate: {rate}}}", "640")
    assert said == f'rate of dropout layer "dropout_1" {message}'
