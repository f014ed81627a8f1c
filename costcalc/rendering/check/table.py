"""A check for people: failures first, each with the place of its limit and what weighs most; then the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from costcalc.budget import Outcome, SpecOutcome, Verdict
from costcalc.budget.outcome import NO_LIMIT
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
    told = view.told
    for problem in () if told else (*outcome.problems, *outcome.warnings):
        yield from _finding(of_problem(problem, ""), "")
    ordered = outcome.by_status()
    passing = [spec for spec in ordered if spec.status == "pass"]
    for spec in ordered[: len(ordered) - len(passing)]:
        yield from _spec(spec, outcome.baseline, told)
    if len(passing) <= MOST_LISTED or view.expand:
        for spec in passing:
            yield from _spec(spec, outcome.baseline, told)
    else:
        yield Line("pass", f"ok       {len(passing)} specs, which -v lists")
    for path in outcome.removed:
        yield Line("text", terminal(f"removed  {path}, which {outcome.baseline} has"))


def _spec(spec: SpecOutcome, baseline: str | None, told: bool) -> Iterator[Line]:
    found = [*without_repeats(of_spec(spec, baseline))]
    mistakes = [finding for finding in found if finding.rule == "spec"]
    remarks = [*_counts(mistakes)] if told else []
    remarks += _state(spec, baseline)
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
    if not told:
        for finding in mistakes[:_MOST_MISTAKES]:
            yield from _finding(finding._replace(details=()), "  ")
        if len(mistakes) > _MOST_MISTAKES:
            yield Line("note", f"  and {len(mistakes) - _MOST_MISTAKES} more errors")
    for finding in found:
        if finding.rule != "spec":
            yield from _finding(finding, "  ")


def _counts(mistakes: Sequence[Finding]) -> Iterator[str]:
    """``2 errors, told on standard error``."""
    for level in ("error", "warning"):
        count = sum(finding.level == level for finding in mistakes)
        if count:
            yield f"{count} {level}{'' if count == 1 else 's'}, told on standard error"


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
    kind = f"{finding.level}: " if finding.rule == "spec" else ""
    yield Line(role, terminal(f"{indent}{place}{kind}{finding.message}"))
    yield from (Line("note", terminal(f"{indent}  {detail}")) for detail in finding.details)


def _counted(outcome: Outcome) -> str:
    free = sum(spec.status == "pass" and not spec.limits for spec in outcome.specs)
    missed = [_missed(spec) for spec in outcome.specs if spec.status == "fail" and spec.is_over]
    gains = sum(kinds == {"ratchet"} for kinds in missed)
    near = sum(spec.status == "warning" and spec.is_near for spec in outcome.specs)
    counts = [
        (outcome.counts["broken"], "broken"),
        (len(missed) - gains, "over budget"),
        (gains, "with a gain to keep"),
        (outcome.counts["fail"] - len(missed), "with looser limits, which are locked"),
        (near, "near budget"),
        (outcome.counts["warning"] - near, "with warnings"),
        (outcome.counts["pass"] - free, "within budget"),
        (free, "without any limit applied"),
    ]
    parts = [f"{count} {name}" for count, name in counts if count]
    loosened = sum(len(spec.loosened) for spec in outcome.specs)
    if loosened:
        parts.append(f"{_number(loosened, 'limit')} loosened since {outcome.baseline}")
    limits = sum(spec.limits for spec in outcome.specs)
    total = f"{_number(len(outcome.specs), 'spec')}, {_number(limits, 'limit')}"
    return f"{total}: {', '.join(parts)}" if parts else total


def _missed(spec: SpecOutcome) -> set[str]:
    """The kinds of limits that a spec misses."""
    return {verdict.rule.kind for verdict in spec.verdicts if verdict.status == "fail"}


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _mending(outcome: Outcome) -> str:
    """What to do where something could not be checked: the specs may be sound, and only lack a limit or a baseline."""
    if outcome.problems == (NO_LIMIT,):
        return "give a spec a budget"
    statuses = {verdict.status for spec in outcome.specs for verdict in spec.verdicts}
    if outcome.baseline is None and statuses == {"skipped"} and not outcome.counts["broken"]:
        return "write a baseline"
    return "fix what is broken"


def _next_steps(outcome: Outcome) -> Iterator[str]:
    missed = {kind for spec in outcome.specs for kind in _missed(spec)}
    if outcome.is_broken:
        yield _mending(outcome)
    if missed & {"total", "ceiling", "layer", "share", "reduction"}:
        yield "make what is over cheaper or raise its limit"
    if any(spec.locked and spec.loosened for spec in outcome.specs):
        yield "restore the limits that were loosened"
    is_file = outcome.baseline is not None and not outcome.baseline.startswith("git:")
    update = "run costcalc baseline update and commit it"
    if "regression" in missed:
        yield f"if the increase is meant, {update if is_file else 'raise the increase that is allowed'}"
    if "ratchet" in missed:
        yield f"keep the gain: {'lower the budget, or ' + update if is_file else 'lower the budget'}"
