"""A check as CSV by RFC 4180: one row a limit, or a mistake; a spec without limits has a row all the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from costcalc.budget import Loosened, Outcome, SpecOutcome, Verdict
from costcalc.errors import Location, Problem
from costcalc.metrics import plain_number
from costcalc.rendering.check.verdict import loosened_sentence, rule_name
from costcalc.rendering.escape import csv_cell
from costcalc.rendering.report.report import View

COLUMNS = ("spec", "status", "metric", "value", "limit", "excess", "baseline", "location", "message")


def render_check_csv(outcome: Outcome, view: View) -> str:
    """The whole check as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_problem("", problem) for problem in (*outcome.problems, *outcome.warnings))
    for spec in outcome.specs:
        writer.writerows(_rows(spec))
    return text.getvalue()


def _rows(spec: SpecOutcome) -> Iterator[tuple[object, ...]]:
    yield from (_problem(spec.path, problem) for problem in (*spec.problems, *spec.warnings))
    yield from (_loosened(spec, change) for change in spec.loosened)
    yield from (_verdict(spec.path, verdict) for verdict in spec.verdicts)
    if not spec.problems and not spec.verdicts:
        yield csv_cell(spec.path), spec.status, "", "", "", "", "", "", ""


def _problem(path: str, problem: Problem) -> tuple[object, ...]:
    where = _place(problem.location)
    status = "broken" if problem.severity == "error" else "warning"
    return csv_cell(path), status, "", "", "", "", "", where, csv_cell(problem.message)


def _loosened(spec: SpecOutcome, change: Loosened) -> tuple[object, ...]:
    status = "fail" if spec.locked else "warning"
    where = _place(change.now.location if change.now is not None else None)
    said = csv_cell(loosened_sentence(change))
    return csv_cell(spec.path), status, csv_cell(rule_name(change.before)), "", "", "", "", where, said


def _verdict(path: str, verdict: Verdict) -> tuple[object, ...]:
    rule = verdict.rule
    numbers = map(plain_number, (verdict.value, verdict.limit, verdict.excess, verdict.base))
    where = _place(rule.location) or rule.flag
    said = csv_cell(rule.message) if rule.message and verdict.status == "fail" else ""
    return csv_cell(path), verdict.status, csv_cell(verdict.metric), *numbers, where, said


def _place(where: Location | None) -> str:
    return "" if where is None else csv_cell(f"{where.path}:{where.line}:{where.column}")
