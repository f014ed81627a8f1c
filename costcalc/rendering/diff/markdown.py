"""A difference as Markdown, fit for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from costcalc.analysis.comparison import LayerChange
from costcalc.rendering.check.findings import field_text, fields_text, increase
from costcalc.rendering.diff.formats import Difference
from costcalc.rendering.diff.table import totals
from costcalc.rendering.escape import markdown
from costcalc.rendering.report.report import View


def render_diff_markdown(difference: Difference, view: View) -> str:
    """The difference as Markdown."""
    return "\n".join(_lines(difference, view)) + "\n"


def _lines(difference: Difference, view: View) -> Iterator[str]:
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
        yield "\n|  | layer | change | multiplies | params |\n|---|---|---|---:|---:|"
        yield from (_row(change, view.exact) for change in comparison.layers)


def _row(change: LayerChange, exact: bool) -> str:
    cells = (
        f"`{change.sign}`",
        markdown(change.layer.name),
        markdown(fields_text(change)),
        increase(change.before("multiplies"), change.after("multiplies"), change.sign, exact),
        increase(change.before("params"), change.after("params"), change.sign, exact),
    )
    return f"| {' | '.join(cells)} |"
