"""A convolution, or a network, in every form: for people, as Markdown, or as JSON (a list, an object a form)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from costcalc.metrics import plain_number
from costcalc.rendering.formats import render
from costcalc.rendering.json_document import json_document
from costcalc.rendering.report.report import View
from costcalc.rendering.results import Result, Results
from costcalc.rendering.text import cells
from costcalc.search.alternatives.answer import Alternatives
from costcalc.search.alternatives.costing import Alternative
from costcalc.search.alternatives.form import Algorithm

#: The metrics that people are shown, each with its header; machines get all.
_SHOWN = {"multiplies": "multiplies", "params": "params", "peak_memory": "peak", "time": "time"}
_TEXT = frozenset(("form", "with", "what it is", "formula", "is of", "source"))


def render_alternatives(answer: Alternatives, formulas: bool, format: str, view: View) -> str:
    """The alternatives; ``formulas`` adds each form's formulas and source for people."""
    if format == "json":
        return json_document([_object(answer, one) for one in answer.found])
    results = [_costs(answer, view)]
    if formulas or format == "markdown":
        results += [_formulas("multiplies", answer), _formulas("ratio", answer)]
    sentences = [*_sentences(answer)]
    if not formulas and format == "table":
        sentences.append("--formulas says what each is, with its formulas and its source")
    return render("results", format, Results(results, {}, sentences), view)


def _costs(answer: Alternatives, view: View) -> Result:
    metrics = [name for name in _SHOWN if name in _metrics(answer)]
    several = answer.chosen is None
    header = ("form", *(_SHOWN[name] for name in metrics), "ratio", "replaced" if several else "with")
    rows = [
        (one.form.name, *_cells(one, metrics, view.exact), _last(one, several))
        for one in answer.found
        if one.values
    ]
    reasons = [f"not available: {one.form.name}: {one.unavailable}" for one in answer.found if not one.values]
    return Result(_title(answer), header, rows, _TEXT, after=reasons)


def _metrics(answer: Alternatives) -> tuple[str, ...]:
    return next((tuple(one.values) for one in answer.found if one.values), ())


def _title(answer: Alternatives) -> str:
    network = answer.network.name or answer.path
    if answer.chosen is None:
        return f"{network}: the whole network in every form"
    convolution = answer.chosen.convolution
    kernel = "x".join(map(str, convolution.kernel))
    equal = f", one of {answer.chosen.equal} equal ones" if answer.chosen.equal > 1 else ""
    shapes = f"{convolution.source} → {convolution.output}"
    return f"{answer.chosen.layer} of {network}: a {kernel} convolution, {shapes}{equal}"


def _cells(one: Alternative, metrics: Sequence[str], exact: bool) -> Iterator[str]:
    assert one.values is not None
    for metric in metrics:
        yield cells.printer(metric, exact)(one.values.get(metric))
    yield cells.theory(one.ratio)


def _last(one: Alternative, several: bool) -> str:
    if several:
        return f"{one.replaced} of {one.of}"
    return ", ".join(f"{letter} = {value:,}" for letter, value in one.symbols.items())


def _formulas(which: str, answer: Alternatives) -> Result:
    """The formulas of all forms: of their multiplies, or of their ratio to the standard form."""
    if which == "multiplies":
        products = [(one.form.name, one.form.formula, one.form.summary) for one in answer.found]
        return Result("multiplies in symbols", ("form", "formula", "what it is"), products, _TEXT)
    rows = [(one.form.name, one.form.ratio, one.form.ratio_of, one.form.source) for one in answer.found]
    header = ("form", "formula", "is of", "source")
    return Result("ratio to the standard form", header, rows, _TEXT)


def _sentences(answer: Alternatives) -> Iterator[str]:
    yield "ratio: multiplies ÷ those of the standard form"
    if answer.chosen is None:
        yield "forms stand in the standard version, wherever a separable form could; algorithms compute what is written"
    else:
        yield "peak: bytes of activations alive at the worst step"
    known = answer.comparisons
    if "break_even_rank" in known:
        yield f"low rank costs less than separable below a rank of {_tenths(known['break_even_rank'])}"
    if "reduction_against_winograd" in known:
        winograd, plain = known["reduction_against_winograd"], known["reduction"]
        yield f"against Winograd's F(4x4, 3x3), separable is a reduction of {_times(winograd)}, not {_times(plain)}"
    if known.get("reduction_of_valid_taps", known.get("reduction")) != known.get("reduction"):
        valid, plain = known["reduction_of_valid_taps"], known["reduction"]
        yield f"without multiplies of padding, separable is a reduction of {_times(valid)}, not {_times(plain)}"
    yield "a network in another form has to be trained again; an algorithm computes the same results"


def _tenths(value: Fraction) -> str:
    return f"{float(value):.1f}"


def _times(value: Fraction) -> str:
    return cells.reduction(value, 1)


def _object(answer: Alternatives, one: Alternative) -> dict[str, Any]:
    values = {name: plain_number((one.values or {}).get(name)) for name in _metrics(answer)}
    form = one.form
    place = {} if answer.chosen is None else {"layer": answer.chosen.layer}
    counts = {"replaced": one.replaced, "of": one.of} if answer.chosen is None else {}
    return {
        "name": form.name,
        **values,
        "ratio": None if one.ratio is None else float(one.ratio),
        **place,
        **counts,
        "unavailable": one.unavailable or None,
        "numbers": dict(one.symbols),
        "is_algorithm": isinstance(form, Algorithm),
        "summary": form.summary,
        "formula": form.formula,
        "ratio_formula": form.ratio,
        "ratio_of": form.ratio_of,
        "source": form.source,
    }
