"""A check as CSV by RFC 4180: one row a limit, or a mistake; a spec without limits has a row all the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from costcalc.budget import Outcome, SpecOutcome, Verdict
from costcalc.errors import Location, Problem
from costcalc.metrics import plain_number
from costcalc.rendering.escape import csv_cell

COLUMNS = ("spec", "status", "metric", "value", "limit", "excess", "baseline", "location", "message")


def render_check_csv(outcome: Outcome) -> str:
    """The whole check as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_problem("", problem) for problem in outcome.problems)
    for spec in outcome.specs:
        writer.writerows(_rows(spec))
    return text.getvalue()


def _rows(spec: SpecOutcome) -> Iterator[tuple[object, ...]]:
    yield from (_problem(spec.path, problem) for problem in spec.problems)
    yield from (_verdict(spec.path, verdict) for verdict in spec.verdicts)
    if not spec.problems and not spec.verdicts:
        yield csv_cell(spec.path), spec.status, "", "", "", "", "", "", ""


def _problem(path: str, problem: Problem) -> tuple[object, ...]:
    where = _place(problem.location)
    return csv_cell(path), "broken", "", "", "", "", "", where, csv_cell(problem.message)


def _verdict(path: str, verdict: Verdict) -> tuple[object, ...]:
    rule = verdict.rule
    numbers = map(plain_number, (verdict.value, verdict.limit, verdict.excess, verdict.base))
    where = _place(rule.location) or rule.flag
    said = csv_cell(rule.message) if rule.message and verdict.status == "fail" else ""
    return csv_cell(path), verdict.status, csv_cell(verdict.metric), *numbers, where, said


def _place(where: Location | None) -> str:
    return "" if where is None else csv_cell(f"{where.path}:{where.line}:{where.column}")
