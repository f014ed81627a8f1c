"""A baseline as JSON: sorted by path, a layer and a limit a line, so that a change shows as what it is in a diff."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from costcalc.analysis.figures import LayerFigures
from costcalc.budget.before import Before
from costcalc.budget.rules import Rule
from costcalc.metrics import Number
from costcalc.rendering.escape import json_text
from costcalc.rendering.report.json import plain_arguments

_FIELDS = ("name", "type", "input", "output")


def render_baseline(
    specs: Mapping[str, Before], schema_version: int, convention: str, locked: bool = False
) -> str:
    """What specs are, by their paths as seen from the baseline; whether their limits are locked."""
    head = f'  "schema_version": {schema_version},\n  "convention": {json.dumps(convention)},\n'
    head += '  "locked": true,\n' if locked else ""
    entries = [f"    {json.dumps(path)}: {_spec(specs[path])}" for path in sorted(specs)]
    listed = "{\n" + ",\n".join(entries) + "\n  }" if entries else "{}"
    return json_text(f'{{\n{head}  "specs": {listed}\n}}\n')


def _spec(before: Before) -> str:
    figures = before.figures
    totals = [f'      "{metric}": {json.dumps(value)},' for metric, value in _numbers(figures.values).items()]
    limits = [] if before.limits is None else [f'      "limits": {_listed(map(_limit, before.limits))},']
    return "\n".join(
        ["{", *totals, *limits, f'      "layers": {_listed(map(_layer, figures.layers))}', "    }"]
    )


def _listed(objects: Iterable[dict[str, object]]) -> str:
    lines = ",\n".join(f"        {json.dumps(one)}" for one in objects)
    return f"[\n{lines}\n      ]" if lines else "[]"


def _limit(rule: Rule) -> dict[str, object]:
    numbers = _numbers({"bound": rule.bound, "slack": rule.slack})
    said = {"arguments": plain_arguments(rule.arguments)} if rule.arguments else {}
    warning = _numbers({"warn": rule.warn}) if rule.warn is not None else {}
    files = {"files": dict(rule.contents)} if rule.contents else {}
    return {
        "kind": rule.kind,
        "metric": rule.metric,
        "layers": rule.glob,
        **numbers,
        **warning,
        **said,
        **files,
    }


def _layer(layer: LayerFigures) -> dict[str, object]:
    return {**{name: getattr(layer, name) for name in _FIELDS}, **_numbers(layer.values)}


def _numbers(values: Mapping[str, Number]) -> dict[str, int | str]:
    """Ints as they are; a fraction as a text, exactly: ``3/200``."""
    return {metric: value if isinstance(value, int) else str(value) for metric, value in values.items()}
