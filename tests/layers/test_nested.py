"""Layers as values of fields: all their mistakes at once, each with its own place."""

from __future__ import annotations

import pytest

from costcalc.errors import SpecError
from layers.table import network


def test_all_that_is_wrong_in_it_is_said_with_its_route() -> None:
    with pytest.raises(SpecError) as caught:
        network(
            "{type: conv, out_channels: 4, kernel_size: 1, norm: {type: group, afine: false, groups: 0}}",
            "8x8x4",
        )
    assert [(problem.route, problem.message, problem.hint) for problem in caught.value.problems] == [
        (
            ("layers", 0, "norm", "groups"),
            'norm.groups of conv layer "conv_1" must be between 1 and 2147483647, not 0',
            None,
        ),
        (
            ("layers", 0, "norm", "afine"),
            'unknown field "afine" of norm of conv layer "conv_1"; did you mean "affine"?',
            "fields: affine, groups, type",
        ),
    ]
