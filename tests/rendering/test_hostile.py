"""A stranger's names go through every format: nothing breaks, nothing is injected, nothing is lost."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from costcalc.application.load import parse_document
from costcalc.rendering.report.formats import Format, render
from costcalc.rendering.report.report import Report, View
from rendering.reports import HOSTILE, report_of


def quote(text: str) -> str:
    """A text as YAML, all of it escaped."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


def hostile_report() -> Report:
    """A network that is called, comes from, and has layers named as no one should."""
    quoted = [quote(name) for name in HOSTILE]
    layers = "\n".join(
        f"  - {{type: conv, name: {name}, out_channels: 1, kernel_size: 3}}" for name in quoted[2:]
    )
    everything = quote("".join(HOSTILE))
    text = (
        f"name: {everything}\nsource: {everything}\ninputs: {{{quoted[0]}: 8x8x1, {quoted[1]}: 8x8x1}}\n"
        f"layers:\n  - {{type: add, name: both, inputs: [{quoted[0]}, {quoted[1]}]}}\n{layers}\n"
        f"budget: {{multiplies: 1, message: {everything}}}\n"
    )
    return report_of(parse_document(text, "::error::\n[red].yaml"))


@pytest.mark.parametrize("view", [View(), View(expand=True), View(width=80)], ids=["plain", "expand", "80"])
@pytest.mark.parametrize("format", [Format.table, Format.markdown, Format.csv])
def test_no_line_is_a_command_and_nothing_is_invisible(format: Format, view: View) -> None:
    text = render(format, [hostile_report()] * 2, view)
    for line in text.replace("\r\n", "\n").splitlines():
        assert not line.lstrip().startswith("::")
    assert not re.search(r"##(\[|vso\[)", text)
    assert all(character.isprintable() or character in "\n\r" for character in text)


def test_a_styled_table_has_no_escapes_but_ours() -> None:
    text = render(Format.table, [hostile_report()], View(width=200, color=True))
    assert set(re.findall(r"\x1b\[[\d;]*m", text)) <= {
        f"\x1b[{code}m" for code in ("0", "1", "2", "36", "32", "33", "1;31")
    }
    assert "\x1b[31mred" not in text
    assert r"\x1b[31mred\x1b[0m" in text
    assert "[red]bold[/red]" in text


def test_every_layer_has_one_line_in_the_table() -> None:
    text = render(Format.table, [hostile_report()], View())
    table = text.partition("\nmultiplies\n")[2].partition("\n\n")[0].splitlines()
    rows = [line for line in table[2:] if not line.startswith(("--", "  convolution"))]
    assert len(rows) == len(HOSTILE)


def test_json_gives_the_names_back() -> None:
    text = render(Format.json, [hostile_report()], View())
    data = json.loads(text)
    assert text.isascii()
    assert [layer["name"] for layer in data["layers"]] == ["both", *HOSTILE[2:]]
    assert data["network"]["name"] == "".join(HOSTILE)
    assert list(data["network"]["input"]) == list(HOSTILE[:2])


def test_csv_has_no_formula_and_one_record_a_layer() -> None:
    text = render(Format.csv, [hostile_report()], View())
    rows = [*csv.reader(io.StringIO(text, newline=""))]
    assert len(rows) == len(HOSTILE)
    assert len({len(row) for row in rows}) == 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert text.count("\r\n") == text.count("\n") == len(rows)


def test_markdown_rows_keep_their_cells_and_hold_no_html() -> None:
    text = render(Format.markdown, [hostile_report()], View())
    table = text.partition("<details>")[2].partition("</details>")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len(rows) == len(HOSTILE) + 2
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert set(re.findall(r"(?<!\\)<[^>]*>", text)) == {"<details>", "</details>", "<summary>", "</summary>"}
    assert "@somebody" not in text
