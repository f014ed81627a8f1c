"""A check as JUnit XML, by the schema of Jenkins: a suite for each spec, a case for each limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costcalc.budget import Outcome, SpecOutcome, Verdict
from costcalc.rendering.check.findings import Finding, of_problem, of_spec
from costcalc.rendering.escape import xml
from costcalc.rendering.report.report import View


def render_junit(outcome: Outcome, view: View) -> str:
    """The whole check as JUnit XML."""
    suites = [_suite(spec, outcome.baseline) for spec in outcome.specs]
    if told := [of_problem(problem, "") for problem in (*outcome.problems, *outcome.warnings)]:
        cases = [_case("costcalc", "config", _MISTAKES[finding.level], finding) for finding in told]
        suites.insert(0, _wrapped("costcalc", cases))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites name="costcalc">',
        *suites,
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _suite(spec: SpecOutcome, baseline: str | None) -> str:
    found = [*of_spec(spec, baseline)]
    cases = [
        _case(spec.path, "spec", _MISTAKES[finding.level], finding)
        for finding in found
        if finding.rule == "spec"
    ]
    if not cases:
        cases.append(_case(spec.path, "spec"))
    cases += [
        _case(spec.path, finding.what, _OUTCOMES[finding.level], finding)
        for finding in found
        if finding.rule != "spec"
    ]
    cases += _quiet(spec)
    return _wrapped(spec.path, cases)


_OUTCOMES = {"error": "failure", "warning": "system-out"}
_MISTAKES = {"error": "error", "warning": "system-out"}


def _quiet(spec: SpecOutcome) -> Iterator[str]:
    """The cases of limits that hold, and of those that were not looked at."""
    for verdict in spec.verdicts:
        if verdict.status in ("pass", "skipped"):
            yield _case(spec.path, _name(verdict), "skipped" if verdict.status == "skipped" else "")


def _name(verdict: Verdict) -> str:
    return f"{verdict.metric} {verdict.rule.glob}".rstrip()


def _case(suite: str, name: str, result: str = "", finding: Finding | None = None) -> str:
    head = f'    <testcase classname="{xml(suite)}" name="{xml(name)}"'
    if not result:
        return f"{head}/>"
    if finding is None:
        return f"{head}><{result}/></testcase>"
    text = "\n".join(map(xml, _text(finding)))
    message = "" if result == "system-out" else f' message="{xml(finding.message)}" type="{finding.rule}"'
    return f"{head}><{result}{message}>{text}</{result}></testcase>"


def _text(finding: Finding) -> Sequence[str]:
    where = finding.place
    place = [f"{where.path}:{where.line}:{where.column}: {finding.message}"] if where else [finding.headline]
    return [*place, *finding.details]


def _wrapped(name: str, cases: Sequence[str]) -> str:
    counts = {
        "tests": len(cases),
        "failures": sum("<failure" in case for case in cases),
        "errors": sum("<error" in case for case in cases),
        "skipped": sum("<skipped/>" in case for case in cases),
    }
    numbers = " ".join(f'{key}="{count}"' for key, count in counts.items())
    return "\n".join([f'  <testsuite name="{xml(name)}" {numbers}>', *cases, "  </testsuite>"])
