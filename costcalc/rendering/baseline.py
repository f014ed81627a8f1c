"""A baseline as JSON: sorted by path, a layer a line, so that a change shows as what it is in a diff."""

from __future__ import annotations

import json
from collections.abc import Mapping

from costcalc.analysis.figures import Figures, LayerFigures
from costcalc.metrics import Number

_FIELDS = ("name", "type", "input", "output")


def render_baseline(specs: Mapping[str, Figures], schema_version: int, convention: str) -> str:
    """The figures of specs, by their paths as seen from the baseline."""
    head = f'  "schema_version": {schema_version},\n  "convention": {json.dumps(convention)},\n'
    entries = [f"    {json.dumps(path)}: {_spec(specs[path])}" for path in sorted(specs)]
    listed = "{\n" + ",\n".join(entries) + "\n  }" if entries else "{}"
    return f'{{\n{head}  "specs": {listed}\n}}\n'


def _spec(figures: Figures) -> str:
    totals = [f'      "{metric}": {json.dumps(value)},' for metric, value in _numbers(figures.values).items()]
    layers = ",\n".join(map("        {}".format, map(_layer, figures.layers)))
    return "\n".join(["{", *totals, f'      "layers": [\n{layers}\n      ]', "    }"])


def _layer(layer: LayerFigures) -> str:
    return json.dumps({**{name: getattr(layer, name) for name in _FIELDS}, **_numbers(layer.values)})


def _numbers(values: Mapping[str, Number]) -> dict[str, int | str]:
    """Ints as they are; a fraction as a text, exactly: ``3/200``."""
    return {metric: value if isinstance(value, int) else str(value) for metric, value in values.items()}
