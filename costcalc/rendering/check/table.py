"""A check for people: failures first, each with the place of its limit and what weighs most; then the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from costcalc.budget import Outcome, SpecOutcome, SpecStatus, Verdict
from costcalc.rendering.check.findings import Finding, of_problem, of_spec, percent_increase, without_repeats
from costcalc.rendering.check.verdict import against
from costcalc.rendering.escape import terminal
from costcalc.rendering.report.report import View
from costcalc.rendering.text.layout import Line, Role
from costcalc.rendering.text.plain import finish

#: So many specs that pass are listed; more are counted, unless all were asked for.
MOST_LISTED = 20
#: So many mistakes of a spec are listed: all of them stand on standard error, with their lines.
_MOST_MISTAKES = 3

_WORDS = {"broken": "broken", "fail": "FAILED", "warning": "warning", "pass": "ok"}
_ROLES: dict[str, Role] = {"broken": "fail", "fail": "fail", "warning": "warning", "pass": "pass"}


def render_check_table(outcome: Outcome, view: View) -> str:
    """The whole check, but for its summary."""
    return finish([*_lines(outcome, view)], view)


def render_summary(outcome: Outcome, written: Sequence[str] = (), hints: Iterable[str] = ()) -> str:
    """One line: how many specs are what, the reports that were written, what to do next."""
    parts = [_counted(outcome)]
    if written:
        parts.append(f"wrote {', '.join(written)}")
    if steps := [*_next_steps(outcome), *hints]:
        parts.append(f"next: {', and '.join(steps)}")
    return terminal("; ".join(parts))


def _lines(outcome: Outcome, view: View) -> Iterator[Line]:
    for problem in outcome.problems:
        yield from _finding(of_problem(problem, ""), "")
    ordered = outcome.by_status()
    passing = [spec for spec in ordered if spec.status == "pass"]
    for spec in ordered[: len(ordered) - len(passing)]:
        yield from _spec(spec, outcome.baseline)
    if len(passing) <= MOST_LISTED or view.expand:
        for spec in passing:
            yield from _spec(spec, outcome.baseline)
    else:
        yield Line("pass", f"ok       {len(passing)} specs, which -v lists")
    for path in outcome.removed:
        yield Line("text", terminal(f"removed  {path}, which {outcome.baseline} has"))


def _spec(spec: SpecOutcome, baseline: str | None) -> Iterator[Line]:
    remarks = [*_state(spec, baseline)]
    if spec.status in ("pass", "warning"):
        remarks += [standing(verdict) for verdict in spec.verdicts if _is_summed_up(verdict)]
        if not spec.is_new:
            remarks += [
                f"{verdict.metric} not checked" for verdict in spec.verdicts if verdict.status == "skipped"
            ]
        if not spec.verdicts:
            remarks.append("no limits")
    tail = f": {', '.join(remarks)}" if remarks else ""
    yield Line(_ROLES[spec.status], terminal(f"{_WORDS[spec.status]:8} {spec.path}{tail}"))
    found = [*without_repeats(of_spec(spec, baseline))]
    mistakes = [finding for finding in found if finding.rule == "spec"]
    for finding in mistakes[:_MOST_MISTAKES]:
        yield from _finding(finding._replace(details=()), "  ")
    if len(mistakes) > _MOST_MISTAKES:
        yield Line("note", f"  and {len(mistakes) - _MOST_MISTAKES} more errors")
    for finding in found:
        if finding.rule != "spec":
            yield from _finding(finding, "  ")


def _state(spec: SpecOutcome, baseline: str | None) -> Iterator[str]:
    if spec.is_new:
        yield f"new since {baseline}"
    if spec.was:
        yield f"was {spec.was}"
    if spec.status in ("pass", "warning") and spec.comparison is not None:
        before, after = spec.comparison.old.values, spec.comparison.new.values
        for metric in spec.comparison.metrics:
            percent = percent_increase(before[metric], after[metric])
            if percent:
                yield f"{metric} {percent} since {baseline}"


def _is_summed_up(verdict: Verdict) -> bool:
    return verdict.status == "pass" and verdict.rule.kind in ("total", "reduction")


def standing(verdict: Verdict) -> str:
    """``params 4,231,976 of 4,300,000 (98.4%)``."""
    return f"{verdict.metric} {against(verdict)}"


def _finding(finding: Finding, indent: str) -> Iterator[Line]:
    where = finding.location
    place = f"{where.path}:{where.line}:{where.column}: " if where is not None else ""
    role: Role = "fail" if finding.level == "error" else "warning"
    kind = "error: " if finding.rule == "spec" else ""
    yield Line(role, terminal(f"{indent}{place}{kind}{finding.message}"))
    yield from (Line("note", terminal(f"{indent}  {detail}")) for detail in finding.details)


def _counted(outcome: Outcome) -> str:
    names: dict[SpecStatus, str] = {
        "broken": "broken",
        "fail": "over budget",
        "warning": "near budget",
        "pass": "within budget",
    }
    parts = [f"{outcome.counts[status]} {name}" for status, name in names.items() if outcome.counts[status]]
    specs, limits = len(outcome.specs), sum(spec.limits for spec in outcome.specs)
    total = f"{specs} spec{'' if specs == 1 else 's'}, {limits} limit{'' if limits == 1 else 's'}"
    return f"{total}: {', '.join(parts)}" if parts else total


def _next_steps(outcome: Outcome) -> Iterator[str]:
    missed = {
        verdict.rule.kind for spec in outcome.specs for verdict in spec.verdicts if verdict.status == "fail"
    }
    if outcome.is_broken:
        yield "fix what is broken"
    if missed & {"total", "layer", "share", "reduction"}:
        yield "make what is over cheaper or raise its limit"
    is_file = outcome.baseline is not None and not outcome.baseline.startswith("git:")
    update = "run costcalc baseline update and commit it"
    if "regression" in missed:
        yield f"if the increase is meant, {update if is_file else 'raise the increase that is allowed'}"
    if "ratchet" in missed:
        yield f"keep the gain: {'lower the budget, or ' + update if is_file else 'lower the budget'}"
