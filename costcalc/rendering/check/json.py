"""A check as JSON: ``{"schema_version", "tool", "specs", "summary"}``, whatever the number of specs.

Each spec is the object that ``analyze`` prints, with its status, and with what changed since the baseline
where there is one; a broken one has ``error`` in place of what is not known.
"""

from __future__ import annotations

import json
from typing import Any

from costcalc import __version__
from costcalc.budget import Outcome, SpecOutcome
from costcalc.errors import Location, Problem
from costcalc.metrics import plain_number
from costcalc.rendering.diff.changes import comparison_object
from costcalc.rendering.report.json import SCHEMA_VERSION, report_object
from costcalc.rendering.report.report import Report

_TOOL = {"name": "costcalc", "version": __version__}


def render_check_json(outcome: Outcome) -> str:
    """The whole check as JSON."""
    return json.dumps(check_object(outcome), indent=2) + "\n"


def check_object(outcome: Outcome) -> dict[str, Any]:
    """The whole check as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": _TOOL,
        "specs": [_spec(spec, outcome.baseline) for spec in outcome.specs],
        "summary": {
            "specs": len(outcome.specs),
            "limits": sum(spec.limits for spec in outcome.specs),
            "broken": outcome.counts["broken"],
            "failed": outcome.counts["fail"],
            "warnings": outcome.counts["warning"],
            "passed": outcome.counts["pass"],
            "baseline": outcome.baseline,
            "removed": list(outcome.removed),
            "errors": [_problem(problem) for problem in outcome.problems],
        },
    }


def _spec(spec: SpecOutcome, baseline: str | None) -> dict[str, Any]:
    if spec.analysis is None:
        known = {"schema_version": SCHEMA_VERSION, "tool": _TOOL, "network": {"path": spec.path}}
    else:
        known = report_object(Report(spec.path, spec.analysis, spec.verdicts))
    errors = {"error": [_problem(problem) for problem in spec.problems]} if spec.problems else {}
    return {**known, "status": spec.status, **errors, **_since(spec, baseline)}


def _since(spec: SpecOutcome, baseline: str | None) -> dict[str, Any]:
    if baseline is None or spec.analysis is None:
        return {}
    if spec.before is None or spec.comparison is None:
        return {"baseline": {"name": baseline, "state": "new" if spec.is_new else "unknown"}}
    before = {metric: plain_number(value) for metric, value in spec.before.values.items()}
    state = {"name": baseline, "state": "known", "path": spec.was or spec.path}
    return {"baseline": {**state, **before, "changes": comparison_object(spec.comparison)}}


def _problem(problem: Problem) -> dict[str, Any]:
    return {"message": problem.message, "hint": problem.hint, "location": _location(problem.location)}


def _location(where: Location | None) -> dict[str, Any] | None:
    return None if where is None else {"path": where.path, "line": where.line, "column": where.column}
