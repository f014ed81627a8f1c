"""What stands around the tables: which network, what the numbers mean, what to know, the verdicts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from costcalc.analysis.costs import METRICS, Analysis
from costcalc.conventions.convention import MULTIPLIES, Convention
from costcalc.metrics import metric_named
from costcalc.rendering.escape import terminal
from costcalc.rendering.report.report import Report
from costcalc.rendering.text.layout import Line, Role

#: A note under more rows than this stands once, below the table.
_MOST_REPEATS = 3
_LISTED = 4
_COUNTED = re.compile(r"\b(?:\d+ )?convolutions?\b")


def heading(report: Report) -> Iterator[Line]:
    """Which network this is."""
    analysis = report.analysis
    yield Line("title", terminal(f"{analysis.name} ({report.path})" if analysis.name else report.path))
    layers = len(analysis.layers)
    yield Line("text", terminal(f"input {inputs(analysis)}, {layers} layer{'s' if layers > 1 else ''}"))
    if analysis.spec.source:
        yield Line("note", terminal(f"source: {analysis.spec.source}"))


def inputs(analysis: Analysis) -> str:
    """``224x224x3``, or ``left 96x96x3, right 96x96x3``."""
    if list(analysis.inputs) == ["input"]:
        return str(analysis.inputs["input"])
    return ", ".join(f"{name} {shape}" for name, shape in analysis.inputs.items())


def notes_of(analysis: Analysis) -> tuple[dict[int, list[str]], list[str]]:
    """The notes that stand under a row each, by its index, and those of many rows, for all of them at once."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for index, layer in enumerate(analysis.layers):
        for note in layer.notes:
            rows[_uncounted(note)].append(index)
    common = {text for text, found in rows.items() if len(found) > _MOST_REPEATS}
    under = {
        index: [terminal(note) for note in layer.notes if _uncounted(note) not in common]
        for index, layer in enumerate(analysis.layers)
        if layer.notes
    }
    return under, [
        _common(text, [analysis.layers[row].name for row in rows[text]]) for text in rows if text in common
    ]


@lru_cache(maxsize=256)
def _uncounted(note: str) -> str:
    """A note without how many convolutions it is about."""
    return _COUNTED.sub("convolutions", note)


def _common(note: str, names: list[str]) -> str:
    listed = ", ".join(names[:_LISTED])
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return terminal(f"{note} (in {listed}{more})")


def title(analysis: Analysis, metric: str) -> str:
    """The title of a metric's table; that of another convention is stamped with its name, version and unit."""
    convention = analysis.convention
    if convention is None or metric in METRICS:
        return metric
    unit = f" ({convention.unit})" if metric_named(metric).weighed_as == "operations" else ""
    return terminal(f"{metric} by {convention.stamp}{unit}")


def meaning(analysis: Analysis, with_theory: bool) -> Iterator[Line]:
    """What the numbers of the tables mean, and what is not in them."""
    theory = "; theory: separable ÷ standard of one convolution, m·(1/C_out + 1/taps)" if with_theory else ""
    yield Line("text", f"reduction: standard ÷ separable{theory}")
    yield from counting(analysis)


def counting(analysis: Analysis) -> Iterator[Line]:
    """What is counted, by which convention, and what is not."""
    yield Line("text", f"multiplies: {MULTIPLIES.unit} of convolutions, linear layers and matrix products")
    if free := not_counted(analysis):
        yield Line("text", free)
    statistics = analysis.written.tally.sum("statistics")
    apart = f"; running statistics ({statistics:,}) are not among them" if statistics else ""
    yield Line("text", f"params: all trainable tensors{apart}")
    if analysis.convention is not None:
        yield Line("text", stamp(analysis.convention))
    for note in analysis.notes:
        yield Line("note", terminal(note))


def not_counted(analysis: Analysis) -> str:
    """The kinds of layers that have no multiplies, each with how many there are; nothing where all have some."""
    free = ", ".join(f"{kind} ({count})" for kind, count in analysis.not_counted().items())
    which = ", by this convention" if analysis.convention is None else ""
    return f"without multiplies{which}: {free}" if free else ""


def stamp(convention: Convention) -> str:
    """What operations and parameters are, with the name, version and unit of their convention."""
    return terminal(
        f"operations and parameters: by {convention.stamp}, {convention.unit}: {convention.summary}"
    )


def verdict_lines(report: Report, passed: bool = True) -> Iterator[Line]:
    """The verdicts on the budget, also those that are passes or not, and what they do not say."""
    if report.verdicts:
        from costcalc.rendering.check.verdict import messages, verdict_line

        if passed:
            yield Line("text", "")
        for verdict in report.verdicts:
            role: Role = verdict.status
            if passed or verdict.status != "pass":
                yield Line(role, verdict_line(verdict))
        for message in messages(report.verdicts):
            yield Line("fail", message)
    for remark in report.remarks:
        yield Line("note", terminal(remark))
