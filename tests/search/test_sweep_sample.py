"""Samples of spaces that nobody can go through."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

import costcalc
from costcalc.analysis.costs import analyze
from costcalc.application.sweep import SweepAsked, find_sweep
from costcalc.cli import run

CHOICES = "".join(f"  c{n}: {{from: 1, to: 1000}}\n" for n in range(6))
#: Each width stands in one layer alone, so that a layer has 1,000 ways: what comes in is always the same.
LAYERS = "".join(
    f"  - {{type: conv, inputs: [input], out_channels: $c{n}, kernel_size: 1}}\n" for n in range(6)
)
SPEC = f"input: 4x4x3\nchoices:\n{CHOICES}layers:\n{LAYERS}"


def test_a_sample_of_10_to_the_18_is_drawn_without_repeats_and_the_same_again(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    tracemalloc.start()
    try:
        sweep = find_sweep(str(path), SweepAsked(sample=20_000, seed=7))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 200 * 2**20
    assert sweep.space.size == 10**18
    found = [*sweep.cells()]
    assert sweep.variants == len(found) == len({labels for labels, _, _ in found}) == 20_000
    for labels, values, _ in found[::4000]:
        settings = {f"c{n}": label for n, label in enumerate(labels)}
        written = analyze(costcalc.loads(SPEC, settings=settings)).written
        assert values == (written.multiplies, written.params)
    again = find_sweep(str(path), SweepAsked(sample=20_000, seed=7))
    assert [*again.cells()] == found


def test_all_of_10_to_the_18_are_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    assert run(["sweep", str(path)]) == 2
    assert capsys.readouterr().err == (
        "error: there are 1,000,000,000,000,000,000 variants, and at most 1,000,000,000 are gone through (limit): "
        "--sample N draws some, --set NAME=VALUE leaves fewer\n"
    )
