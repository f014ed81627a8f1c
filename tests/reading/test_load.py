"""Loading a spec: what the YAML, the frame and the layers have wrong is told in one run."""

from __future__ import annotations

import pytest

from costcalc import SpecError, loads


def test_duplicate_keys_and_what_else_is_wrong_are_told_together() -> None:
    text = (
        "input: 8x8x3\n"
        "layers:\n"
        "  - {type: conv, out_channels: 4, out_channels: 5, kernel_size: 0}\n"
        "  - {type: cnov}\n"
        "input: 9x9x3\n"
    )
    with pytest.raises(SpecError) as caught:
        loads(text, "x")
    assert [
        (problem.location and problem.location.line, problem.message) for problem in caught.value.problems
    ] == [
        (3, 'duplicate key "out_channels"; it is at line 3 already'),
        (3, 'kernel_size of conv layer "conv_1" must be between 1 and 2147483647, not 0'),
        (4, 'unknown layer type "cnov"; did you mean "conv"?'),
        (5, 'duplicate key "input"; it is at line 1 already'),
    ]


def test_a_duplicate_key_alone_is_an_error() -> None:
    with pytest.raises(SpecError) as caught:
        loads("input: 8x8x3\nlayers: [relu]\nlayers: [relu]\n", "x")
    assert [problem.message for problem in caught.value.problems] == [
        'duplicate key "layers"; it is at line 2 already'
    ]
