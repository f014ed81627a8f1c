"""The page of a sweep: its points lead to rows, its front is one, and no name of a stranger's breaks it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from costcalc.application.sweep import SweepAsked, find_sweep
from costcalc.cli import run
from costcalc.rendering.escape import terminal
from costcalc.rendering.html.sweep import render_sweep_html
from costcalc.rendering.plot.front import on_front
from rendering.contract import assert_escaped, quote
from rendering.pages import Page
from rendering.reports import HOSTILE

SPEC = """
name: net
input: 8x8x3
choices: {kernel: [3, 5, 30], width: [8, 16], kind: [relu, sigmoid]}
layers:
  - {type: conv, out_channels: $width, kernel_size: $kernel, padding: valid}
  - {type: $kind}
"""


def test_each_point_leads_to_its_row_which_has_the_numbers_of_the_csv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC, encoding="utf-8")
    assert run(["sweep", "net.yaml", "--report", "net.html", "-f", "csv"]) == 0
    table = [*csv.reader(io.StringIO(capsys.readouterr().out))]
    page = Page(Path("net.html").read_text("utf-8"))
    assert page.headers["variants"] == ["#", *table[0]]
    shown = [row for row in page.tables["variants"] if row]
    for (_, *cells), expected in zip(shown, table[1:], strict=True):
        assert [text if value is None else value for text, value in cells] == [
            cell or "—" for cell in expected[:-1]
        ] + expected[-1:]
    links = [attributes["data-to"] for _, attributes in page.tags if "data-to" in attributes]
    ids = [attributes["id"] for tag, attributes in page.tags if tag == "tr" and "id" in attributes]
    valid = [f"variant-{place}" for place, row in enumerate(table[1:], 1) if not row[-1]]
    assert sorted(links) == sorted(valid)
    assert ids == [f"variant-{place}" for place in range(1, 13)]
    assert "4 of 12 variants are invalid." in page.texts


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ([], "multiplies and params"),
        (["params", "-width"], "params and width"),
        (["-kernel", "peak_memory"], "peak_memory and kernel"),
        (["multiplies", "params", "-width"], "multiplies and params"),
    ],
)
def test_what_is_compared_by_is_drawn(front: list[str], said: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    page = Page(render_sweep_html(find_sweep(str(path), SweepAsked(front=front)), front))
    assert f"{said}, and the front of these variants" in page.texts


def test_a_front_turns_where_more_is_better() -> None:
    points = [{"x": x, "y": y} for x, y in [(1, 1), (2, 3), (3, 2), (4, 4), (2, 1)]]
    assert on_front(points) == [{"x": 1, "y": 1}]
    assert on_front(points, more_y=True) == [{"x": 1, "y": 1}, {"x": 2, "y": 3}, {"x": 4, "y": 4}]
    assert on_front(points, more_x=True) == [{"x": 4, "y": 4}, {"x": 3, "y": 2}, {"x": 2, "y": 1}]
    assert on_front(points, more_x=True, more_y=True) == [{"x": 4, "y": 4}]


def test_hostile_names_and_values_are_text(tmp_path: Path) -> None:
    names = [quote(name) for name in HOSTILE]
    everything = quote("".join(HOSTILE))
    text = (
        f"name: {everything}\ninput: 8x8x3\nchoices: {{width: [8, 16], name: [{', '.join(names)}]}}\n"
        "layers:\n  - {type: conv, name: $name, out_channels: $width, kernel_size: 3}\n"
    )
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    sweep = find_sweep(str(path), SweepAsked())
    found = render_sweep_html(sweep)
    assert_escaped("html", found)
    cells = [text for row in Page(found).tables["variants"] for text, _ in row]
    for name in HOSTILE[2:]:
        assert terminal(name) in cells


def test_a_page_does_not_replace_the_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    assert run(["sweep", str(path), "--report", str(path)]) == 2
    assert path.read_text("utf-8") == SPEC
