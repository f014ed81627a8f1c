"""A difference for people: each layer that came, went or changed, what it says otherwise, what that costs::

~ conv_5: out_channels 512 → 640
    multiplies +13.1M (52.3M → 65.4M), params +590k (2.36M → 2.95M)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costcalc.analysis.comparison import Comparison, LayerChange
from costcalc.rendering.check.findings import field_text, fields_text, increase, percent_increase
from costcalc.rendering.diff.difference import NetworkDiff
from costcalc.rendering.escape import terminal
from costcalc.rendering.report.report import View
from costcalc.rendering.text.layout import Line, Role
from costcalc.rendering.text.plain import finish


def render_diff_table(difference: NetworkDiff, view: View) -> str:
    """The difference as lines."""
    return finish([*_lines(difference, view)], view)


def _lines(difference: NetworkDiff, view: View) -> Iterator[Line]:
    comparison = difference.comparison
    yield Line("title", terminal(f"{difference.old} → {difference.new}"))
    if comparison is None:
        yield Line("text", terminal(f"new: {difference.old} does not have it"))
        return
    if comparison.is_empty:
        yield Line("text", "no difference")
        return
    for setting in comparison.settings:
        yield Line("text", terminal(f"~ {field_text(setting)}"))
    for change in comparison.layers:
        fields = fields_text(change)
        text = f"{change.sign} {change.layer.name}" + (f": {fields}" if fields else "")
        yield Line(_role(change, comparison.metrics), terminal(text))
        if costs := layer_costs(change, comparison.metrics, view.exact):
            yield Line("note", f"    {costs}")
    yield Line("sum", f"total: {totals(comparison, view.exact)}")


def layer_costs(change: LayerChange, metrics: Sequence[str], exact: bool) -> str:
    """What a change does to the layer's costs, "" where it does nothing."""
    return ", ".join(
        f"{metric} {increase(metric, change.before(metric), change.after(metric), change.sign, exact)}"
        for metric in metrics
        if change.increase(metric)
    )


def totals(comparison: Comparison, exact: bool) -> str:
    """The totals before and after."""
    parts = []
    for metric in comparison.metrics:
        old, new = comparison.old.values[metric], comparison.new.values[metric]
        percent = percent_increase(old, new)
        parts.append(
            f"{metric} {increase(metric, old, new, exact=exact)}" + (f", {percent}" if percent else "")
        )
    return "; ".join(parts)


def _role(change: LayerChange, metrics: Sequence[str]) -> Role:
    steps = [change.increase(metric) for metric in metrics]
    if any(step > 0 for step in steps):
        return "fail"
    return "pass" if any(steps) else "text"
