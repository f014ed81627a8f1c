"""``costcalc report``, ``costcalc plot``, and the pages of ``diff`` and ``plan``, as processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.process import BROKEN, OVER, SPEC, costcalc
from rendering.pages import Page

STARTS = {"svg": b"<svg ", "png": b"\x89PNG\r\n", "pdf": b"%PDF-"}


@pytest.mark.parametrize("format", STARTS)
def test_a_picture_is_a_file_of_its_format(format: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{format}"
    done = costcalc("plot", "zoo:lenet5", "--what", "cost", "-o", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert path.read_bytes().startswith(STARTS[format])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--what", "memory"], "step"),
        (["--what", "architecture"], "global_avg_pool"),
        (["--what", "roofline", "--device", "jetson_nano", "--dtype", "float16"], "multiplies per byte"),
        (["zoo:squeezenet1_1", "--what", "front"], "params"),
    ],
)
def test_each_picture_says_what_it_shows(words: list[str], said: str) -> None:
    done = costcalc("plot", "zoo:mobilenet_v1", *words, "-o", "-")
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


def test_a_picture_needs_a_suffix_and_a_roofline_a_device(tmp_path: Path) -> None:
    done = costcalc("plot", "zoo:lenet5", "--what", "cost", "-o", "x.gif")
    assert done.returncode == 2
    assert "a picture is a file of .svg, .png, .pdf" in done.stderr
    done = costcalc("plot", "zoo:lenet5", "--what", "roofline", "-o", str(tmp_path / "x.svg"))
    assert done.returncode == 2
    assert "of which device? say --device NAME" in done.stderr


def test_a_report_compares_several_and_has_a_roofline(tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    specs = ("zoo:mobilenet_v1", "zoo:mobilenet_v2")
    done = costcalc("report", *specs, "--device", "jetson_nano", "--dtype", "float16", "-o", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    page = Page(path.read_text(encoding="utf-8"))
    assert len([row for row in page.tables["side-by-side"] if row]) == 2
    assert {"n0-times", "n1-times", "n0-steps", "n1-layers"} <= {*page.tables}


def test_a_report_on_a_broken_spec_is_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "x.html"
    done = costcalc("report", "-", "-o", str(path), input=BROKEN)
    assert done.returncode == 2
    assert "cnov" in done.stderr
    assert not path.exists()


def test_a_report_does_not_replace_its_spec(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(SPEC)
    assert costcalc("report", str(path), "-o", str(path)).returncode == 2
    assert path.read_text() == SPEC


def test_check_leaves_a_page_with_its_verdicts(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(OVER)
    done = costcalc("check", "x.yaml", "-o", "html=x.html", cwd=tmp_path)
    assert done.returncode == 1
    page = Page((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert [text for text, _ in page.tables["specs"][1]][:2] == ["x.yaml", "fail"]


def test_diff_and_plan_write_pages(tmp_path: Path) -> None:
    done = costcalc("diff", "zoo:mobilenet_v1", "zoo:mobilenet_v2", "--report", str(tmp_path / "d.html"))
    assert done.returncode == 0
    assert "diff-layers" in Page((tmp_path / "d.html").read_text(encoding="utf-8")).tables
    (tmp_path / "x.yaml").write_text(SPEC.replace("4, kernel", "64, kernel"))
    done = costcalc("plan", "x.yaml", "--multiplies", "50k", "--report", "p.html", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    page = Page((tmp_path / "p.html").read_text(encoding="utf-8"))
    totals = {row[0][0]: [value for _, value in row[1:]] for row in page.tables["diff-totals"] if row}
    before, after, change = map(int, filter(None, totals["multiplies"]))
    assert before + change == after <= 50_000
