"""The largest specs are accepted and the next larger ones refused, whatever it is that there is so much of.

What they take is measured by ``tests/benchmarks/bench_limits.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import costcalc
from costcalc.cli import run
from costcalc.errors import CostcalcError, SpecError
from costcalc.network import limits
from costcalc.rendering.formats import formats_of, render
from costcalc.rendering.report.parts import MAX_EXPANDED
from costcalc.rendering.report.report import Report, View
from largest_specs import HEAD, LARGEST, MOST_WORDY, TOO_LARGE, as_many_nodes

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


def test_so_many_values_are_read_and_no_more() -> None:
    assert len(costcalc.loads(LARGEST["values"]).nodes) == MOST_WORDY
    with pytest.raises(SpecError, match="more than 400,000 values"):
        costcalc.loads(TOO_LARGE["values, and a few more"])


#: Formats that list primitives never, or always, whatever is asked for.
WITHOUT_PRIMITIVES = {"openmetrics", "html", "model-explorer"}


@pytest.mark.parametrize("format", sorted(WITHOUT_PRIMITIVES))
def test_a_format_without_primitives_is_the_same_with_them_asked_for(format: str) -> None:
    report = Report("net.yaml", costcalc.analyze(costcalc.loads(f"{HEAD}layers: [relu, relu]")))
    assert render("report", format, [report], View(expand=True)) == render("report", format, [report], View())


@pytest.mark.parametrize("format", sorted({*formats_of("report")} - WITHOUT_PRIMITIVES))
def test_no_renderer_lists_more_primitives_than_anyone_reads(
    format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("costcalc.rendering.report.parts.MAX_EXPANDED", 3)
    most, more = (
        Report(
            "net.yaml", costcalc.analyze(costcalc.loads(f"{HEAD}layers: [{{type: relu, repeat: {count}}}]"))
        )
        for count in (3, 4)
    )
    view = View(expand=True)
    assert render("report", format, [most], view)
    assert render("report", format, [more], View())
    with pytest.raises(
        CostcalcError, match=r"^--expand lists at most 3 primitives \(limit\), and there are 4$"
    ):
        render("report", format, [more], view)


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


def test_a_plan_for_so_many_convolutions_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(LARGEST["convolutions"], encoding="utf-8")
    assert run(("plan", "--multiplies", "1000", "net.yaml")) == 2
    assert capsys.readouterr().err == (
        "error: a plan tries at most 2,000 forms in the places of convolutions (limit), and there are 10,000: "
        "leave layers alone by --keep GLOB, or offer fewer forms by --with\n"
    )
