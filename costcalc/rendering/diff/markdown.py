"""A difference as Markdown, fit for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import methodcaller

from costcalc.analysis.comparison import Comparison, LayerChange
from costcalc.metrics import in_columns
from costcalc.rendering.check.findings import field_text, fields_text, increase
from costcalc.rendering.diff.difference import NetworkDiff
from costcalc.rendering.diff.table import totals
from costcalc.rendering.escape import markdown
from costcalc.rendering.report.report import View


def render_diff_markdown(difference: NetworkDiff, view: View) -> str:
    """The difference as Markdown."""
    return "\n".join(_lines(difference, view)) + "\n"


def _lines(difference: NetworkDiff, view: View) -> Iterator[str]:
    comparison = difference.comparison
    yield f"### {markdown(f'{difference.old} → {difference.new}')}\n"
    if comparison is None:
        yield markdown(f"New: {difference.old} does not have it.")
        return
    yield "No difference." if comparison.is_empty else f"**{markdown(totals(comparison, view.exact))}**"
    if comparison.settings:
        yield ""
    yield from (f"- {markdown(field_text(setting))}" for setting in comparison.settings)
    if comparison.layers:
        metrics = _metrics(comparison)
        header = ("", "layer", "change", *metrics)
        yield f"\n| {' | '.join(header)} |\n|---|---|---|{'---:|' * len(metrics)}"
        yield from (_row(change, metrics, view.exact) for change in comparison.layers)


def _metrics(comparison: Comparison) -> list[str]:
    """The metrics that have columns everywhere, and those that changed in a layer."""
    changed = [
        name for name in comparison.metrics if any(map(methodcaller("increase", name), comparison.layers))
    ]
    return [name for name in comparison.metrics if name in changed or in_columns([name])]


def _row(change: LayerChange, metrics: Sequence[str], exact: bool) -> str:
    cells = (
        f"`{change.sign}`",
        markdown(change.layer.name),
        markdown(fields_text(change)),
        *(increase(name, change.before(name), change.after(name), change.sign, exact) for name in metrics),
    )
    return f"| {' | '.join(cells)} |"
