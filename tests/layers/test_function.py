"""elementwise: functions of one input; no multiplies, powers and divisions as facts."""

from __future__ import annotations

import pytest

from costcalc.layers.function import FUNCTIONS
from layers.table import Row, check, facts, refusal


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_changes_no_shape(function: str) -> None:
    check(Row(f"{{type: elementwise, function: {function}}}", "3x4x5", "3x4x5"))


@pytest.mark.parametrize(
    ("function", "powers", "divisions"),
    [("sqrt", 60, 0), ("pow", 60, 0), ("rsqrt", 60, 60), ("reciprocal", 0, 60), ("sin", 0, 0)],
)
def test_powers_and_divisions_are_facts(function: str, powers: int, divisions: int) -> None:
    layer = f"{{type: elementwise, function: {function}}}"
    assert facts(layer, "3x4x5", "powers") == powers
    assert facts(layer, "3x4x5", "divisions") == divisions


def test_a_function_that_there_is_not() -> None:
    assert refusal("{type: elementwise, function: sinus}", "4").endswith(
        'or tan, not "sinus"; did you mean "sin"?'
    )
