"""Laws of memory over random networks, and activations as they were measured."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import costcalc
from costcalc.analysis.memory.liveness import spared
from costcalc.analysis.memory.order import best_order
from costcalc.analysis.memory.peak import planned
from costcalc.analysis.memory.steps import steps_of
from costcalc.planners import PLANNERS, planner
from memory.networks import INT8, layers, plan
from random_specs import RandomSpec, specs

REFERENCE = Path(__file__).parent.parent / "reference"


@given(specs(), st.sampled_from([*PLANNERS]))
def test_the_peak_is_between_the_largest_step_and_all_tensors(spec: RandomSpec, name: str) -> None:
    steps = steps_of(costcalc.loads(spec.text), planner(name), INT8)
    alone = []
    for step in steps.steps:
        sizes = [steps.size(buffer) for buffer in step.inputs]
        alone.append(sum(sizes) + step.output - spared(step, sizes))
    everything = sum(steps.inputs) + sum(step.output for step in steps.steps)
    assert max(alone, default=0) <= planned(steps).peak <= everything


@given(specs(), st.sampled_from([*PLANNERS]))
def test_the_best_order_needs_no_more_than_the_one_written(spec: RandomSpec, name: str) -> None:
    steps = steps_of(costcalc.loads(spec.text), planner(name), INT8)
    best, written = best_order(steps), planned(steps)
    assert sorted(best.order) == list(range(len(steps.steps)))
    assert best.peak <= written.peak
    assert best.at_least is None or best.at_least <= best.peak


@given(specs())
def test_in_place_needs_no_more_than_live_in_the_best_order_too(spec: RandomSpec) -> None:
    network = costcalc.loads(spec.text)
    best = {name: best_order(steps_of(network, planner(name), INT8)) for name in ("in_place", "live")}
    if best["in_place"].at_least is None:
        assert best["in_place"].peak <= best["live"].peak


@given(st.lists(st.integers(1, 99), min_size=2, max_size=12), st.sampled_from(["live", "in_place"]))
def test_a_chain_needs_the_largest_input_and_output(widths: list[int], name: str) -> None:
    text = "\n".join(f"{{type: linear, out_features: {width}}}" for width in widths[1:])
    found = plan(layers(text, input=str(widths[0])), name)
    assert found.alive == tuple(a + b for a, b in pairwise(widths))
    assert best_order(found.steps).peak == found.peak == max(a + b for a, b in pairwise(widths))


def measured() -> list[dict[str, str]]:
    text = (REFERENCE / "measured_rtx4090.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@pytest.mark.parametrize("row", measured(), ids=lambda row: f"{row['zoo']}-{row['resolution']}")
def test_activations_and_multiplies_are_those_of_timm(row: Mapping[str, str]) -> None:
    resolution = None if row["resolution"] == "224" else row["resolution"]
    whole = costcalc.analyze(costcalc.load(f"zoo:{row['zoo']}", resolution=resolution)).written
    assert f"{whole['activations'] / 1e6:.2f}" == f"{float(row['timm_macts']):.2f}"


def test_activations_that_are_published() -> None:
    (row,) = json.loads((REFERENCE / "memory.json").read_text(encoding="utf-8"))["activations"]
    figures = {name: figure for name, figure in row.items() if name != "about"}
    assert {
        name: round(costcalc.analyze(costcalc.load(f"zoo:{name}")).written["activations"] / 1e6, 2)
        for name in figures
    } == figures
