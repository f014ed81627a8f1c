"""A check as OpenMetrics 1.0, for a metrics store or GitLab's metrics report: gauges by spec and version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from costcalc.budget import Outcome, SpecOutcome
from costcalc.metrics import BY_CONVENTION, COUNT, METRICS, available, metric_named, plain_number
from costcalc.rendering.escape import terminal
from costcalc.rendering.report.report import View

_HELP = {
    "costcalc_limit": "The most that a budget lets a metric be.",
    "costcalc_over_limit": "Whether a limit is missed, by metric.",
    "costcalc_broken": "Whether a spec could not be checked.",
}

_Sample = tuple[dict[str, str], int | float]


def render_check_openmetrics(outcome: Outcome, view: View) -> str:
    """The whole check as OpenMetrics."""
    known = {*available({})}.union(*(spec.analysis.metrics for spec in outcome.specs if spec.analysis))
    heads = {
        **{name: head for metric in METRICS for name, head in [_head(metric)] if metric in known},
        **{name: [f"# HELP {name} {text}"] for name, text in _HELP.items()},
        **{name: head for metric in BY_CONVENTION for name, head in [_head(metric)] if metric in known},
    }
    samples: dict[str, list[_Sample]] = {name: [] for name in heads}
    for spec in outcome.specs:
        for name, sample in _samples(spec):
            samples[name].append(sample)
    families = (line for name, found in samples.items() for line in _family(name, heads[name], found))
    return "".join(f"{line}\n" for line in (*families, "# EOF"))


def _gauge(metric: str) -> str:
    """The name of a metric's gauges; it ends in the unit where that is no count."""
    unit = metric_named(metric).unit
    return f"costcalc_{metric}" if unit is COUNT else f"costcalc_{metric}_{unit.name}"


def _head(metric: str) -> tuple[str, list[str]]:
    name, found = _gauge(metric), metric_named(metric)
    unit = [] if found.unit is COUNT else [f"# UNIT {name} {found.unit.name}"]
    return name, [*unit, f"# HELP {name} {found.meaning}, by version of the network."]


def _samples(spec: SpecOutcome) -> Iterator[tuple[str, _Sample]]:
    yield "costcalc_broken", ({"spec": spec.path}, int(spec.status == "broken"))
    if spec.analysis is None:
        return
    rule = spec.analysis.convention
    for version in spec.analysis.versions.names:
        ours = {"spec": spec.path, "version": version}
        cost = spec.analysis.total(version)
        for metric in spec.analysis.metrics:
            labels = ours
            if metric in BY_CONVENTION and rule is not None:
                stamp = {"convention": rule.name, "convention_version": rule.version, "unit": rule.unit}
                labels = {**ours, **stamp}
            yield _gauge(metric), (labels, plain_number(cost[metric]) or 0)
    for verdict in spec.verdicts:
        if verdict.limit is None:
            continue
        labels = {"spec": spec.path, "metric": verdict.metric, "glob": verdict.rule.glob}
        yield "costcalc_limit", (labels, plain_number(verdict.limit) or 0)
        yield "costcalc_over_limit", (labels, int(verdict.status == "fail"))


def _family(name: str, head: Iterable[str], samples: Iterable[_Sample]) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield from head
    lines: dict[str, int | float] = {}  # by their labels: two names can look the same once they are escaped
    for labels, value in samples:
        lines.setdefault(",".join(f'{key}="{_label(text)}"' for key, text in labels.items() if text), value)
    yield from (f"{name}{{{listed}}} {value}" for listed, value in lines.items())


def _label(text: str) -> str:
    return terminal(text).replace("\\", "\\\\").replace('"', '\\"')
