"""What every format of every document has to keep: no name breaks it, and what it lists sums to what it totals.

A format that is not known here fails: say below how a reader takes it apart.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from xml.etree import ElementTree

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from costcalc.analysis.comparison import compare
from costcalc.analysis.costs import VERSIONS
from costcalc.application.load import parse_document
from costcalc.budget import Outcome, SpecOutcome
from costcalc.errors import Location, Problem
from costcalc.metrics import available, in_columns, metric_named
from costcalc.rendering.diff.difference import NetworkDiff
from costcalc.rendering.escape import terminal
from costcalc.rendering.formats import Document
from costcalc.rendering.report.report import Report, View
from costcalc.rendering.results import Result, Results
from costcalc.rendering.sheet import Sheet
from rendering.pages import Page
from rendering.reports import HOSTILE, report_of

#: What layers add up to, without further arguments: peaks do not, and time needs a device.
SUMS = tuple(name for name in available({}) if metric_named(name).aggregation == "sum")
#: Those of them that a table of layers has columns for.
COLUMNS = in_columns(SUMS)

#: Every integer in full.
EXACT = View(exact=True)


# Documents


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
        f"budget: {{multiplies: 1, layers: {{'*': {{params: 1}}}}, message: {everything}}}\n"
    )
    return report_of(parse_document(text, "::error::\n[red].yaml"))


def document_of(document: Document, found: Report) -> Any:
    """What a document on a report holds."""
    outcome = SpecOutcome(found.path, found.analysis, verdicts=found.verdicts)
    match document:
        case "report":
            return [found]
        case "check":
            return Outcome((outcome,))
        case "diff":
            return NetworkDiff("old", found.path, compare(_nothing_of(found), found.analysis))
        case "results" | "sheet":
            names = [layer.name for layer in found.analysis.layers]
            rows = [(name, str(index)) for index, name in enumerate(names)]
            results = [Result(found.title, ("name", "number"), rows, {"name"}, (), names, names)]
            if document == "results":
                return Results(results, {"names": names})
            return Sheet(results, {"names": names}, ("name", "number"), rows, names)


def hostile_document(document: Document) -> Any:
    """A document full of names that no one should give, in whatever may hold a stranger's text."""
    found = hostile_report()
    content = document_of(document, found)
    if document == "check":
        everywhere = [Problem(text, hint=text, location=Location(text, 1, 1)) for text in HOSTILE]
        broken = [SpecOutcome(text, problems=tuple(everywhere)) for text in HOSTILE]
        return Outcome((*content.specs, *broken), "".join(HOSTILE), HOSTILE, tuple(everywhere))
    return content


def _nothing_of(found: Report) -> Any:
    shapes = ", ".join(f"{quote(name)}: {shape}" for name, shape in found.analysis.inputs.items())
    first = quote(next(iter(found.analysis.inputs)))
    layer = f"{{type: dropout, name: nothing, inputs: [{first}]}}"
    text = f"inputs: {{{shapes}}}\nlayers: [{layer}]\n"
    return report_of(parse_document(text, "nothing.yaml")).analysis


# Escaping


def _html(text: str) -> None:
    """One script, ours; no attribute that runs or loads anything; links within the page alone."""
    page = Page(text)
    assert page.count("script") == page.count("style") == 1
    assert page.count("img") == page.count("iframe") == page.count("object") == 0
    for _, attributes in page.tags:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("src", "style", "srcdoc")
        ]
        assert (
            not attributes.get("href", "#")
            .removeprefix("data:,")
            .strip("#")
            .startswith(("java", "http", "/"))
        )


def _json(text: str) -> None:
    assert text.isascii()
    held = json.dumps(json.loads(text), ensure_ascii=False)
    assert all(_within(name, held) or _within(terminal(name), held) for name in HOSTILE[2:])


def _within(name: str, held: str) -> bool:
    return json.dumps(name, ensure_ascii=False)[1:-1] in held


def _csv(text: str) -> None:
    rows = [*csv.reader(io.StringIO(text, newline=""))]
    assert len({len(row) for row in rows}) == 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert text.count("\r\n") == text.count("\n") == len(rows)


def _markdown(text: str) -> None:
    tags = {"<details>", "</details>", "<summary>", "</summary>"}
    assert set(re.findall(r"(?<!\\)<[^>]*>", text)) <= tags
    assert "@somebody" not in text
    assert not re.search(r"(?<!\\)\[link", text)
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}) == 1


def _xml(text: str) -> None:
    ElementTree.fromstring(text)
    assert "<script>" not in text


def _openmetrics(text: str) -> None:
    assert [*text_string_to_metric_families(text)]


def _github(text: str) -> None:
    assert all(re.match("::(error|warning) title=costcalc%3A ", line) for line in text.splitlines())


def _for_people(text: str) -> None:
    assert r"\u202egnirts\u202c" in text
    assert r"a\x0ab" in text


#: How a format is read, and what must not be left of a name in it.
ESCAPED: dict[str, Callable[[str], None]] = {
    "html": _html,
    "table": _for_people,
    "json": _json,
    "model-explorer": _json,
    "csv": _csv,
    "markdown": _markdown,
    "openmetrics": _openmetrics,
    "junit": _xml,
    "sarif": _json,
    "gitlab": _json,
    "github": _github,
}


def assert_escaped(format: str, text: str) -> None:
    """Nothing that a stranger wrote is invisible, a command, or a part of the format."""
    assert format in ESCAPED, f"say in {__name__} how {format} is escaped"
    assert [character for character in text if not character.isprintable() and character not in "\r\n"] == []
    assert not re.search(r"##(\[|vso\[)", text, re.IGNORECASE)
    if format != "github":
        assert not re.search(r"^\s*::", text, re.MULTILINE)
    ESCAPED[format](text)


# Sums

Row = dict[str, int]


class Sums(NamedTuple):
    """The numbers of each row, and those of the total, by ``version_metric`` (of a difference by metric)."""

    rows: Sequence[Row]
    total: Row | None


def _of_report_object(data: Any) -> Sums:
    return Sums([*map(_costs, data["layers"])], _costs(data["totals"]))


def _costs(item: Any) -> Row:
    return {f"{version}_{metric}": item[version][metric] for version in VERSIONS for metric in SUMS}


def _report_csv(text: str) -> Sums:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    names = [f"{version}_{metric}" for version in VERSIONS for metric in SUMS]
    return Sums([{name: int(row[name]) for name in names} for row in rows], None)


def _report_table(text: str) -> Sums:
    table, totals = text[text.index("\nlayer ") :].split("\n\n")[:2]
    names = [f"{version}_{metric}" for metric in COLUMNS for version in VERSIONS]
    rows = [_whole_numbers(line)[-len(names) :] for line in table.splitlines()[2:]]
    lines = {line.split()[0]: _whole_numbers(line)[:3] for line in totals.splitlines()[1 : 1 + len(COLUMNS)]}
    total = [number for metric in COLUMNS for number in lines[metric]]
    return Sums([dict(zip(names, row, strict=True)) for row in rows], dict(zip(names, total, strict=True)))


def _whole_numbers(line: str) -> list[int]:
    return [int(cell.replace(",", "")) for cell in re.findall(r"(?<!\S)\d[\d,]*(?!\S)", line)]


def _report_markdown(text: str) -> Sums:
    table = text.partition("<details>")[2]
    names = [f"{version}_{metric}" for metric in COLUMNS for version in VERSIONS]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    numbers = [re.findall(r"(?<= )\**(\d[\d,]*)\**(?= \|)", line)[-len(names) :] for line in lines]
    rows = [dict(zip(names, (int(cell.replace(",", "")) for cell in row), strict=True)) for row in numbers]
    return Sums(rows[:-1], rows[-1])


def _gauges(text: str) -> Sums:
    found = {
        f"{sample.labels['version']}_{name}": int(sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "version" in sample.labels
        and (name := family.name.removeprefix("costcalc_").removesuffix("_bytes")) in SUMS
    }
    return Sums([], found)


def _diff_json(text: str) -> Sums:
    data = json.loads(text)
    rows = [{metric: layer[metric]["increase"] for metric in SUMS} for layer in data["layers"]]
    return Sums(rows, {metric: data["totals"][metric]["increase"] for metric in SUMS})


def _diff_markdown(text: str) -> Sums:
    cells = [re.split(r"(?<!\\) ?\| ?", line)[4:6] for line in text.splitlines() if line.startswith("| `")]
    rows = [dict(zip(COLUMNS, map(_signed, row), strict=True)) for row in cells]
    return Sums(rows, {metric: _signed(text.partition(f"{metric} ")[2]) for metric in COLUMNS})


def _diff_table(text: str) -> Sums:
    *layers, total = [line for line in text.splitlines() if line.startswith(("    ", "total: "))]
    rows = [{metric: _signed(line.partition(f"{metric} ")[2]) for metric in COLUMNS} for line in layers]
    return Sums(rows, {metric: _signed(total.partition(f"{metric} ")[2]) for metric in COLUMNS})


def _signed(text: str) -> int:
    match = re.match(r"[+±-][\d,]+", text)
    return int(match[0].replace("±", "").replace(",", "")) if match else 0


#: How the numbers of a document are read back.
READERS: dict[tuple[Document, str], Callable[[str], Sums]] = {
    ("report", "table"): _report_table,
    ("report", "json"): lambda text: _of_report_object(json.loads(text)),
    ("report", "csv"): _report_csv,
    ("report", "markdown"): _report_markdown,
    ("report", "openmetrics"): _gauges,
    ("check", "json"): lambda text: _of_report_object(json.loads(text)["specs"][0]),
    ("check", "openmetrics"): _gauges,
    ("diff", "table"): _diff_table,
    ("diff", "json"): _diff_json,
    ("diff", "markdown"): _diff_markdown,
}
#: Lists of limits, of mistakes, of results: what is in them does not add up to anything.
WITHOUT_SUMS = {
    *((document, "html") for document in ("report", "check", "diff")),  # tests/rendering/test_html.py
    ("report", "model-explorer"),  # tests/rendering/test_model_explorer.py
    *(("check", format) for format in ("table", "csv", "markdown", "junit", "sarif", "github", "gitlab")),
    *(("results", format) for format in ("table", "json", "markdown")),
    *(("sheet", format) for format in ("table", "json", "csv", "markdown")),
}
#: What holds totals alone.
WITHOUT_ROWS = {("report", "openmetrics"), ("check", "openmetrics")}


def assert_sums(document: Document, format: str, text: str, found: Report) -> None:
    """What a document on a report lists are the very integers of its layers, and they sum to the very totals."""
    key = (document, format)
    if key in WITHOUT_SUMS:
        return
    assert key in READERS, (
        f"say in {__name__} how the numbers of {document} as {format} are read, or that it has none"
    )
    rows, total = READERS[key](text)
    metrics = COLUMNS if format in ("table", "markdown") else SUMS
    expected = (_differences if document == "diff" else _analysis)(found, metrics)
    assert total in (expected.total, None)
    if key not in WITHOUT_ROWS:
        assert [row for row in rows if any(row.values())] == [
            row for row in expected.rows if any(row.values())
        ]
        assert {name: sum(row[name] for row in rows) for name in expected.total or {}} == expected.total


def _analysis(found: Report, metrics: Sequence[str]) -> Sums:
    analysis = found.analysis
    names = [(version, metric) for version in VERSIONS for metric in metrics]
    rows = [
        {f"{version}_{metric}": layer.versions[version][metric] for version, metric in names}
        for layer in analysis.layers
    ]
    return Sums(rows, {f"{version}_{metric}": analysis.total(version)[metric] for version, metric in names})


def _differences(found: Report, metrics: Sequence[str]) -> Sums:
    """All layers are new: the increases are what they cost."""
    rows = [{metric: layer.written[metric] for metric in metrics} for layer in found.analysis.layers]
    return Sums(rows, {metric: found.analysis.written[metric] for metric in metrics})
