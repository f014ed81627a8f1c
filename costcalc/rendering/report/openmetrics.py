"""A check as OpenMetrics 1.0, for a metrics store or GitLab's metrics report: gauges by spec and version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from costcalc.analysis.comparison import METRICS
from costcalc.analysis.costs import VERSIONS
from costcalc.budget import Outcome, SpecOutcome
from costcalc.rendering.escape import terminal

_HELP = {
    "costcalc_multiplies": "Multiplications of conv, linear and matmul layers, by version of the network.",
    "costcalc_params": "Trainable parameters, by version of the network.",
    "costcalc_limit": "The most that a budget lets a metric be.",
    "costcalc_over_limit": "Whether a limit is missed, by metric.",
    "costcalc_broken": "Whether a spec could not be checked.",
}

#: What is there only under another convention, which its labels name.
_UNDER = {
    "costcalc_operations": "Operations by another convention, by version of the network.",
    "costcalc_parameters": "Parameters by another convention, by version of the network.",
}

_Sample = tuple[dict[str, str], int | float]


def render_openmetrics(outcome: Outcome) -> str:
    """The whole check as OpenMetrics."""
    weighed = any(spec.analysis and spec.analysis.convention for spec in outcome.specs)
    samples: dict[str, list[_Sample]] = {name: [] for name in (*_HELP, *(_UNDER if weighed else ()))}
    for spec in outcome.specs:
        for name, sample in _samples(spec):
            samples[name].append(sample)
    families = (line for name, found in samples.items() for line in _family(name, found))
    return "".join(f"{line}\n" for line in (*families, "# EOF"))


def _samples(spec: SpecOutcome) -> Iterator[tuple[str, _Sample]]:
    yield "costcalc_broken", ({"spec": spec.path}, int(spec.status == "broken"))
    if spec.analysis is None:
        return
    for version in VERSIONS:
        cost = spec.analysis.total(version)
        for metric in METRICS:
            yield f"costcalc_{metric}", ({"spec": spec.path, "version": version}, getattr(cost, metric))
        if spec.analysis.convention is not None:
            rule = spec.analysis.convention
            stamp = {"convention": rule.name, "convention_version": rule.version, "unit": rule.unit}
            labels = {"spec": spec.path, "version": version, **stamp}
            yield "costcalc_operations", (labels, cost.operations or 0)
            yield "costcalc_parameters", (labels, cost.parameters or 0)
    for verdict in spec.verdicts:
        if verdict.limit is None:
            continue
        labels = {"spec": spec.path, "metric": verdict.metric, "glob": verdict.rule.glob}
        limit = verdict.limit if isinstance(verdict.limit, int) else float(verdict.limit)
        yield "costcalc_limit", (labels, limit)
        yield "costcalc_over_limit", (labels, int(verdict.status == "fail"))


def _family(name: str, samples: Iterable[_Sample]) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield f"# HELP {name} {_HELP.get(name) or _UNDER[name]}"
    lines: dict[str, int | float] = {}  # by their labels: two names can look the same once they are escaped
    for labels, value in samples:
        lines.setdefault(",".join(f'{key}="{_label(text)}"' for key, text in labels.items() if text), value)
    yield from (f"{name}{{{listed}}} {value}" for listed, value in lines.items())


def _label(text: str) -> str:
    return terminal(text).replace("\\", "\\\\").replace('"', '\\"')
