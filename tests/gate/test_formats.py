"""Each format of a check is valid under its own standard, whatever the specs are called and say."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from jsonschema import Draft4Validator
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from costcalc.rendering.formats import formats_of
from gate.projects import Cli, spec, write

SCHEMAS = Path(__file__).parent.parent / "schemas"
FORMATS = formats_of("check")
HOSTILE = (
    "a\\nb",
    "%0A::error::pwned",
    "::error::pwned",
    "##[error]pwned",
    "##vso[task.complete]",
    "a|b",
    "<img src=x onerror=alert(1)>",
    "]]>",
    "<!-- -->",
    "=1+1",
    "@SUM(1)",
    '\\"',
    "`code`",
    "[link](javascript:x)",
    "\\e[31mred",
    "\\u202Eright",
    "\\u2028line",
    "\\x00nul",
    "\\uFFFE",
    "[bold]x[/bold]",
    "*",
    "&amp;",
    "ü漢😀",
)


def hostile_layers() -> str:
    lines = [f'  - {{type: conv, name: "{name}", out_channels: 9, kernel_size: 3}}\n' for name in HOSTILE]
    return "input: 8x8x1\nlayers:\n" + "".join(lines)


@pytest.fixture
def reports(cli: Cli, project: Path) -> dict[str, str]:
    """Every format, of specs that are over, near and within their budgets, new, removed and broken."""
    (project.parent / ".git").rmdir()
    (project / ".git").mkdir()
    spec("gone.yaml")
    spec("over%0A::error::.yaml", text=hostile_layers().replace("9, kernel", "8, kernel"))
    cli("baseline", "update")
    Path("gone.yaml").unlink()
    budget = (
        '{params: 1, layers: {"*": {multiplies: 1}}, regression: {params: 0%}, message: "::warning::%0Ax<b>"}'
    )
    spec("over%0A::error::.yaml", budget, hostile_layers())
    spec("near|<b>.yaml", "{params: {max: 11, warn: 1%}, multiplies: 1000, reduction: {params: 9x}}")
    spec("new `x`.yaml", "{params: 10}")
    write("=broken,1.yaml", 'layers: [{type: "]]><script>"}]\n')
    write("@broken.yaml", 'input: 1\nname: "\\e[31m"\nlayers: [relu, {type: relu, "##[group]\\n::x": 1}]\n')
    words = [word for name in FORMATS[1:] for word in ("-o", f"{name}={name}.out")]
    result = cli("check", *words)
    assert result.code == 2
    found = {name: Path(f"{name}.out").read_text(encoding="utf-8") for name in FORMATS[1:]}
    return {"table": result.out, "stderr": result.err, **found}


def test_no_format_is_broken_by_names(reports: dict[str, str]) -> None:
    for name, text in reports.items():
        odd = [character for character in text if not character.isprintable() and character not in "\r\n"]
        assert odd == [], name
        if name != "github":
            assert not re.search(r"^\s*::", text, re.MULTILINE), name
        assert "##[" not in text, name
        assert "##vso[" not in text, name
    lines = reports["github"].splitlines()
    assert all(
        re.match("::(error|warning) title=costcalc%3A [a-z]+,file=[^:]+,line=[0-9]+,", line) for line in lines
    )
    assert len(lines) == sum(1 for _ in json.loads(reports["gitlab"]))


def test_table(reports: dict[str, str]) -> None:
    lines = reports["table"].splitlines()
    heads = [line.split(": ")[0] for line in lines if re.match("(broken|FAILED|warning|ok|removed)  ", line)]
    assert heads == [
        "broken   =broken,1.yaml",
        "broken   @broken.yaml",
        "FAILED   near|<b>.yaml",
        "FAILED   over%0A::error::.yaml",
        "ok       new `x`.yaml",
        "removed  gone.yaml, which costcalc-baseline.json has",
    ]
    assert "\\x1b[31mred" in reports["table"]


def test_json(reports: dict[str, str]) -> None:
    document = json.loads(reports["json"])
    assert list(document) == ["schema_version", "tool", "specs", "summary"]
    specs = {entry["network"]["path"]: entry for entry in document["specs"]}
    assert document["summary"] == {
        "specs": 5,
        "limits": 7,
        "broken": 2,
        "failed": 2,
        "warnings": 0,
        "passed": 1,
        "baseline": "costcalc-baseline.json",
        "removed": ["gone.yaml"],
        "errors": [],
        "warned": [],
        "loosened": 0,
    }
    broken = specs["=broken,1.yaml"]
    assert "totals" not in broken
    assert broken["error"][0]["location"] == {"path": "=broken,1.yaml", "line": 1, "column": 1}
    assert specs["near|<b>.yaml"]["budget"][0] == {
        "metric": "multiplies",
        "value": 576,
        "limit": 1000,
        "status": "pass",
        "location": {"path": "near|<b>.yaml", "line": 4, "column": 51},
    }
    over = specs["over%0A::error::.yaml"]
    assert over["baseline"]["state"] == "known"
    assert over["totals"]["written"]["params"] - over["baseline"]["params"] == sum(
        change["params"]["increase"] for change in over["baseline"]["changes"]["layers"]
    )


def test_csv(reports: dict[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(reports["csv"], newline="")))
    assert all(None not in row and None not in row.values() for row in rows)
    assert not [
        cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    ]
    assert {row["spec"] for row in rows} == {
        "'=broken,1.yaml",
        "'@broken.yaml",
        "near|<b>.yaml",
        "new `x`.yaml",
        "over%0A::error::.yaml",
    }
    row = next(row for row in rows if row["metric"] == "regression.params")
    assert int(row["value"]) - int(row["limit"]) == int(row["excess"])
    assert row["limit"] == row["baseline"]


def test_markdown(reports: dict[str, str]) -> None:
    text = reports["markdown"]
    assert text.startswith(
        "## costcalc: over budget\n\n5 specs, 7 limits: 2 broken, 2 over budget, 1 within budget"
    )
    for raw in ("<img", "<b>", "<script>", "](javascript", "`code`", "`x`"):
        assert not re.search(r"(?<!\\)" + re.escape(raw), text), raw
    specs, *changes = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in specs.splitlines()} == {6}
    for table in changes:
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()} == {7}
    assert changes


def test_junit(reports: dict[str, str]) -> None:
    schema = xmlschema.XMLSchema(str(SCHEMAS / "jenkins-junit-10.xsd"))
    schema.validate(reports["junit"])
    root = ElementTree.fromstring(reports["junit"])
    suites = {suite.get("name"): suite for suite in root}
    for suite in suites.values():
        for key, tag in (("tests", "testcase"), ("failures", ".//failure"), ("errors", ".//error")):
            assert int(suite.get(key, "-1")) == len(suite.findall(tag))
    failure = suites["near|<b>.yaml"].find(".//failure")
    assert failure is not None
    assert failure.get("type") == "reduction"
    assert suites["=broken,1.yaml"].find(".//error") is not None


def test_sarif(reports: dict[str, str]) -> None:
    document = json.loads(reports["sarif"])
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text())
    assert [error.message for error in Draft4Validator(schema).iter_errors(document)] == []
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    places = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]
    }
    assert places == {
        "%3Dbroken%2C1.yaml",
        "%40broken.yaml",
        "near%7C%3Cb%3E.yaml",
        "over%250A%3A%3Aerror%3A%3A.yaml",
    }


def test_gitlab(reports: dict[str, str]) -> None:
    issues: list[dict[str, Any]] = json.loads(reports["gitlab"])
    fingerprints = [issue["fingerprint"] for issue in issues]
    assert len(set(fingerprints)) == len(fingerprints)
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith(("/", "./"))


def test_openmetrics(reports: dict[str, str]) -> None:
    families = {family.name: family for family in text_string_to_metric_families(reports["openmetrics"])}
    assert set(families) == {
        "costcalc_multiplies",
        "costcalc_params",
        "costcalc_activations",
        "costcalc_peak_memory_bytes",
        "costcalc_weight_memory_bytes",
        "costcalc_limit",
        "costcalc_over_limit",
        "costcalc_broken",
    }
    written = {
        sample.labels["spec"]: sample.value
        for sample in families["costcalc_params"].samples
        if sample.labels["version"] == "written"
    }
    assert written["new `x`.yaml"] == 10
    broken = {sample.labels["spec"]: sample.value for sample in families["costcalc_broken"].samples}
    assert broken["=broken,1.yaml"] == 1
    assert broken["new `x`.yaml"] == 0


def fingerprints(cli: Cli) -> dict[str, str]:
    """The fingerprints of what is found, by what it says."""
    return {
        issue["description"]: issue["fingerprint"] for issue in json.loads(cli("check", "-f", "gitlab").out)
    }


def test_fingerprints_stay_while_lines_and_numbers_move(cli: Cli) -> None:
    spec("a.yaml", "{params: 9, multiplies: 9}")
    write("b.yaml", "input: 1\nlayers: [konv, konv]\n")
    before = fingerprints(cli)
    text = "# a line more\ninput: 8x8x2\nlayers:\n  - {type: conv, out_channels: 1, kernel_size: 3}\n"
    spec("a.yaml", "{params: 8, multiplies: 8}", text)
    write("b.yaml", "# a line more\n\ninput: 1\nlayers: [konv, konv]\n")
    after = fingerprints(cli)
    assert len(before) == 3  # the two equal mistakes have equal descriptions
    assert list(before.values()) == list(after.values())
    assert list(before) != list(after)


def test_paths_are_told_from_the_top_of_the_repository(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec("nets/a.yaml", "{params: 9}")
    (project / ".git").mkdir()
    monkeypatch.chdir("nets")
    assert "file=nets/a.yaml,line=4" in cli("check", "-f", "github").out
    assert json.loads(cli("check", "-f", "gitlab").out)[0]["location"]["path"] == "nets/a.yaml"
    sarif = json.loads(cli("check", "-f", "sarif").out)
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "nets/a.yaml"
    monkeypatch.setenv("CI_PROJECT_DIR", str(project.parent))
    assert json.loads(cli("check", "-f", "gitlab").out)[0]["location"]["path"] == "project/nets/a.yaml"


def test_specs_without_a_file_have_no_place(cli: Cli) -> None:
    for name in ("github", "gitlab", "sarif", "junit", "openmetrics", "csv", "json", "markdown"):
        result = cli("check", "zoo:lenet5", "--max-params", "1", "-f", name)
        assert result.code == 1
        assert "zoo:lenet5" in result.out
    assert "file=" not in cli("check", "zoo:lenet5", "--max-params", "1", "-f", "github").out


def test_reports_are_the_same_twice(cli: Cli) -> None:
    spec("a.yaml", "{params: 9}")
    for name in FORMATS:
        assert cli("check", "-f", name).out == cli("check", "-f", name).out


def test_analyze_has_metrics_too(cli: Cli) -> None:
    spec("a.yaml", "{params: 9}")
    result = cli("analyze", "a.yaml", "-f", "openmetrics")
    assert result.code == 1
    families = {family.name: family for family in text_string_to_metric_families(result.out)}
    assert [sample.value for sample in families["costcalc_over_limit"].samples] == [1]
