"""The largest specs are accepted and the next larger ones refused, whatever it is that there is so much of.

What they take is measured by ``tests/benchmarks/bench_limits.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import costcalc
from costcalc.cli import run
from costcalc.errors import SpecError
from costcalc.network import limits
from costcalc.rendering.report.parts import MAX_EXPANDED
from largest_specs import HEAD, LARGEST, as_many_nodes

SMALL = 2000


@pytest.mark.parametrize("name", as_many_nodes(SMALL))
def test_the_limit_is_sharp(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_NODES", SMALL)
    assert len(costcalc.loads(as_many_nodes(SMALL)[name]).nodes) <= SMALL
    with pytest.raises(SpecError) as caught:
        costcalc.loads(as_many_nodes(SMALL + 62)[name])
    assert [problem.message for problem in caught.value.problems] == [
        "the network has more than 2,000 nodes (limit)"
    ]


@pytest.mark.parametrize("name", ["copies in a block", "projections in projections", "a long name", "inputs"])
def test_the_largest_are_read(name: str) -> None:
    assert costcalc.loads(LARGEST[name]).nodes


def test_more_primitives_than_anyone_reads_are_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("most.yaml").write_text(f"{HEAD}layers: [{{type: relu, repeat: {MAX_EXPANDED}}}]", encoding="utf-8")
    Path("more.yaml").write_text(
        f"{HEAD}layers: [{{type: relu, repeat: {MAX_EXPANDED + 1}}}]", encoding="utf-8"
    )
    assert run(("analyze", "--expand", "-f", "csv", "more.yaml", "most.yaml")) == 2
    out, err = capsys.readouterr()
    assert err == "error: more.yaml: --expand lists at most 20,000 primitives (limit), and there are 20,001\n"
    assert len(out.splitlines()) > MAX_EXPANDED
    assert run(("analyze", "-f", "csv", "more.yaml")) == 0
