"""The best order, against all orders."""

from __future__ import annotations

from hypothesis import given, settings

import costcalc
from costcalc.analysis.memory.liveness import alive_at_each
from costcalc.analysis.memory.order import best_order
from costcalc.analysis.memory.peak import planned
from costcalc.analysis.memory.steps import Step, Steps, steps_of
from costcalc.planners import planner
from costcalc.planners.planner import OWN
from memory.networks import INT8, alive_by_hand, all_orders, layers, random_steps, steps_with_state


@settings(max_examples=400)
@given(random_steps())
def test_no_order_is_better(steps: Steps) -> None:
    best = best_order(steps)
    orders = list(all_orders(steps))
    assert best.order in orders
    assert best.at_least is None
    assert best.peak == min(max(alive_at_each(steps, order)) for order in orders)


@settings(max_examples=400)
@given(steps_with_state())
def test_no_order_is_better_where_state_is_kept(steps: Steps) -> None:
    best = best_order(steps)
    orders = list(all_orders(steps))
    assert best.order in orders
    assert best.at_least is None
    assert best.peak == min(max(alive_by_hand(steps, order)) for order in orders)


@given(random_steps(most=14))
def test_without_work_there_is_a_bound_and_an_order_no_worse_than_the_one_written(steps: Steps) -> None:
    exact, lazy = best_order(steps), best_order(steps, most_work=0)
    assert sorted(lazy.order) == list(range(len(steps.steps)))
    assert exact.peak <= lazy.peak <= planned(steps).peak
    assert (lazy.at_least or lazy.peak) <= exact.peak


def test_networks_of_the_zoo_that_another_order_makes_smaller() -> None:
    found = {}
    for name in ("xception", "unet", "shufflenet_v2_x2_0", "mobilenet_v2", "inception_v3", "swin_t"):
        steps = steps_of(costcalc.load(f"zoo:{name}"), planner("live"), INT8)
        best = best_order(steps)
        assert best.at_least is None
        found[name] = planned(steps).peak - best.peak
    assert found == {
        "xception": 6_914_880 - 6_232_832,
        "unet": 41_840_640 - 41_441_536,
        "shufflenet_v2_x2_0": 573_888 - 497_056,
        "mobilenet_v2": 0,
        "inception_v3": 0,
        "swin_t": 2401 * 3,  # the bias of pairs need not be made before queries, keys and values
    }


def test_the_branch_that_shrinks_more_goes_first() -> None:
    """Two branches: 256 → 512 → 64 and 256 → 128 → 256; written the other way round they need more."""
    network = layers(
        """
        {type: conv, name: small, out_channels: 2, kernel_size: 1, inputs: [input]}
        {type: conv, name: small2, out_channels: 4, kernel_size: 1}
        {type: conv, name: large, out_channels: 8, kernel_size: 1, inputs: [input]}
        {type: conv, name: large2, out_channels: 1, kernel_size: 1}
        {type: concat, inputs: [small2, large2]}
        """
    )
    steps = steps_of(network, planner("live"), INT8)
    assert planned(steps).peak == 256 + 256 + 512
    best = best_order(steps)
    assert best.order == (2, 3, 0, 1, 4)
    assert best.peak == 256 + 512 + 64


def test_ten_thousand_steps_are_no_search() -> None:
    steps = tuple(
        Step(
            (index,),
            (index - 1,) if index % 2 else tuple({max(index - 2, -1), index - 1}),
            2 + index % 3,
            OWN,
        )
        for index in range(10_000)
    )
    whole = Steps(steps, (3,), frozenset({9_999}), tuple(range(10_000)))
    assert best_order(whole).peak <= planned(whole).peak
