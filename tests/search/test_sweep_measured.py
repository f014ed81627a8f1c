"""Metrics of a whole network in a sweep, and spaces whose first variant is invalid: each row as analyze has it."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import costcalc
from costcalc.analysis.costs import analyze
from costcalc.application.arguments import metric_arguments
from costcalc.application.sweep import SweepAsked, find_sweep
from costcalc.cli import run
from costcalc.dtype import parse_dtype_option
from costcalc.errors import CostcalcError
from costcalc.metrics import METRICS
from costcalc.rewrite.resolution import parse_resolutions
from costcalc.rewrite.width import parse_width_multipliers
from costcalc.search.sweep.answer import Sweep

SPEC = """
name: net
input: 16x16x3
defaults: {norm: batch, activation: relu}
choices: {kernel: [3, 5], width: [8, 16], kind: [conv, separable_conv], n: [1, 2]}
blocks:
  piece:
    choices: {k: [1, 3]}
    layers: [{type: $kind, name: c, out_channels: $width, kernel_size: $k}, {type: add, inputs: [input, c]}]
layers:
  - {type: conv, out_channels: $width, kernel_size: $kernel, stride: 2}
  - {type: piece, name: s, repeat: $n}
  - batch_norm
  - {type: max_pool, kernel_size: 2}
  - flatten
  - {type: linear, out_features: 10}
budget: {multiplies: 300k, peak_memory: {planner: tflm, max: 10kB}, time: {device: jetson_nano, max: 500ns}}
"""


def rows(sweep: Sweep) -> list[dict[str, Any]]:
    axes = [axis.name for axis in sweep.space.axes]
    return [
        {
            **dict(zip(axes, labels, strict=True)),
            **dict(zip(sweep.metrics, values, strict=True)),
            "error": error,
        }
        for labels, values, error in sweep.cells()
    ]


def analysed(text: str, row: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """What analyze says of a row's variant."""
    what_if = {name: row[name] for name in ("width_multiplier", "resolution") if name in row}
    chosen = {name: value for name, value in row.items() if name in costcalc.loads(text).choices}
    if row.get("n") == "2":
        chosen |= {name: value for name, value in row.items() if name.startswith("s.")}
        chosen.pop("s/k", None)
    network = costcalc.loads(text, settings=chosen, **what_if)
    written = analyze(network).given(**arguments).written
    return {name: written[name] for name in METRICS}


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 99),
    dtype=st.sampled_from([None, "float16"]),
    planner=st.sampled_from(["live", "tflm", "in_place"]),
    sizes=st.sampled_from(["16", "8,24"]),
)
def test_each_metric_equals_that_of_the_variant_analysed(
    tmp_path_factory: pytest.TempPathFactory, seed: int, dtype: str | None, planner: str, sizes: str
) -> None:
    path = tmp_path_factory.mktemp("sweep") / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    arguments = metric_arguments("jetson_nano", planner, None if dtype is None else parse_dtype_option(dtype))
    asked = SweepAsked(
        parse_width_multipliers("0.5,1"),
        parse_resolutions(sizes),
        sample=6,
        seed=seed,
        metrics=[*METRICS],
        arguments=arguments,
    )
    found = rows(find_sweep(str(path), asked))
    assert len(found) == 6
    for row in found:
        expected = analysed(SPEC, row, arguments)
        assert {name: row[name] for name in METRICS} == expected
        assert isinstance(row["time"], Fraction)


def test_limits_on_memory_and_time_are_held(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    everything = rows(
        find_sweep(
            str(path),
            SweepAsked(metrics=["peak_memory", "time"], arguments=metric_arguments("jetson_nano", "tflm")),
        )
    )
    expected = [
        row
        for row in everything
        if row["multiplies"] <= 300_000
        and row["peak_memory"] <= 10_000
        and row["time"] <= Fraction(500, 10**9)
    ]
    within = find_sweep(str(path), SweepAsked(within=True))
    assert rows(within) == expected
    assert within.within == len(expected)
    few = [row for row in everything if row["multiplies"] <= 300_000]
    assert any(row["peak_memory"] > 10_000 for row in few)
    assert any(row["time"] > Fraction(500, 10**9) for row in few)
    assert expected


def test_a_front_of_memory(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    columns = ["multiplies", "peak_memory", "-width"]
    everything = rows(find_sweep(str(path), SweepAsked(metrics=["peak_memory"])))
    front = rows(find_sweep(str(path), SweepAsked(front=columns)))

    def key(row: dict[str, Any]) -> tuple[int, ...]:
        return row["multiplies"], row["peak_memory"], -int(row["width"])

    def is_beaten(row: dict[str, Any]) -> bool:
        others = [key(other) for other in everything]
        return any(
            other != key(row) and all(a <= b for a, b in zip(other, key(row), strict=True))
            for other in others
        )

    assert front == [row for row in everything if not is_beaten(row)]
    assert "params" in front[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--metrics", "time"], "error: time needs a device: say --device NAME"),
        (["--metrics", "tim"], 'error: --metrics: no metric "tim"; did you mean "time"?'),
        (
            ["--metrics", "operations"],
            'error: --metrics: no metric "operations"; metrics: multiplies, params, activations, '
            "peak_memory, weight_memory, time",
        ),
        (
            ["--metrics", "peak_memory", "--width-multiplier", "0.001:1:0.001"],
            "error: variants are measured one by one for peak_memory, at most 100,000 of them (limit), and here "
            "would be 128,000 or more: --sample N draws some, --set NAME=VALUE leaves fewer",
        ),
    ],
)
def test_what_cannot_be_measured(
    tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.partition("budget")[0], encoding="utf-8")
    assert run(["sweep", str(path), *words]) == 2
    assert capsys.readouterr().err == said + "\n"


def test_a_limit_on_multiplies_leaves_few_to_measure(tmp_path: Path) -> None:
    """What is over it is not measured; so a space may be larger than what can be."""
    words = [f"k{number}" for number in range(17)]
    text = "\n".join(
        [
            "input: 4x4x4",
            f"choices: {{{', '.join(f'{word}: [1, 3]' for word in words)}}}",
            "layers:",
            *(f"  - {{type: conv, out_channels: 4, kernel_size: ${word}}}" for word in words),
            f"budget: {{multiplies: {17 * 256 + 2048}, peak_memory: 1kB}}",
        ]
    )
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    sweep = find_sweep(str(path), SweepAsked(within=True))
    assert sweep.variants == 2**17
    assert sweep.within == 1 + 17  # none or one kernel of 3, which costs 8 x 256 more
    assert all(row["peak_memory"] == 512 for row in rows(sweep))


def test_machines_get_seconds_as_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    words = ["sweep", str(path), "--metrics", "time", "--device", "jetson_nano", "--top", "1"]
    assert run([*words, "-f", "json"]) == 0
    row = json.loads(capsys.readouterr().out)["rows"][0]
    assert isinstance(row["time"], float)
    assert run([*words, "-f", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1].rpartition(",")[2] == str(row["time"])


# The first variant is invalid

INVALID = """
name: net
input: 16x16x3
choices: {kernel: [40, 3, 50, 5], width: {from: 8, to: 16, step: 8}}
blocks:
  piece: {choices: {k: [30, 20, 1, 3]}, layers: [{type: conv, out_channels: 8, kernel_size: $k, padding: valid}]}
layers:
  - {type: conv, name: stem, out_channels: $width, kernel_size: $kernel, padding: valid}
  - {type: piece, name: s}
budget: {multiplies: 100k}
"""


def test_invalid_variants_are_told_and_the_others_costed_though_the_first_is_invalid(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(INVALID, encoding="utf-8")
    sweep = find_sweep(str(path), SweepAsked())
    found = rows(sweep)
    assert [(axis.name, axis.labels) for axis in sweep.space.axes] == [
        ("kernel", ("40", "3", "50", "5")),
        ("width", ("8", "16")),
        ("s/k", ("30", "20", "1", "3")),
    ]
    assert (len(found), sweep.invalid) == (32, 24)
    for row in found:
        chosen = {name: row[name] for name in ("kernel", "width", "s/k")}
        values = row["multiplies"], row["params"]
        if row["kernel"] in ("40", "50") or row["s/k"] in ("30", "20"):
            with pytest.raises(CostcalcError) as caught:
                costcalc.loads(INVALID, settings=chosen)
            assert values == (None, None)
            assert row["error"].startswith("conv layer ")
            assert row["error"] in str(caught.value)
        else:
            written = analyze(costcalc.loads(INVALID, settings=chosen)).written
            assert (*values, row["error"]) == (written.multiplies, written.params, "")


def test_a_value_is_set_where_the_first_variant_is_invalid(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(INVALID, encoding="utf-8")
    found = rows(find_sweep(str(path), SweepAsked(settings={"kernel": "5", "s/k": "1"})))
    assert [(row["kernel"], row["width"], row["s/k"]) for row in found] == [("5", "8", "1"), ("5", "16", "1")]


def test_a_spec_without_a_valid_variant_is_refused_where_it_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(INVALID.replace("name: s}", "name: s, repat: 2}"), encoding="utf-8")
    assert run(["sweep", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f'{path}:9:27: error: unknown field "repat" of piece block "s"' in err or "repat" in err
