"""After every render: the rows sum to the totals, and machines read back the very integers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from costcalc.analysis.costs import METRICS, VERSIONS
from costcalc.reading.zoo import zoo_names
from costcalc.rendering.report.formats import Format, render
from costcalc.rendering.report.report import Report, View
from rendering.reports import mixed, of_path

CASES = ("mixed", *(f"zoo:{name}" for name in zoo_names()))
EXACT = View(exact=True)


@cache
def report(case: str) -> Report:
    return mixed() if case == "mixed" else of_path(case)


def totals(found: Report) -> dict[str, int]:
    """The analysis' own totals by ``version_metric``."""
    return {
        f"{version}_{metric}": getattr(found.analysis.total(version), metric)
        for metric in METRICS
        for version in VERSIONS
    }


def layers(found: Report) -> list[dict[str, int]]:
    return [
        {
            f"{version}_{metric}": getattr(getattr(layer, version), metric)
            for metric in METRICS
            for version in VERSIONS
        }
        for layer in found.analysis.layers
    ]


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
        row = {f"{v}_{metric}": cost for v, own in costs.items() for metric, cost in own.items()}
        assert all(type(cost) is int for cost in row.values())
        found.append(row)
    return found


@pytest.mark.parametrize("case", CASES)
def test_json_reads_back(case: str) -> None:
    found = report(case)
    data = json.loads(render(Format.json, [found], View()))
    assert integers(data["layers"]) == layers(found)
    assert integers([data["totals"]]) == [totals(found)]
    assert summed(integers(data["layers"])) == totals(found)


@pytest.mark.parametrize("case", CASES)
def test_json_nodes_sum_to_their_layer(case: str) -> None:
    data = json.loads(render(Format.json, [report(case)], View(expand=True)))
    for layer in data["layers"]:
        assert summed(integers(layer["nodes"])) == integers([layer])[0]


@pytest.mark.parametrize("case", CASES)
def test_csv_reads_back(case: str) -> None:
    found = report(case)
    rows = [*csv.DictReader(io.StringIO(render(Format.csv, [found], View()), newline=""))]
    read = [{name: int(row[name]) for name in totals(found)} for row in rows]
    assert read == layers(found)
    assert summed(read) == totals(found)


@pytest.mark.parametrize("case", CASES)
def test_csv_nodes_sum_to_the_totals(case: str) -> None:
    found = report(case)
    rows = [*csv.DictReader(io.StringIO(render(Format.csv, [found], View(expand=True)), newline=""))]
    assert summed([{name: int(row[name] or 0) for name in totals(found)} for row in rows]) == totals(found)


def table_rows(text: str, metric: str) -> Iterator[tuple[str, list[int]]]:
    """Label and integers (written, standard, separable) of each row of one table, the total last."""
    block = text.partition(f"\n{metric}\n")[2].partition("\n\n")[0]
    for line in block.splitlines()[2:]:
        cells = re.split(r"  +", line)
        numbers = [cell for cell in cells if re.fullmatch(r"[\d,]+", cell)]
        if len(numbers) >= 3:
            yield cells[0], [int(cell.replace(",", "")) for cell in numbers[-3:]]


@pytest.mark.parametrize("case", CASES)
def test_the_tables_rows_sum_to_their_totals(case: str) -> None:
    found = report(case)
    text = render(Format.table, [found], EXACT)
    for metric in METRICS:
        *rows, (label, total) = table_rows(text, metric)
        assert label == "total"
        assert len(rows) == len(found.analysis.layers)
        assert total == [totals(found)[f"{version}_{metric}"] for version in VERSIONS]
        assert [sum(column) for column in zip(*(numbers for _, numbers in rows), strict=True)] == total


@pytest.mark.parametrize("case", CASES)
def test_markdowns_rows_sum_to_their_totals(case: str) -> None:
    found = report(case)
    table = render(Format.markdown, [found], EXACT).partition("<details>")[2]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    numbers = [
        [int(cell.replace(",", "")) for cell in re.findall(r"(?<= )\**(\d[\d,]*)\**(?= \|)", line)][-6:]
        for line in lines
    ]
    *rows, total = numbers
    assert len(rows) == len(found.analysis.layers)
    assert total == list(totals(found).values())
    assert [sum(column) for column in zip(*rows, strict=True)] == total
