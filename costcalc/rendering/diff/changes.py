"""A comparison as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costcalc.analysis.comparison import Comparison, FieldChange, LayerChange
from costcalc.metrics import Number, plain_number

_KINDS = {"+": "added", "-": "removed", "~": "changed"}


def comparison_object(comparison: Comparison) -> dict[str, Any]:
    """What differs: ``settings`` beside the layers, then ``layers``, each with its costs before and after."""
    return {
        "settings": [_field(change) for change in comparison.settings],
        "layers": [_layer(change, comparison.metrics) for change in comparison.layers],
    }


def totals_object(comparison: Comparison) -> dict[str, Any]:
    """The totals before and after."""
    old, new = comparison.old.values, comparison.new.values
    return {metric: _cost(old[metric], new[metric]) for metric in comparison.metrics}


def _layer(change: LayerChange, metrics: Sequence[str]) -> dict[str, Any]:
    return {
        "change": _KINDS[change.sign],
        "name": change.layer.name,
        "type": change.layer.type,
        "output": change.layer.output,
        "fields": [_field(field) for field in change.fields],
        **{metric: _cost(change.before(metric), change.after(metric)) for metric in metrics},
    }


def _field(change: FieldChange) -> dict[str, str | None]:
    return {"field": change.field, "old": change.old, "new": change.new}


def _cost(old: Number, new: Number) -> dict[str, int | float | None]:
    return {"old": plain_number(old), "new": plain_number(new), "increase": plain_number(new - old)}
