"""Every format in the table is escaped and sums; one that is not, or that nobody said how to read, fails."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import cache

import pytest

from costcalc.reading.zoo import zoo_names
from costcalc.rendering.formats import RENDERERS, Document, formats_of, render
from costcalc.rendering.report.csv import render_csv
from costcalc.rendering.report.report import Report, View
from rendering.contract import (
    EXACT,
    READERS,
    WITHOUT_SUMS,
    assert_escaped,
    assert_sums,
    document_of,
    hostile_document,
    hostile_report,
)
from rendering.reports import mixed, of_path

CASES = ("mixed", "hostile", *(f"zoo:{name}" for name in zoo_names()))


@cache
def report(case: str) -> Report:
    return (
        {"mixed": mixed, "hostile": hostile_report}[case]() if case in ("mixed", "hostile") else of_path(case)
    )


@pytest.mark.parametrize("view", [View(), View(expand=True), View(width=80)], ids=["plain", "expand", "80"])
@pytest.mark.parametrize(("document", "format"), RENDERERS)
def test_it_is_escaped(document: Document, format: str, view: View) -> None:
    assert_escaped(format, render(document, format, hostile_document(document), view))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("document", "format"), [key for key in RENDERERS if key not in WITHOUT_SUMS])
def test_its_rows_sum_to_its_totals(document: Document, format: str, case: str) -> None:
    found = report(case)
    assert_sums(document, format, render(document, format, document_of(document, found), EXACT), found)


def test_the_exceptions_are_formats() -> None:
    assert {*READERS} | WITHOUT_SUMS == {*RENDERERS}
    assert not {*READERS} & WITHOUT_SUMS


def test_every_document_is_a_table_where_nothing_is_asked_for() -> None:
    assert {formats_of(document)[0] for document, _ in RENDERERS} == {"table"}


# Formats that break the rules


def stub(reports: Sequence[Report], view: View) -> str:
    """A new format of which nobody said anything."""
    return "".join(f"{layer.name}\n" for report in reports for layer in report.analysis.layers)


def raw_csv(reports: Sequence[Report], view: View) -> str:
    """CSV that forgets what spreadsheets take for formulas."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([layer.name] for report in reports for layer in report.analysis.layers)
    return text.getvalue()


def short_csv(reports: Sequence[Report], view: View) -> str:
    """CSV that loses its last row."""
    return "".join(render_csv(reports, view).splitlines(keepends=True)[:-1])


def test_a_format_that_nobody_knows_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RENDERERS, ("report", "stub"), f"{__name__}:stub")
    assert formats_of("report")[-1] == "stub"
    found = report("mixed")
    text = render("report", "stub", [found], EXACT)
    with pytest.raises(AssertionError, match="how stub is escaped"):
        assert_escaped("stub", text)
    with pytest.raises(AssertionError, match="how the numbers of report as stub are read"):
        assert_sums("report", "stub", text, found)


def test_a_format_that_is_not_escaped_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RENDERERS, ("report", "csv"), f"{__name__}:raw_csv")
    with pytest.raises(AssertionError):
        assert_escaped("csv", render("report", "csv", hostile_document("report"), View()))


def test_a_format_that_does_not_sum_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RENDERERS, ("report", "csv"), f"{__name__}:short_csv")
    found = report("mixed")
    with pytest.raises(AssertionError):
        assert_sums("report", "csv", render("report", "csv", [found], EXACT), found)
