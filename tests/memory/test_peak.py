"""Peak memory: published bytes, the rule executed word by word, and laws."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given

import costcalc
from costcalc.analysis.memory import answer, peak
from costcalc.analysis.memory.answer import memory_of
from costcalc.analysis.memory.liveness import alive_at_each
from costcalc.analysis.memory.order import best_order
from costcalc.analysis.memory.peak import planned
from costcalc.analysis.memory.steps import Steps, steps_of
from costcalc.dtype import FLOAT32, parse_dtype
from costcalc.errors import CostcalcError
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Primitive
from costcalc.planners import PLANNERS, planner
from costcalc.planners.planner import RULES
from memory.networks import INT8, alive_by_hand, layers, plan, random_steps
from random_specs import RandomSpec, specs

REFERENCE = json.loads(
    (Path(__file__).parent.parent / "reference" / "memory.json").read_text(encoding="utf-8")
)
WHOLE = [row for row in REFERENCE["peak"] if "patches" not in row]


@pytest.mark.parametrize("row", WHOLE, ids=lambda row: f"{row['network']}-{row['planner']}")
def test_published_bytes(row: dict[str, str]) -> None:
    network = costcalc.load(f"zoo:{row['network']}")
    assert plan(network, row["planner"], parse_dtype(row["dtype"]).over(FLOAT32)).peak == row["bytes"]


@pytest.mark.parametrize("name", PLANNERS)
def test_a_planner_has_a_rule_for_every_kind(name: str) -> None:
    kinds = {kind for kind in KINDS if issubclass(kind_model(kind), Primitive)}
    assert set(planner(name).rules) == kinds
    assert set(planner(name).rules.values()) <= set(RULES)


def test_a_kind_without_a_rule_is_an_error_and_never_nothing() -> None:
    rules = {kind: rule for kind, rule in planner("live").rules.items() if kind != "lrn"}
    lame = type(planner("live"))("lame", "1", rules)
    with pytest.raises(CostcalcError, match='planner "lame" has no rule for lrn'):
        steps_of(layers("lrn"), lame, INT8)


# Bytes that are alive at each step of an int8 network on 8x8x4 (256 bytes).
ALIVE = [
    ("relu", {"live": [512], "tflm": [512]}),  # of the network's input, which no operation makes
    ("{type: conv, out_channels: 8, kernel_size: 1, norm: batch, activation: relu}", {"live": [256 + 512]}),
    (
        "{type: conv, out_channels: 8, kernel_size: 1, activation: swish}",
        {"live": [256 + 512], "tflm": [256 + 512, 512 + 512]},
    ),
    (
        "{type: depthwise_conv, stride: 2}\nflatten\n{type: dropout, rate: 0.5}\n{type: linear, out_features: 3}",
        {"live": [256 + 64, 64 + 3], "tflm": [256 + 64, 64 + 16], "in_place": [256 + 16, 64 + 3]},
    ),
    # the input waits for its sum, which in place is written on one of the two
    (
        "{type: conv, name: a, out_channels: 4, kernel_size: 3}\n{type: add, inputs: [a, input]}",
        {"live": [512, 768], "in_place": [512, 512]},
    ),
    # a gate is smaller than the product: it cannot be written on
    (
        "{type: conv, name: a, out_channels: 4, kernel_size: 1}\nglobal_avg_pool\n{type: sigmoid, name: g}\n"
        "{type: multiply, inputs: [a, g]}",
        {"live": [512, 260, 516], "in_place": [512, 260, 260], "tflm": [512, 256 + 16, 256 + 32, 512 + 16]},
    ),
    # a norm of what something else takes, too, has a buffer of its own
    (
        "{type: conv, name: a, out_channels: 4, kernel_size: 1}\n{type: batch_norm, name: n}\n"
        "{type: add, inputs: [a, n]}",
        {"live": [512, 512, 768]},
    ),
    # a parameter is a weight; what is read from it is not
    (
        "{type: parameter, name: p, shape: 1x1x4}\n{type: add, inputs: [input, p]}",
        {"live": [512], "in_place": [256]},
    ),
    (
        "{type: parameter, name: p, shape: 3x4}\n{type: gather, positions: 2, inputs: [p]}\n"
        "{type: conv, out_channels: 4, kernel_size: 1, inputs: [input]}",
        {"live": [256 + 8, 256 + 8 + 256]},
    ),
    # what nothing takes is an output, kept to the end
    (
        "{type: conv, name: a, out_channels: 1, kernel_size: 1}\n"
        "{type: conv, name: b, out_channels: 2, kernel_size: 1, inputs: [input]}\n"
        "{type: conv, out_channels: 1, kernel_size: 1}",
        {"live": [256 + 64, 256 + 64 + 128, 64 + 128 + 64]},
    ),
    (
        "{type: slice, part: 1, of: 2, name: s}\n{type: slice, part: 2, of: 2, name: t, inputs: [input]}\n"
        "{type: concat, inputs: [s, t]}",
        {"live": [384, 512, 512]},
    ),
]


@pytest.mark.parametrize(("text", "expected"), ALIVE)
def test_what_is_alive_at_each_step(text: str, expected: dict[str, list[int]]) -> None:
    network = layers(text)
    for name, alive in expected.items():
        assert list(plan(network, name).alive) == alive, name


def test_a_tensor_that_changes_its_size_does_not_share_its_buffer() -> None:
    network = layers(
        "{type: conv, out_channels: 4, kernel_size: 1, dtype: float32}\n{type: relu, dtype: int8}"
    )
    assert plan(network).alive == (256 + 1024, 1024 + 256)


def test_several_inputs_are_alive_until_each_is_used() -> None:
    network = costcalc.loads(
        "inputs: {a: 10, b: 20, unused: 50}\nlayers: [{type: linear, name: x, out_features: 5, inputs: [a]}, "
        "{type: linear, name: y, out_features: 5, inputs: [b]}, {type: add, inputs: [x, y]}]"
    )
    assert plan(network).alive == (10 + 20 + 5, 20 + 5 + 5, 15)


@given(random_steps())
def test_the_sweep_is_the_rule_executed_word_by_word(steps: Steps) -> None:
    written = tuple(range(len(steps.steps)))
    found = planned(steps)
    assert list(found.alive) == alive_by_hand(steps, written)
    assert list(found.held_at_each()) == [found.held(position) for position in written]
    for position in written:
        held = found.held(position)
        assert len(held) == len(set(held))
        assert sum(map(steps.size, held)) - found.saved(position) == found.alive[position]


@given(specs())
def test_laws_of_random_networks(spec: RandomSpec) -> None:
    network = costcalc.loads(spec.text)
    for name in PLANNERS:
        steps = steps_of(network, planner(name), INT8)
        alive = alive_at_each(steps, range(len(steps.steps)))
        for step, there in zip(steps.steps, alive, strict=True):
            if name != "in_place":
                assert there >= sum(map(steps.size, step.inputs)) + step.output
            assert there >= max([step.output, *map(steps.size, step.inputs)])
    live, in_place, tflm = (plan(network, name).alive for name in ("live", "in_place", "tflm"))
    assert all(a <= b for a, b in zip(in_place, live, strict=True))
    assert max(tflm, default=0) >= max(live, default=0)


@given(specs())
def test_float32_is_four_times_int8(spec: RandomSpec) -> None:
    network = costcalc.loads(spec.text)
    assert plan(network, dtype=FLOAT32).peak == 4 * plan(network).peak


def test_a_chain_has_the_largest_pair_of_input_and_output() -> None:
    widths = [4, 7, 1, 9, 30, 2, 2, 31, 5]
    network = layers("\n".join(f"{{type: linear, out_features: {width}}}" for width in widths[1:]), input="4")
    pairs = pairwise(widths)
    assert plan(network).peak == max(a + b for a, b in pairs)


def test_ten_thousand_steps_of_a_graph_with_long_skips() -> None:
    lines = ["{type: linear, name: l0, out_features: 3}"]
    for index in range(1, 10_000):
        skip = max(0, index - 50)
        lines.append(f"{{type: add, name: l{index}, inputs: [l{index - 1}, l{skip}]}}")
    network = layers("\n".join(lines), input="3")
    found = plan(network)
    assert len(found.alive) == 10_000
    assert found.peak == 3 * 51  # the fifty before, and the sum


def test_tensors_that_wait_for_a_step_far_off_are_not_all_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak, "MOST_HELD", 28)
    few = plan(layers("\n".join(["{type: tanh, inputs: [input]}"] * 7)))
    assert [len(held) for held in few.held_at_each()] == [2, 3, 4, 5, 6, 7, 8]
    with pytest.raises(CostcalcError, match=r"at most 28 tensors are listed over all steps \(limit\)"):
        list(plan(layers("\n".join(["{type: tanh, inputs: [input]}"] * 8))).held_at_each())


def test_a_large_network_is_not_searched_for_what_would_need_less(monkeypatch: pytest.MonkeyPatch) -> None:
    network = costcalc.load("zoo:mobilenet_v2")
    assert memory_of(network, "net.yaml", FLOAT32, planner("live")).savings
    for limit in ("_MOST_STEPS", "_MOST_NODES"):
        with monkeypatch.context() as patch:
            patch.setattr(answer, limit, 1)
            assert not memory_of(network, "net.yaml", FLOAT32, planner("live")).savings


STREAM = """
inputs: {sound: 1x1x16, kept: 4x1x16}
state: [kept]
dtype: int8
layers:
  - {type: conv, name: first, inputs: [sound], out_channels: 16, kernel_size: 1}
  - {type: concat, name: window, inputs: [kept, first], axis: height}
  - {type: slice, name: next, spatial: [[1, 5], [0, 1]]}
  - {type: conv, name: last, inputs: [window], out_channels: 16, kernel_size: [5, 1], padding: valid}
"""


def test_state_is_no_map_before_it_is_read_and_its_next_value_none_after_it_is_made(tmp_path: Path) -> None:
    path = tmp_path / "stream.yaml"
    path.write_text(STREAM, encoding="utf-8")
    steps = steps_of(costcalc.load(str(path)), planner("tflm"), INT8)
    assert planned(steps).alive == (16 + 16, 64 + 16 + 80, 80 + 64, 80 + 16)
    assert best_order(steps).peak == planned(steps).peak == 160
    path.write_text(STREAM.replace("state: [kept]\n", ""), encoding="utf-8")
    plain = steps_of(costcalc.load(str(path)), planner("tflm"), INT8)
    assert planned(plain).alive == (64 + 16 + 16, 64 + 16 + 80, 80 + 64, 80 + 64 + 16)


def test_state_that_is_no_input_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "stream.yaml"
    path.write_text(STREAM.replace("state: [kept]", "state: [kep]"), encoding="utf-8")
    with pytest.raises(
        CostcalcError, match='state of the spec must name inputs; "kep" is none; did you mean "kept"'
    ):
        costcalc.load(str(path))
