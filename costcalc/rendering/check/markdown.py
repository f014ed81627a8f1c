"""A check as Markdown for a comment on a pull request or a job's summary, cut where it would get too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costcalc.budget import Outcome, SpecOutcome
from costcalc.metrics import METRICS, in_columns
from costcalc.rendering.check.bars import changes_in_bars
from costcalc.rendering.check.findings import Finding, increase, of_problem, of_spec, without_repeats
from costcalc.rendering.check.table import render_summary
from costcalc.rendering.escape import markdown
from costcalc.rendering.report.report import View
from costcalc.rendering.text import cells

_MARKS = {"broken": "💥", "fail": "❌", "warning": "⚠️", "pass": "✅"}
_MORE = "\n… and more than fits here.\n"


def render_check_markdown(outcome: Outcome, view: View, most: int | None = None) -> str:
    """The whole check as Markdown, of at most so many bytes of UTF-8."""
    pieces: list[str] = []
    left = None if most is None else most - len(_MORE.encode())
    for piece in _pieces(outcome):
        if left is not None:
            left -= len(piece.encode("utf-8", "backslashreplace"))
            if left < 0:
                return "".join([*pieces, _MORE])
        pieces.append(piece)
    return "".join(pieces)


def _pieces(outcome: Outcome) -> Iterator[str]:
    """The parts between which it can be cut."""
    yield f"## costcalc: {_title(outcome)}\n\n"
    yield f"{markdown(render_summary(outcome))}\n"
    for problem in (*outcome.problems, *outcome.warnings):
        yield _finding(of_problem(problem, ""))
    ordered, metrics = outcome.by_status(), _metrics(outcome)
    for spec in ordered:
        found = [*without_repeats(of_spec(spec, outcome.baseline))]
        if found:
            yield f"\n### {_MARKS[spec.status]} {markdown(spec.path)}\n"
            yield from map(_finding, found)
    if ordered or outcome.removed:
        header = ("", "spec", *metrics, "since the baseline")
        yield f"\n| {' | '.join(header)} |\n|---|---|{'---:|' * len(metrics)}---|\n"
    yield from (_row(spec, metrics) for spec in ordered)
    for path in outcome.removed:
        yield f"| ➖ | {markdown(path)} |{' |' * len(metrics)} removed |\n"
    for spec in ordered:
        if spec.comparison is not None:
            yield changes_in_bars(spec.path, spec.comparison)


def _metrics(outcome: Outcome) -> list[str]:
    """The metrics that have columns everywhere, and those that are limited here."""
    limited = {verdict.rule.metric for spec in outcome.specs for verdict in spec.verdicts}
    return [metric for metric in METRICS if metric in limited or in_columns([metric])]


def _title(outcome: Outcome) -> str:
    if any(spec.is_over for spec in outcome.specs):
        return "over budget"
    return "broken" if outcome.is_broken else "limits loosened" if outcome.failed else "within budget"


def _finding(finding: Finding) -> str:
    where = finding.location
    place = f"{markdown(f'{where.path}:{where.line}:{where.column}')}: " if where is not None else ""
    lines = [f"\n- {place}**{markdown(finding.message)}**"]
    lines += [f"  - {markdown(detail.strip())}" for detail in finding.details]
    return "\n".join(lines) + "\n"


def _row(spec: SpecOutcome, metrics: Sequence[str]) -> str:
    if spec.analysis is None:
        return f"| {_MARKS[spec.status]} | {markdown(spec.path)} |{' |' * len(metrics)} |\n"
    known, written = spec.analysis.metrics, spec.analysis.written
    costs = [
        cells.printer(metric, exact=True)(written[metric] if metric in known else None) for metric in metrics
    ]
    row = (_MARKS[spec.status], markdown(spec.path), *costs, markdown(_since(spec)))
    return f"| {' | '.join(row)} |\n"


def _since(spec: SpecOutcome) -> str:
    if spec.comparison is None:
        return "new" if spec.is_new else ""
    was = f"was {spec.was}; " if spec.was else ""
    before, after = spec.comparison.old.values, spec.comparison.new.values
    changes = [
        f"{metric} {increase(metric, before[metric], after[metric])}"
        for metric in spec.comparison.metrics
        if before[metric] != after[metric]
    ]
    return was + (", ".join(changes) or "unchanged")
