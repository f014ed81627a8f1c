"""The pages about what changed: of a difference, of a plan, and of a check of many specs."""

from __future__ import annotations

from collections.abc import Iterator

from costcalc.analysis.comparison import Comparison, LayerChange
from costcalc.budget import Outcome, SpecOutcome
from costcalc.metrics import Number, in_columns, plain_number
from costcalc.rendering.check.verdict import verdict_line
from costcalc.rendering.diff.difference import NetworkDiff
from costcalc.rendering.html.network import section
from costcalc.rendering.html.parts import Cell, PageTable, Picture, exact, figure, number
from costcalc.rendering.html.template import fill
from costcalc.rendering.plot.changes import changes_chart
from costcalc.rendering.plot.look import PAGE
from costcalc.rendering.report.report import Report, View

#: So many specs of a check have all their pictures, the worst ones first.
_MOST_SECTIONS = 8
_WORST = ("broken", "fail", "warning", "pass")


def render_diff_html(difference: NetworkDiff, view: View) -> str:
    """The page about what differs. Raises CostcalcError where the extra is not installed."""
    comparison = difference.comparison
    title = f"{difference.old} → {difference.new}"
    if comparison is None:
        return fill(title, tables=[], figures=[], sentences=["There was nothing before."], sections=[])
    sentences = [] if not comparison.is_empty else ["Nothing differs."]
    tables = list(_tables(comparison, "diff"))
    figures = list(_figures(comparison, "diff"))
    return fill(title, tables=tables, figures=figures, sentences=sentences, sections=[])


def render_check_html(outcome: Outcome, view: View) -> str:
    """The page about a check: every spec with its verdicts, what changed, and the pictures of the worst."""
    title = f"costcalc check: {len(outcome.specs)} spec{'s' if len(outcome.specs) != 1 else ''}"
    specs = sorted(outcome.specs, key=lambda spec: _WORST.index(spec.status))
    tables, figures = [_overview(outcome)], []
    for place, spec in enumerate(specs):
        if spec.comparison is not None and not spec.comparison.is_empty:
            tables += list(_tables(spec.comparison, f"s{place}", f"{spec.path}: "))
            figures += list(_figures(spec.comparison, f"s{place}", f"{spec.path}: "))
    known = [(spec, spec.analysis) for spec in specs if spec.analysis is not None]
    sections = [
        section(Report(spec.path, analysis, spec.verdicts), f"n{place}")
        for place, (spec, analysis) in enumerate(known[:_MOST_SECTIONS])
    ]
    sentences = [problem.message for problem in outcome.problems]
    if len(known) > _MOST_SECTIONS:
        sentences.append(
            f"The pictures are those of {_MOST_SECTIONS} of {len(known)} specs; costcalc report draws the others."
        )
    return fill(title, tables=tables, figures=figures, sentences=sentences, sections=sections)


def _overview(outcome: Outcome) -> PageTable:
    rows = [
        [Cell(spec.path), Cell(spec.status, kind=spec.status), Cell("; ".join(_said(spec)))]
        for spec in outcome.specs
    ]
    header = ("spec", "status", "what is to say")
    return PageTable("Specs", header, rows, header, sortable=True, id="specs")


def _said(spec: SpecOutcome) -> Iterator[str]:
    for problem in spec.problems:
        yield problem.message
    for verdict in spec.verdicts:
        yield verdict_line(verdict)


def _tables(comparison: Comparison, id: str, before: str = "") -> Iterator[PageTable]:
    totals = [
        [
            Cell(metric),
            exact(metric, comparison.old.values[metric]),
            exact(metric, comparison.new.values[metric]),
            _change(metric, comparison.increase(metric)),
        ]
        for metric in comparison.metrics
    ]
    header = ("metric", "before", "after", "change")
    yield PageTable(f"{before}Totals", header, totals, ("metric",), id=f"{id}-totals")
    settings = [
        [Cell(each.field), Cell(each.old or "—"), Cell(each.new or "—")] for each in comparison.settings
    ]
    if settings:
        names = ("setting", "before", "after")
        yield PageTable(f"{before}Settings", names, settings, names, id=f"{id}-settings")
    metrics = in_columns(comparison.metrics)
    rows = [
        [
            Cell(change.sign),
            Cell(change.layer.name),
            Cell(change.layer.type),
            Cell(_fields(change)),
            *(_change(metric, change.increase(metric)) for metric in metrics),
        ]
        for change in comparison.layers
    ]
    if rows:
        texts = ("", "layer", "type", "what changed")
        yield PageTable(f"{before}Layers", (*texts, *metrics), rows, texts, sortable=True, id=f"{id}-layers")


def _change(metric: str, value: Number) -> Cell:
    plain = number(metric, value if value >= 0 else -value)
    sign = "+" if value > 0 else "-" if value < 0 else ""
    return plain._replace(text=sign + plain.text, value=plain_number(value))


def _fields(change: LayerChange) -> str:
    return "; ".join(f"{each.field}: {each.old or '—'} → {each.new or '—'}" for each in change.fields)


def _figures(comparison: Comparison, id: str, before: str = "") -> Iterator[Picture]:
    changes = [
        change for change in comparison.layers if any(map(change.increase, in_columns(comparison.metrics)))
    ]
    if changes:
        chart = changes_chart(changes, in_columns(comparison.metrics), PAGE)
        beside = "its numbers stand in the table of layers that changed"
        yield figure(f"{id}-changes", f"{before}What changed", chart, beside=beside)
