"""A check as a code quality report of GitLab, which shows in merge requests."""

from __future__ import annotations

from typing import Any

from costcalc.budget import Outcome
from costcalc.rendering.check.findings import Finding, findings
from costcalc.rendering.check.fingerprints import Fingerprints
from costcalc.rendering.check.roots import from_root
from costcalc.rendering.escape import terminal
from costcalc.rendering.json_document import json_document
from costcalc.rendering.report.report import View

_SEVERITIES = {"error": "major", "warning": "minor"}


def render_gitlab(outcome: Outcome, view: View) -> str:
    """The report; ``view.root`` is the top of the repository, from which paths are told."""
    fingerprints = Fingerprints(view.root)
    return json_document(_issue(finding, fingerprints, view.root) for finding in findings(outcome))


def _issue(finding: Finding, fingerprints: Fingerprints, root: str | None) -> dict[str, Any]:
    where = finding.place
    path, line = (from_root(where.path, root), where.line) if where is not None else (finding.spec or ".", 1)
    severity = (
        "blocker" if finding.rule == "spec" and finding.level == "error" else _SEVERITIES[finding.level]
    )
    return {
        "description": terminal(". ".join([finding.headline, *map(str.strip, finding.details)])),
        "check_name": f"costcalc/{finding.rule}",
        "fingerprint": fingerprints.of(finding),
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    }
