"""linear: multiplies = C_in · C_out (at each position with per_position); params = that and C_out biases."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal, steps

ROWS = [
    # 640·10 and 10 biases
    Row("{type: linear, out_features: 10}", "640", "10", 640 * 10, 640 * 10 + 10),
    Row("{type: linear, out_features: 10, bias: false}", "640", "10", 640 * 10, 640 * 10),
    # 1×1×C counts as C, in any number of axes
    Row("{type: linear, out_features: 1000}", "1x1x1024", "1000", 1024 * 1000, 1024 * 1000 + 1000),
    Row("{type: linear, out_features: 2}", "1x8", "2", 8 * 2, 8 * 2 + 2),
    # at each of 14·14 positions; the weights are the same everywhere
    Row(
        "{type: linear, out_features: 8, per_position: true}",
        "14x14x4",
        "14x14x8",
        196 * 4 * 8,
        4 * 8 + 8,
    ),
    Row("{type: linear, out_features: 3, per_position: true}", "5", "3", 5 * 3, 5 * 3 + 3),
    # a prelu after it: a slope an output
    Row("{type: linear, out_features: 3, activation: prelu}", "5", "3", 5 * 3, 5 * 3 + 3 + 3),
]


@pytest.mark.parametrize("row", ROWS)
def test_linear(row: Row) -> None:
    check(row)


def test_on_a_map_the_message_names_the_remedies() -> None:
    assert refusal("{type: linear, out_features: 10}", "7x7x512") == (
        'linear layer "linear_1" on 7x7x512: takes a vector, not a map: put flatten or a pool '
        "(global_avg_pool) before it, or say per_position: true to apply it at each position"
    )


def test_defaults_do_not_reach_it() -> None:
    defaults = "defaults: {norm: batch, activation: relu, bias: false}"
    assert steps("{type: linear, out_features: 10}", "640", defaults) == [("", "linear", "10")]


def test_its_bias_is_added_at_each_position() -> None:
    layer = "{type: linear, out_features: 8, per_position: true}"
    assert facts(layer, "2x3x4", "bias_additions") == 6 * 8
