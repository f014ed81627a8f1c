"""A check as SARIF 2.1.0, for code scanning: a result for each limit that is missed or near, and each mistake."""

from __future__ import annotations

from typing import Any

from costcalc import __version__
from costcalc.budget import Outcome
from costcalc.rendering.check.findings import RULES, Finding, findings
from costcalc.rendering.check.fingerprints import Fingerprints
from costcalc.rendering.check.roots import from_root, uri
from costcalc.rendering.json_document import json_document
from costcalc.rendering.report.report import View

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NAMES = list(RULES)


def render_sarif(outcome: Outcome, view: View) -> str:
    """The whole check as SARIF; ``view.root`` is the top of the repository, from which paths are told."""
    fingerprints = Fingerprints(view.root)
    driver = {"name": "costcalc", "version": __version__, "rules": [_rule(name) for name in RULES]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, fingerprints, view.root) for finding in findings(outcome)],
    }
    return json_document({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(name: str) -> dict[str, Any]:
    return {"id": f"costcalc/{name}", "name": name, "shortDescription": {"text": RULES[name]}}


def _result(finding: Finding, fingerprints: Fingerprints, root: str | None) -> dict[str, Any]:
    result = {
        "ruleId": f"costcalc/{finding.rule}",
        "ruleIndex": _NAMES.index(finding.rule),
        "level": finding.level,
        "message": {"text": "\n".join([finding.headline, *finding.details])},
        "partialFingerprints": {"costcalc/v1": fingerprints.of(finding)},
    }
    where = finding.place
    if where is None:
        return result
    region = {
        "startLine": where.line,
        "startColumn": where.column,
        "endLine": where.line,
        "endColumn": where.column + where.length,
    }
    place = {"artifactLocation": {"uri": uri(from_root(where.path, root))}, "region": region}
    return {**result, "locations": [{"physicalLocation": place}]}
