"""The insight: each phrase is true of the exact numbers, whatever the network."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import costcalc
from costcalc.analysis.costs import analyze
from costcalc.application.load import parse_document
from costcalc.application.plan import make_plans
from costcalc.rendering.report.insight import insight_lines
from costcalc.rendering.report.report import Report
from costcalc.search.insight import convolutions, insight
from costcalc.search.plan.planning import Goal
from rendering.reports import of_path, report_of

CONV = "{type: conv, out_channels: 16, kernel_size: 3}"
CAVEAT = "it would have to be trained again, and may lose accuracy."


def report(*layers: str, budget: str = "", path: str = "net.yaml") -> Report:
    lines = "".join(f"  - {layer}\n" for layer in layers)
    text = f"input: 32x32x3\nlayers:\n{lines}" + (f"budget: {budget}\n" if budget else "")
    return report_of(parse_document(text, path))


def said(found: Report) -> str:
    return "\n".join(line.text for line in insight_lines(found))


def test_a_network_that_is_separable_already() -> None:
    assert said(of_path("zoo:mobilenet_v1")) == (
        "All convolutions are depthwise or pointwise already, but for those kept (1 separable: never); "
        "1x1 convolutions make 94.9% of the multiplies."
    )
    assert said(report("{type: separable_conv, out_channels: 4}")) == (
        "All convolutions are depthwise or pointwise already; depthwise 3x3 convolutions make 69.2% of the multiplies."
    ).replace("depthwise 3x3", "3x3 depthwise")


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (["relu"], "Nothing multiplies here: no convolution, linear layer or matrix product."),
        (
            ["flatten", "{type: linear, out_features: 4}"],
            "There is no convolution; linear layers make 100.0% of the multiplies.",
        ),
        (
            ["{type: conv, out_channels: 4, kernel_size: 1}"],
            "All convolutions are pointwise already; 1x1 convolutions make 100.0% of the multiplies.",
        ),
        (
            [
                "{type: conv, out_channels: 4, kernel_size: 3, separable: never}",
                "{type: conv, out_channels: 4, kernel_size: 3, groups: 2}",
                "{type: conv_transpose, out_channels: 4, kernel_size: 2, stride: 2}",
            ],
            "All convolutions are kept (1 separable: never, 1 grouped, 1 transposed); "
            "3x3 convolutions make 73.8% of the multiplies.",
        ),
        (
            ["{type: depthwise_conv}"],
            "All convolutions are depthwise already; 3x3 depthwise convolutions make 100.0% of the multiplies.",
        ),
    ],
)
def test_nothing_is_left_to_replace(layers: list[str], expected: str) -> None:
    assert said(report(*layers)) == expected


def test_one_convolution() -> None:
    assert said(report(CONV)) == (
        f"With conv_1 separable it costs 76.8k multiplies, 82.6% less; {CAVEAT}\nmore: costcalc alternatives net.yaml"
    )


def test_the_heaviest_layers_are_named() -> None:
    assert said(report(CONV, CONV)) == (
        "conv_2 makes 84.2% of the multiplies. "
        f"With 2 convolutions separable it costs 486k multiplies, 82.6% less; {CAVEAT}\n"
        "more: costcalc explain net.yaml conv_2"
    )


def test_params_that_rise_are_told() -> None:
    found = report("{type: conv, out_channels: 2, kernel_size: 2, bias: true, norm: batch}")
    before, after = found.analysis.written.params, found.analysis.separable.params
    assert (before, after) == (30, 33)
    assert "less, with 10.0% more params; it would" in said(found)


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (
            "{multiplies: 2.8M}",
            "conv_2 alone, separable, would be enough for the budget: 851,968 multiplies.",
        ),
        (
            "{multiplies: 851968}",
            "conv_2 alone, separable, would be enough for the budget: 851,968 multiplies.",
        ),
        (
            "{multiplies: 851967}",
            "conv_1 and conv_2, separable, would be enough for the budget: 486,400 multiplies.",
        ),
        ("{multiplies: 486399}", "That is over the budget, too."),
        (
            "{multiplies: 2.8M, params: 1k}",
            "conv_2 alone, separable, would be enough for the budget: 851,968 multiplies.",
        ),
        ("{multiplies: 2.8M, params: 300}", "That is over the budget, too."),
    ],
)
def test_a_budget_just_missed_names_the_fewest_layers_that_are_enough(budget: str, expected: str) -> None:
    assert expected in said(report(CONV, CONV, budget=budget))


def test_where_two_limits_ask_for_more_than_one_layer_nothing_is_said_of_it() -> None:
    text = said(report(CONV, CONV, budget="{multiplies: 600k, params: 1k}"))
    assert "budget" not in text


@pytest.mark.parametrize("path", ["my net.yaml", "<stdin>", "a;b.yaml"])
def test_no_command_is_named_that_cannot_be_typed(path: str) -> None:
    assert "costcalc" not in said(report(CONV, path=path))


@pytest.mark.parametrize("name", ["resnet50", "mobilenet_v2", "googlenet", "unet", "vit_b_16", "siamese"])
def test_what_it_says_is_what_the_analysis_says(name: str) -> None:
    analysis = of_path(f"zoo:{name}").analysis
    found = insight(analysis, {"multiplies": analysis.written.multiplies - 1})
    costs = {layer.name: layer.written.multiplies for layer in analysis.layers}
    assert found.share == Fraction(sum(costs[row] for row in found.heaviest), analysis.written.multiplies)
    assert sum(costs[row] for row in found.heaviest) == sum(sorted(costs.values())[-len(found.heaviest) :])
    assert (found.before["params"], found.after["params"]) == (
        analysis.written.params,
        analysis.separable.params,
    )
    (row,) = found.enough
    (layer,) = [layer for layer in analysis.layers if layer.name == row]
    assert found.then == {
        metric: analysis.written[metric] - layer.written[metric] + layer.separable[metric]
        for metric in ("multiplies", "params")
    }


@pytest.mark.parametrize("name", ["resnet50", "mobilenet_v1", "mobilenet_v2", "unet", "shufflenet_v1_g3"])
def test_every_convolution_is_counted_once(name: str) -> None:
    analysis = of_path(f"zoo:{name}").analysis
    found = convolutions(analysis.network)
    replaced = len(analysis.versions.rewritten("separable").replacements)
    assert found.total == found.depthwise + found.pointwise + sum(found.kept.values()) + replaced


@settings(max_examples=40, deadline=None)
@given(
    layers=st.lists(
        st.tuples(st.sampled_from([4, 8, 12, 16, 24]), st.sampled_from([1, 3, 5]), st.sampled_from([1, 2])),
        min_size=1,
        max_size=6,
    ),
    share=st.fractions(0, 1),
)
def test_the_layers_that_are_enough_are_those_of_a_plan(
    tmp_path_factory: pytest.TempPathFactory, layers: list[tuple[int, int, int]], share: Fraction
) -> None:
    lines = [
        f"  - {{type: conv, out_channels: {out}, kernel_size: {kernel}, stride: {stride}}}"
        for out, kernel, stride in layers
    ]
    text = "\n".join(["input: 16x16x8", "layers:", *lines]) + "\n"
    analysis = analyze(costcalc.loads(text))
    written, least = analysis.written.multiplies, analysis.separable.multiplies
    limits = {"multiplies": least + int(share * (written - least))}
    path = tmp_path_factory.mktemp("insight") / "net.yaml"
    path.write_text(text, encoding="utf-8")
    plan = make_plans(str(path), Goal(limits, {"separable": ()})).best.plan
    found = insight(analysis, limits)
    assert [*found.enough] == [change.layer for change in plan.changes]
    assert (found.then is None) == (plan.status == "unneeded")
    if found.then is not None:
        assert found.then["multiplies"] == plan.after["multiplies"]
