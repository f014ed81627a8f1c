"""A check as workflow commands of GitHub Actions, which show as annotations at the lines that they are about."""

from __future__ import annotations

from costcalc.budget import Outcome
from costcalc.rendering.check.findings import Finding, findings
from costcalc.rendering.check.roots import from_root
from costcalc.rendering.escape import github_data, github_property
from costcalc.rendering.report.report import View


def render_github(outcome: Outcome, view: View) -> str:
    """One command a line; ``view.root`` is the top of the repository, from which paths are told."""
    return "".join(f"{_command(finding, view.root)}\n" for finding in findings(outcome))


def _command(finding: Finding, root: str | None) -> str:
    properties = {"title": f"costcalc: {finding.rule}"}
    where = finding.place
    if where is not None:
        properties |= {
            "file": from_root(where.path, root),
            "line": str(where.line),
            "col": str(where.column),
            "endColumn": str(where.column + where.length),
        }
    listed = ",".join(f"{key}={github_property(value)}" for key, value in properties.items())
    message = "\n".join([finding.headline, *finding.details])
    return f"::{finding.level} {listed}::{github_data(message)}"
