"""With every primitive listed, those of a layer sum to it."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from functools import cache

import pytest

from costcalc.analysis.costs import VERSIONS
from costcalc.reading.zoo import zoo_names
from costcalc.rendering.formats import render
from costcalc.rendering.report.report import Report, View
from rendering.contract import SUMS
from rendering.reports import mixed, of_path

CASES = ("mixed", *(f"zoo:{name}" for name in zoo_names()))


@cache
def report(case: str) -> Report:
    return mixed() if case == "mixed" else of_path(case)


def totals(found: Report) -> dict[str, int]:
    """The analysis' own totals by ``version_metric``."""
    return {
        f"{version}_{metric}": found.analysis.total(version)[metric]
        for metric in SUMS
        for version in VERSIONS
    }


def summed(rows: list[dict[str, int]]) -> dict[str, int]:
    counter: Counter[str] = Counter()
    for row in rows:
        counter.update(row)
    return dict(counter)


def integers(objects: list[dict[str, dict[str, int] | None]]) -> list[dict[str, int]]:
    """JSON's costs by ``version_metric``; a node that is not in a version has none."""
    found = []
    for item in objects:
        costs = {version: item[version] or {} for version in VERSIONS}
        row = {f"{v}_{m}": own[m] for v, own in costs.items() for m in SUMS if m in own}
        assert all(type(cost) is int for cost in row.values())
        found.append(row)
    return found


@pytest.mark.parametrize("case", CASES)
def test_json_nodes_sum_to_their_layer(case: str) -> None:
    data = json.loads(render("report", "json", [report(case)], View(expand=True)))
    for layer in data["layers"]:
        assert summed(integers(layer["nodes"])) == integers([layer])[0]


@pytest.mark.parametrize("case", CASES)
def test_csv_nodes_sum_to_the_totals(case: str) -> None:
    found = report(case)
    rows = [*csv.DictReader(io.StringIO(render("report", "csv", [found], View(expand=True)), newline=""))]
    assert summed([{name: int(row[name] or 0) for name in totals(found)} for row in rows]) == totals(found)
