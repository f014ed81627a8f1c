"""What a check found, one thing after the other, in words that no format has escaped yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from costcalc.analysis.comparison import Comparison, FieldChange, LayerChange
from costcalc.analysis.costs import Analysis, VersionName
from costcalc.budget import Loosened, Outcome, SpecOutcome, Verdict
from costcalc.errors import Location, Problem, format_route
from costcalc.metrics import Number, metric_named
from costcalc.quantity import format_percent
from costcalc.rendering.check.verdict import loosened_sentence, sentence

Level: TypeAlias = Literal["error", "warning"]

#: The rules that a finding can be about, and what each stands for.
RULES = {
    "spec": "The spec, or the config, can be read and its network built.",
    "total": "The network costs at most what its budget says.",
    "ceiling": "The network costs at most what the project allows, whatever its own budget says.",
    "layer": "Each layer costs at most what the budget says of layers of its name.",
    "share": "Each layer has at most the share of the whole that the budget says.",
    "reduction": "Depthwise-separable convolutions would cost less by at least the factor that the budget says.",
    "regression": "The network costs at most so much more than in the baseline.",
    "limits": "No limit lets pass more than it did in the baseline.",
    "ratchet": "What the network has got cheaper is kept by its baseline or its budget.",
}

_HEAVIEST = 3
_CHANGES = 3
_FIELDS = 3


class Finding(NamedTuple):
    """One thing to tell. ``spec`` is the spec it is about, "" for the check as a whole.

    ``what`` tells it apart from others of its rule in the same spec, whatever the numbers. ``details`` are
    further lines.
    """

    rule: str
    level: Level
    spec: str
    what: str
    message: str
    location: Location | None = None
    details: tuple[str, ...] = ()

    @property
    def place(self) -> Location | None:
        """Where to show it: where the limit or the mistake stands, or at the top of the spec."""
        if self.location is not None:
            return self.location
        return Location(self.spec, 1, 1) if is_file(self.spec) else None

    @property
    def headline(self) -> str:
        """The message, with the spec's path where the place does not say it."""
        elsewhere = self.spec and (self.location is None or self.location.path != self.spec)
        return f"{self.spec}: {self.message}" if elsewhere else self.message


def findings(outcome: Outcome) -> Iterator[Finding]:
    """All that there is to tell, the check as a whole first, then by spec, what failed before what warns."""
    for problem in (*outcome.problems, *outcome.warnings):
        yield of_problem(problem, "")
    for spec in outcome.by_status():
        yield from of_spec(spec, outcome.baseline)


def of_spec(spec: SpecOutcome, baseline: str | None) -> Iterator[Finding]:
    """What there is to tell of one spec."""
    for problem in (*spec.problems, *spec.warnings):
        yield of_problem(problem, spec.path)
    for change in spec.loosened:
        yield _of_loosened(change, spec)
    for status in ("fail", "warning"):
        for verdict in spec.verdicts:
            if verdict.status == status:
                yield _of_verdict(verdict, spec, baseline)


def without_repeats(found: Iterable[Finding]) -> Iterator[Finding]:
    """The findings of one spec without details that an earlier one has told already."""
    told: set[str] = set()
    for finding in found:
        yield finding._replace(details=tuple(detail for detail in finding.details if detail not in told))
        told.update(finding.details)


def of_problem(problem: Problem, spec: str) -> Finding:
    """A mistake in a spec (or, without one, in the config)."""
    level: Level = "error" if problem.severity == "error" else "warning"
    what = format_route(problem.route) or problem.message
    return Finding("spec", level, spec, what, problem.message, problem.location, problem.hints)


def _of_loosened(change: Loosened, spec: SpecOutcome) -> Finding:
    level: Level = "error" if spec.locked else "warning"
    where = change.now.location if change.now is not None else None
    before = change.before
    what = f"{before.kind} {before.metric} {before.glob}".rstrip()
    return Finding("limits", level, spec.path, what, loosened_sentence(change), where)


def is_file(path: str) -> bool:
    """Whether a spec's name is that of a file."""
    return path not in ("", "-", "<stdin>") and not path.startswith("zoo:")


def _of_verdict(verdict: Verdict, spec: SpecOutcome, baseline: str | None) -> Finding:
    rule = verdict.rule
    details = [*_heaviest(verdict, spec.analysis)]
    if spec.comparison is not None:
        details += since(spec.comparison, rule.metric, _origin(spec, baseline))
    if rule.message and verdict.status == "fail":
        details.append(rule.message)
    level: Level = "error" if verdict.status == "fail" else "warning"
    what = f"{verdict.metric} {rule.glob}".rstrip()
    flag = f"{rule.flag}: " if rule.location is None and rule.flag else ""
    message = flag + sentence(verdict)
    return Finding(rule.kind, level, spec.path, what, message, rule.location, tuple(details))


def _origin(spec: SpecOutcome, baseline: str | None) -> str:
    return (
        f"{baseline} (there {spec.was})" if spec.was and not spec.path.endswith(spec.was) else str(baseline)
    )


def _heaviest(verdict: Verdict, analysis: Analysis | None) -> Iterator[str]:
    """The layers that weigh most in what a limit is about."""
    if analysis is None or verdict.layer:
        return
    version: VersionName = "separable" if verdict.rule.kind == "reduction" else "written"
    metric = verdict.rule.metric
    analysis = analysis.given(**verdict.rule.given)
    total = analysis.total(version)[metric]
    costs: list[tuple[Number, str]] = [
        (layer.versions[version][metric], layer.name) for layer in analysis.layers
    ]
    costs.sort(key=lambda pair: -pair[0])
    shown = [
        f"{name} {metric_named(metric).text(cost)} ({format_percent(Fraction(cost) / total)})"
        for cost, name in costs[:_HEAVIEST]
        if cost
    ]
    if shown:
        yield f"heaviest layers: {', '.join(shown)}"


# What changed


def since(comparison: Comparison, metric: str, baseline: str) -> Iterator[str]:
    """What changed since a baseline: the whole, then what did most of it."""
    if metric not in comparison.metrics:
        return
    if not comparison.increase(metric) and comparison.is_empty:
        yield f"unchanged since {baseline}"
        return
    old, new = comparison.old.values[metric], comparison.new.values[metric]
    yield f"since {baseline}: {increase(metric, old, new)}"
    for change in comparison.settings[:_FIELDS]:
        yield f"  {field_text(change)}"
    changes = [change for change in comparison.layers if change.increase(metric)]
    changes.sort(key=lambda change: (not change.is_written, -abs(Fraction(change.increase(metric)))))
    for layer in changes[:_CHANGES]:
        yield f"  {change_text(layer, metric)}"
    if len(changes) > _CHANGES:
        yield f"  and {len(changes) - _CHANGES} more layers"


def change_text(change: LayerChange, metric: str) -> str:
    """``~ conv_5: out_channels 512 → 640: +13.1M (52.3M → 65.4M)``."""
    fields = fields_text(change)
    parts = [f"{change.sign} {change.layer.name}"] + ([fields] if fields else [])
    return ": ".join([*parts, increase(metric, change.before(metric), change.after(metric), change.sign)])


def fields_text(change: LayerChange) -> str:
    """What is written otherwise, or what kind of layer came or went."""
    if change.sign != "~":
        return f"{change.layer.type} to {change.layer.output}"
    texts = [field_text(field) for field in change.fields[:_FIELDS]]
    more = len(change.fields) - _FIELDS
    return ", ".join(texts + ([f"and {more} more fields"] if more > 0 else []))


def field_text(change: FieldChange) -> str:
    """``out_channels 512 → 640``."""
    return f"{change.field} {_value(change.old)} → {_value(change.new)}"


def increase(metric: str, old: Number, new: Number, sign: str = "~", exact: bool = False) -> str:
    """``+13.1M (52.3M → 65.4M)``; of what came or went only the first part."""
    text = metric_named(metric).text
    step = f"+{text(new - old, exact)}" if new > old else f"-{text(old - new, exact)}" if new < old else "±0"
    return f"{step} ({text(old, exact)} → {text(new, exact)})" if sign == "~" and old != new else step


def percent_increase(old: Number, new: Number) -> str:
    """``+2.2%``; "" where nothing changed, or there was nothing before."""
    if old == new or not old:
        return ""
    share = Fraction(new - old) / old
    return f"{'+' if share > 0 else ''}{format_percent(share)}"


def _value(text: str | None) -> str:
    if text is None:
        return "unset"
    return text if len(text) <= 60 else text[:59] + "…"
