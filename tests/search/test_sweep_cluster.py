"""A sweep on a Dask cluster of two workers, one of which is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from costcalc.application.sweep import SweepAsked, find_sweep

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")

SPEC = """
input: 32x32x3
choices: {a: {from: 8, to: 96, step: 8}, b: {from: 8, to: 96, step: 8}, c: {from: 8, to: 96, step: 8}}
layers:
  - {type: conv, out_channels: $a, kernel_size: 3}
  - {type: separable_conv, out_channels: $b, repeat: 2}
  - {type: conv, out_channels: $c, kernel_size: 5}
budget: {multiplies: 60M}
"""


def test_a_cluster_that_loses_a_worker_gives_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("costcalc.search.sweep.space.PIECE", 64)
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    here = find_sweep(str(path), SweepAsked(within=True))
    assert (here.space.pieces, here.variants) == (144, 12**3)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        lost: list[Any] = []

        def losing(parts: Iterator[Any], count: int) -> Iterator[Any]:
            for number, part in enumerate(parts):
                yield part
                if number == 3:
                    lost.append(next(iter(cluster.workers.values())))
                    lost[0].process.process.kill()

        asked = SweepAsked(within=True, scheduler=cluster.scheduler_address)
        there = find_sweep(str(path), asked, losing)
    assert lost
    assert list(there.cells()) == list(here.cells())
    assert (there.variants, there.within) == (here.variants, here.within)
