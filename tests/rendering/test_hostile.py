"""A stranger's names go through every format: nothing breaks, nothing is injected, nothing is lost."""

from __future__ import annotations

import json
import re

from costcalc.rendering.formats import render
from costcalc.rendering.report.report import View
from rendering.contract import hostile_report
from rendering.reports import HOSTILE


def test_a_styled_table_has_no_escapes_but_ours() -> None:
    text = render("report", "table", [hostile_report()], View(width=200, color=True))
    assert set(re.findall(r"\x1b\[[\d;]*m", text)) <= {
        f"\x1b[{code}m" for code in ("0", "1", "2", "36", "32", "33", "1;31")
    }
    assert "\x1b[31mred" not in text
    assert r"\x1b[31mred\x1b[0m" in text
    assert "[red]bold[/red]" in text


def test_every_layer_has_one_line_in_the_table() -> None:
    text = render("report", "table", [hostile_report()], View())
    table = text.split("\n\n")[0].splitlines()
    assert table[2].startswith("layer ")
    assert len(table) - 3 == len(hostile_report().analysis.layers)


def test_json_gives_the_names_back() -> None:
    text = render("report", "json", [hostile_report()], View())
    data = json.loads(text)
    assert text.isascii()
    assert [layer["name"] for layer in data["layers"]] == ["both", *HOSTILE[2:]]
    assert data["network"]["name"] == "".join(HOSTILE)
    assert list(data["network"]["input"]) == list(HOSTILE[:2])


def test_markdown_rows_keep_their_cells_and_hold_no_html() -> None:
    text = render("report", "markdown", [hostile_report()], View())
    table = text.partition("<details>")[2].partition("</details>")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len(rows) == len(HOSTILE) + 2
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert set(re.findall(r"(?<!\\)<[^>]*>", text)) == {"<details>", "</details>", "<summary>", "</summary>"}
    assert "@somebody" not in text
