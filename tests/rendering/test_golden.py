"""Whole reports at fixed widths, against files in ``golden/``."""

from __future__ import annotations

from pathlib import Path

import pytest

from approved import approved
from costcalc.rendering.formats import render
from costcalc.rendering.report.report import View
from rendering.reports import mixed, of_path

GOLDEN = Path(__file__).parent / "golden"

MOBILENET, RESNET, SIAMESE = "zoo:mobilenet_v1", "zoo:resnet18", "zoo:siamese"
CASES = {
    "mixed.txt": ("table", ("mixed",), View(full=True)),
    "mixed_80.txt": ("table", ("mixed",), View(full=True, width=80)),
    "mixed_40.txt": ("table", ("mixed",), View(full=True, width=40)),
    "mixed_80_wide.txt": ("table", ("mixed",), View(full=True, width=80, wide=True)),
    "mixed_exact.txt": ("table", ("mixed",), View(full=True, exact=True)),
    "mixed_expand.txt": ("table", ("mixed",), View(full=True, expand=True)),
    "mixed_120_color.txt": ("table", ("mixed",), View(full=True, width=120, color=True)),
    "mixed.md": ("markdown", ("mixed",), View()),
    "mixed_expand.md": ("markdown", ("mixed",), View(expand=True, exact=True)),
    "mixed.csv": ("csv", ("mixed",), View()),
    "mixed_expand.csv": ("csv", ("mixed",), View(expand=True)),
    "mixed.json": ("json", ("mixed",), View()),
    "mobilenet_v1.txt": ("table", (MOBILENET,), View(full=True)),
    "mobilenet_v1_80.txt": ("table", (MOBILENET,), View(full=True, width=80)),
    "mobilenet_v1_100.txt": ("table", (MOBILENET,), View(full=True, width=100)),
    "several.txt": ("table", (MOBILENET, RESNET, SIAMESE), View(full=True)),
    "several.md": ("markdown", (MOBILENET, RESNET, SIAMESE), View()),
}


@pytest.mark.parametrize("name", CASES)
def test_a_report_is_as_it_was_approved(name: str) -> None:
    format, paths, view = CASES[name]
    text = render("report", format, [mixed() if path == "mixed" else of_path(path) for path in paths], view)
    assert text == approved(GOLDEN / name, text)


def test_every_file_is_some_reports() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)
