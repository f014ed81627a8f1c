"""A comparison as plain data."""

from __future__ import annotations

from typing import Any

from costcalc.analysis.comparison import METRICS, Comparison, FieldChange, LayerChange

_KINDS = {"+": "added", "-": "removed", "~": "changed"}


def comparison_object(comparison: Comparison) -> dict[str, Any]:
    """What differs: ``settings`` beside the layers, then ``layers``, each with its costs before and after."""
    return {
        "settings": [_field(change) for change in comparison.settings],
        "layers": [_layer(change) for change in comparison.layers],
    }


def totals_object(comparison: Comparison) -> dict[str, Any]:
    """The totals before and after."""
    return {
        metric: _cost(getattr(comparison.old, metric), getattr(comparison.new, metric)) for metric in METRICS
    }


def _layer(change: LayerChange) -> dict[str, Any]:
    return {
        "change": _KINDS[change.sign],
        "name": change.layer.name,
        "type": change.layer.type,
        "output": change.layer.output,
        "fields": [_field(field) for field in change.fields],
        "multiplies": _cost(change.before("multiplies"), change.after("multiplies")),
        "params": _cost(change.before("params"), change.after("params")),
    }


def _field(change: FieldChange) -> dict[str, str | None]:
    return {"field": change.field, "old": change.old, "new": change.new}


def _cost(old: int, new: int) -> dict[str, int]:
    return {"old": old, "new": new, "increase": new - old}
