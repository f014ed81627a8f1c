"""What changed, as bars of text in Markdown: where a comment goes no picture can."""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.analysis.comparison import Comparison, LayerChange
from costcalc.metrics import Number, in_columns
from costcalc.rendering.check.findings import increase
from costcalc.rendering.escape import markdown
from costcalc.rendering.text.cells import bar

#: So many layers at most, those that changed most.
_MOST = 8


def changes_in_bars(path: str, comparison: Comparison) -> str:
    """A table of the layers whose cost changed, the most first; nothing where none did."""
    metrics = [metric for metric in in_columns(comparison.metrics) if _longest(comparison, metric)]
    if not metrics:
        return ""
    changes = [change for change in comparison.layers if any(map(change.increase, metrics))]
    changes.sort(key=lambda change: _size(change, metrics[0]), reverse=True)
    lines = [
        f"\nWhat changed in {markdown(path)}:\n",
        f"| | layer |{''.join(f' {metric} | |' for metric in metrics)}",
        f"|---|---|{'---:|---|' * len(metrics)}",
    ]
    for change in changes[:_MOST]:
        costs = _cells(change, comparison, metrics)
        lines.append(f"| `{change.sign}` | {markdown(change.layer.name)} |{costs}")
    if len(changes) > _MOST:
        lines.append(f"\n… and {len(changes) - _MOST} more.")
    return "\n".join(lines) + "\n"


def _size(change: LayerChange, metric: str) -> Number:
    value = change.increase(metric)
    return value if value >= 0 else -value


def _longest(comparison: Comparison, metric: str) -> Number:
    return max((_size(change, metric) for change in comparison.layers), default=0)


def _cells(change: LayerChange, comparison: Comparison, metrics: Sequence[str]) -> str:
    texts = []
    for metric in metrics:
        text = increase(metric, change.before(metric), change.after(metric), change.sign)
        texts.append(f" {text} | {bar(_size(change, metric), _longest(comparison, metric))} |")
    return "".join(texts)
