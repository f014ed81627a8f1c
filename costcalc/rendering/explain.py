"""A layer explained: its formulas with its numbers in them, what they add up to, and what the theory says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from costcalc.metrics import available, metric_named
from costcalc.quantity import format_percent, format_ratio
from costcalc.rendering.escape import terminal
from costcalc.rendering.report.summary import TOLD
from costcalc.rendering.text.layout import Line
from costcalc.rendering.text.plain import finish

if TYPE_CHECKING:
    from costcalc.analysis.explanation import Contribution, Explained, ExplainedGroup, Explanation, Pair
    from costcalc.layers.formula import FormulaStep
    from costcalc.rendering.report.report import View

#: Sums of more terms than this are not written out.
_MOST_TERMS = 12
_MARGIN = "  "
_FREE = "no multiplies, no params"


def explanation_lines(explanation: Explanation, network: str) -> list[str]:
    """The same as lines of plain text, without what is to know of the network; each is one of a log."""
    return [line.text for line in _lines(explanation, network, ())]


def render_explanation(explanation: Explanation, network: str, notes: Sequence[str], view: View) -> str:
    """The explanation of a layer; ``network`` is its network's name, ``notes`` are what to know of that."""
    return finish([*_lines(explanation, network, notes)], view)


def _lines(explanation: Explanation, network: str, notes: Sequence[str]) -> Iterator[Line]:
    yield Line("title", terminal(f"{_title(explanation)} of {network}"))
    for note in notes:
        yield Line("note", terminal(note))
    for unit in explanation.units:
        yield from _unit(unit)
    for pair in explanation.pairs:
        yield from _pair(pair)
    yield from _needs(explanation)
    yield from _contributions(explanation)
    where = "" if explanation.row == explanation.path else f"layer {explanation.row}: "
    for note in explanation.notes:
        yield Line("note", terminal(f"{where}{note}"))
    yield from _meanings(explanation)


def _title(explanation: Explanation) -> str:
    kind = f" ({explanation.type})" if explanation.type else ""
    version = "" if explanation.version == "written" else f", in the {explanation.version} version"
    return f"{explanation.path}{kind}{version}"


# Primitives


def _unit(unit: ExplainedGroup) -> Iterator[Line]:
    if unit.count > 1:
        yield _blank()
        yield Line("text", terminal(f"{unit.count} equal copies, {unit.first} to {unit.last}; each:"))
    for primitive in unit.primitives:
        heading = terminal(f"{primitive.path}: {_shapes(primitive)}")
        facts = [*_facts(primitive)]
        if facts or primitive is unit.primitives[0]:
            yield _blank()
        yield Line("title", heading if facts else f"{heading}, {_FREE}")
        yield from facts
    yield from _sums(unit)


def _shapes(primitive: Explained) -> str:
    sources = " and ".join(map(str, primitive.inputs))
    if not sources or sources == str(primitive.output):
        return f"{primitive.type}, {primitive.output}"
    return f"{primitive.type}, {sources} → {primitive.output}"


def _facts(primitive: Explained) -> Iterator[Line]:
    yield from (_fact(step.name, _step(step)) for step in primitive.steps)
    told = bool(primitive.steps or primitive.remarks)
    if primitive.multiplies is not None:
        yield _fact("multiplies", str(primitive.multiplies))
    elif primitive.params or primitive.shares:
        yield _fact("multiplies", "none")
    elif told:
        yield _fact("cost", _FREE)
    yield from (_fact(name, str(formula)) for name, formula in primitive.params.items())
    if primitive.statistics is not None:
        yield _fact("statistics", f"{primitive.statistics} (running, not trained: no params)")
    if primitive.shares is not None:
        yield _fact("params", terminal(f"counted at {primitive.shares}, whose weights it uses again"))
    elif primitive.multiplies is not None and not primitive.params:
        yield _fact("params", "none")
    yield from (_fact("note", remark) for remark in primitive.remarks)


def _step(step: FormulaStep) -> str:
    return f"{step.formula} ({step.remark})" if step.remark else str(step.formula)


def _fact(name: str, text: str) -> Line:
    return Line("text", f"{_MARGIN}{name:<10}  {text}")


def _sums(unit: ExplainedGroup) -> Iterator[Line]:
    """What the primitives add up to, where there is more than one term."""
    multiplies = [p.multiplies.value for p in unit.primitives if p.multiplies is not None]
    params = [formula.value for p in unit.primitives for formula in p.params.values()]
    sums = [
        (name, terms) for name, terms in (("multiplies", multiplies), ("params", params)) if len(terms) > 1
    ]
    if len(unit.primitives) > 1 and sums:
        yield _blank()
        yield Line("title", "sum of one copy" if unit.count > 1 else "sum")
        yield from (_fact(name, _sum(terms)) for name, terms in sums)


def _sum(terms: Sequence[int]) -> str:
    written = (
        " + ".join(f"{term:,}" for term in terms) if len(terms) <= _MOST_TERMS else f"{len(terms)} terms"
    )
    return f"{written} = {sum(terms):,}"


# Standard and separable


def _pair(pair: Pair) -> Iterator[Line]:
    more = f", and {pair.count - 1} more like it" if pair.count > 1 else ""
    yield _blank()
    yield Line("title", terminal(f"standard or separable: {pair.name}{more}"))
    yield _fact("standard", str(pair.standard.multiplies))
    yield _fact("depthwise", str(pair.depthwise.multiplies))
    yield _fact("pointwise", str(pair.pointwise.multiplies))
    terms = (pair.depthwise.multiplies.value, pair.pointwise.multiplies.value)
    yield _fact("separable", f"depthwise + pointwise = {_sum(terms)}")
    theory = pair.theory
    yield _fact("ratio", _division(*pair.multiplies))
    yield _fact("theory", f"{theory.symbols} = {theory.numbers} = {_ratio(theory.value)}")
    weights = f"{pair.standard.weights}; {_sum((pair.depthwise.weights.value, pair.pointwise.weights.value))}"
    yield _fact("weights", weights)
    yield _fact("ratio", _division(*pair.weights))


def _division(part: int, whole: int) -> str:
    return f"{part:,} / {whole:,} = {_ratio(Fraction(part, whole))}"


def _ratio(ratio: Fraction) -> str:
    return f"{ratio} = {format_percent(ratio, 2)} ({format_ratio(1 / ratio)})"


# Memory and time


def _needs(explanation: Explanation) -> Iterator[Line]:
    if not explanation.needs:
        return
    yield _blank()
    yield Line("title", "memory" if explanation.needs[-1].metric != "time" else "memory and time")
    for need in explanation.needs:
        yield Line("text", terminal(f"{_MARGIN}{need.metric:<13}  {need.text}"))


# In the network


def _contributions(explanation: Explanation) -> Iterator[Line]:
    yield _blank()
    yield Line("title", "in the network")
    metrics = [metric for metric in available({}) if metric not in TOLD]
    rows = [["", *(header for metric in metrics for header in (metric, "share"))]]
    rows += [[name, *_shares(own, metrics)] for name, own in explanation.contributions.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        aligned = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield Line("row", _MARGIN + "  ".join([name.ljust(widths[0]), *aligned]))
    if explanation.pairs and all(pair.whole for pair in explanation.pairs):
        yield from _params_against_theory(explanation)


def _shares(own: Contribution, metrics: Sequence[str]) -> Iterator[str]:
    for metric in metrics:
        here, whole = own.here[metric], own.whole[metric]
        yield metric_named(metric).text(here, exact=True)
        yield format_percent(Fraction(here) / whole, 2) if whole else "—"


def _params_against_theory(explanation: Explanation) -> Iterator[Line]:
    separable, standard = (explanation.contributions[name].here.params for name in ("separable", "standard"))
    if not (separable and standard):
        return
    yield Line("text", f"{_MARGIN}separable / standard, all params: {_division(separable, standard)}")
    yield Line(
        "text",
        f"{_MARGIN}The theory holds for multiplies and for weights; the params here also have the biases, norms "
        "and slopes, and whatever else the layer holds.",
    )


def _meanings(explanation: Explanation) -> Iterator[Line]:
    """What the symbols mean that stand above."""
    primitives = [primitive for unit in explanation.units for primitive in unit.primitives]
    formulas = [formula for primitive in primitives for formula in primitive.counts()]
    formulas += [formula for pair in explanation.pairs for formula in pair.formulas()]
    formulas += [step.formula for primitive in primitives for step in primitive.steps]
    meanings = {name: text for formula in formulas for name, text in formula.meanings.items()}
    known = [f"{name}: {text}" for name, text in meanings.items()]
    if known:
        yield _blank()
        yield Line("note", "; ".join(known))


def _blank() -> Line:
    return Line("text", "")
