"""analyze --by: groups that sum to the network, as in MobileNet's Table 2."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from functools import cache

import pytest

from costcalc import Analysis, analyze, load, loads
from costcalc.analysis.breakdown import WAYS, By, Group, breakdown
from costcalc.analysis.costs import under
from costcalc.cli import run
from costcalc.conventions import convention
from costcalc.quantity import format_percent
from costcalc.reading.zoo import zoo_names
from costcalc.rendering.report.report import Report, View
from costcalc.rendering.report.table import render_table


@cache
def analysis(name: str) -> Analysis:
    return under(analyze(load(f"zoo:{name}")), convention("ptflops"))


def by_name(name: str, by: By) -> dict[str, Group]:
    return {group.name: group for group in breakdown(analysis(name), by)}


def test_mobilenets_table_2() -> None:
    """Its shares of the multiplies and of the weights; that of the 3x3 convolution is printed as 1.19 %."""
    groups, whole = by_name("mobilenet_v1", "kind"), analysis("mobilenet_v1").written
    shares = {
        name: (
            format_percent(Fraction(group.cost.multiplies, whole.multiplies), 2),
            format_percent(Fraction(group.weights, 4_209_088), 2),
        )
        for name, group in groups.items()
        if group.weights
    }
    assert shares == {
        "conv 1x1": ("94.86%", "74.59%"),
        "depthwise_conv 3x3": ("3.06%", "1.06%"),
        "conv 3x3": ("1.91%", "0.02%"),
        "linear": ("0.18%", "24.33%"),
    }


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("name", zoo_names())
def test_groups_sum_to_the_network(name: str, by: By) -> None:
    groups, whole = breakdown(analysis(name), by), analysis(name).written
    for metric in ("multiplies", "params", "operations", "parameters"):
        assert sum(getattr(group.cost, metric) for group in groups) == getattr(whole, metric)
    assert sum(group.weights for group in groups) == whole.tally.sum("weights")
    costs = [group.cost.multiplies for group in groups]
    assert costs == sorted(costs, reverse=True)
    assert len({group.name for group in groups}) == len(groups)


def test_by_block_counts_copies_of_what_was_written() -> None:
    groups = by_name("resnet50", "block")
    assert {name: group.number for name, group in groups.items()} == {
        "bottleneck": 16,
        "conv": 1,
        "linear": 1,
        "max_pool": 1,
        "global_avg_pool": 1,
        "flatten": 1,
    }
    assert groups["bottleneck"].cost.multiplies == 3_969_122_304


def test_a_grouped_convolution_goes_by_how_it_is_counted() -> None:
    spec = """
        input: 8x8x4
        layers:
          - {type: conv, out_channels: 8, kernel_size: [3, 1], groups: 4}
          - {type: conv, out_channels: 8, kernel_size: [3, 1], groups: 4}
    """
    groups = breakdown(analyze(loads(spec)), "kind")
    assert {group.name for group in groups} == {"depthwise_conv 3x1", "conv 3x1"}


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "zoo:lenet5", "--by", "kind", "--exact"]) == 0
    assert capsys.readouterr().out.splitlines()[4:] == [
        "by kind",
        "kind      count  multiplies    share  params    share  weights    share",
        "-----------------------------------------------------------------------",
        "conv 5x5      3     405,600   97.38%  50,692   82.15%   50,550   82.24%",
        "linear        2      10,920    2.62%  11,014   17.85%   10,920   17.76%",
        "-----------------------------------------------------------------------",
        "total        12     416,520  100.00%  61,706  100.00%   61,470  100.00%",
        "",
        "without cost: tanh (4), avg_pool (2), flatten (1)",
        "weights: params without biases and norms",
        "multiplies: multiplications (= multiply-adds, MACs) of convolutions, linear layers and matrix products",
        "without multiplies, by this convention: tanh (4), avg_pool (2), flatten (1)",
        "params: all trainable tensors",
    ]


def test_machines_get_the_same_groups(capsys: pytest.CaptureFixture[str]) -> None:
    run(["analyze", "zoo:lenet5", "--by", "kind", "-f", "json"])
    found = json.loads(capsys.readouterr().out)
    assert found["breakdown"]["by"] == "kind"
    assert found["breakdown"]["groups"][0] == {
        "name": "conv 5x5",
        "count": 3,
        "multiplies": 405_600,
        "params": 50_692,
        "weights": 50_550,
        "activations": 6_424,
        "peak_memory": 22_912,
        "weight_memory": 202_768,
    }
    written = found["totals"]["written"]
    assert (written["multiplies"], written["params"]) == (416_520, 61_706)
    run(["analyze", "zoo:lenet5", "--by", "kind", "-f", "csv"])
    first = next(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert first == {
        "spec": "zoo:lenet5",
        "network": "LeNet-5",
        "kind": "conv 5x5",
        "count": "3",
        "multiplies": "405600",
        "params": "50692",
        "weights": "50550",
        "activations": "6424",
        "peak_memory": "22912",
        "weight_memory": "202768",
    }
    run(["analyze", "zoo:lenet5", "--by", "block", "-f", "markdown"])
    assert "| conv | 3 | 406k | 97.38% | 50.7k | 82.15% | 50.6k | 82.24% |" in capsys.readouterr().out


def test_no_other_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "zoo:lenet5", "--by", "colour"]) == 2
    assert "'colour' is not one of 'kind', 'block'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (None, "kind count multiplies share params share weights share"),
        (80, "kind count multiplies share params share"),
        (40, "kind count multiplies share"),
    ],
)
def test_a_narrow_terminal_gets_fewer_columns(width: int | None, columns: str) -> None:
    report = Report("x.yaml", analyze(load("zoo:mobilenet_v1")))
    lines = render_table([report], View(width=width, by="kind")).splitlines()
    assert lines[lines.index("by kind") + 1].split() == columns.split()
    assert ("weights: params without biases and norms" in lines) == ("weights" in columns)
