"""A check as JSON: ``{"schema_version", "tool", "specs", "summary"}``, whatever the number of specs.

Each spec is the object that ``analyze`` prints, with its status, and with what changed since the baseline
where there is one; a broken one has ``error`` in place of what is not known.
"""

from __future__ import annotations

from typing import Any

from costcalc import __version__
from costcalc.budget import Loosened, Outcome, SpecOutcome
from costcalc.errors import Location, Problem
from costcalc.metrics import plain_number
from costcalc.rendering.check.verdict import rule_name
from costcalc.rendering.diff.changes import comparison_object
from costcalc.rendering.json_document import json_document
from costcalc.rendering.report.json import SCHEMA_VERSION, report_object
from costcalc.rendering.report.report import Report, View

_TOOL = {"name": "costcalc", "version": __version__}


def render_check_json(outcome: Outcome, view: View) -> str:
    """The whole check as JSON."""
    return json_document(check_object(outcome))


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
            "warned": [_problem(problem) for problem in outcome.warnings],
            "loosened": sum(len(spec.loosened) for spec in outcome.specs),
        },
    }


def _spec(spec: SpecOutcome, baseline: str | None) -> dict[str, Any]:
    if spec.analysis is None:
        known = {"schema_version": SCHEMA_VERSION, "tool": _TOOL, "network": {"path": spec.path}}
    else:
        known = report_object(Report(spec.path, spec.analysis, spec.verdicts))
    errors = {"error": [_problem(problem) for problem in spec.problems]} if spec.problems else {}
    warnings = {"warning": [_problem(problem) for problem in spec.warnings]} if spec.warnings else {}
    loosened = {"loosened": [*map(_loosened, spec.loosened)]} if spec.loosened else {}
    return {**known, "status": spec.status, **errors, **warnings, **loosened, **_since(spec, baseline)}


def _loosened(change: Loosened) -> dict[str, Any]:
    rules = {"before": change.before, "now": change.now}
    limits = {name: None if rule is None else plain_number(rule.bound) for name, rule in rules.items()}
    where = None if change.now is None else change.now.location
    return {"limit": rule_name(change.before), **limits, "location": _location(where)}


def _since(spec: SpecOutcome, baseline: str | None) -> dict[str, Any]:
    if baseline is None or spec.analysis is None:
        return {}
    if spec.before is None or spec.comparison is None:
        return {"baseline": {"name": baseline, "state": "new" if spec.is_new else "unknown"}}
    before = {metric: plain_number(value) for metric, value in spec.before.values.items()}
    state = {"name": baseline, "state": "known", "path": spec.was or spec.path}
    return {"baseline": {**state, **before, "changes": comparison_object(spec.comparison)}}


def _problem(problem: Problem) -> dict[str, Any]:
    hint = "; ".join(problem.hints) or None
    return {"message": problem.message, "hint": hint, "location": _location(problem.location)}


def _location(where: Location | None) -> dict[str, Any] | None:
    return None if where is None else {"path": where.path, "line": where.line, "column": where.column}
