"""A difference as JSON: totals before and after, and the changes by layer."""

from __future__ import annotations

from typing import Any

from costcalc import __version__
from costcalc.rendering.diff.changes import comparison_object, totals_object
from costcalc.rendering.diff.difference import NetworkDiff
from costcalc.rendering.json_document import json_document
from costcalc.rendering.report.json import SCHEMA_VERSION
from costcalc.rendering.report.report import View


def render_diff_json(difference: NetworkDiff, view: View) -> str:
    """The difference as JSON; where there was nothing before, ``is_new`` is true and nothing is compared."""
    comparison = difference.comparison
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "costcalc", "version": __version__},
        "old": {"path": difference.old},
        "new": {"path": difference.new},
        "is_new": comparison is None,
    }
    if comparison is not None:
        document |= {"totals": totals_object(comparison), **comparison_object(comparison)}
    return json_document(document)
