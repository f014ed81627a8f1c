"""What reconcile finds: the explanations of a printed number, each with its exact value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costcalc.analysis.reconciliation import Answer, Hypothesis
from costcalc.rendering.formats import render
from costcalc.rendering.report.report import View
from costcalc.rendering.results import Result, Results
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Role

_HEADER = ("exact", "digits", "assumptions", "explanation")
_TEXT = frozenset(("digits", "explanation"))
#: So many explanations are listed at most.
_LISTED = 10


def render_reconciliation(
    network: str, answers: Sequence[Answer], everything: bool, format: str, view: View
) -> str:
    """The answers to the questions about a network."""
    results = [_result(network, answer, everything) for answer in answers]
    data = {"network": network, "answers": [_object(answer) for answer in answers]}
    return render("results", format, Results(results, data), view)


def _result(network: str, answer: Answer, everything: bool) -> Result:
    question = answer.question
    given = (
        []
        if question.width_multiplier is None
        else [f"width multiplier {float(question.width_multiplier):g}"]
    )
    size = question.resolution
    if size is not None:
        sizes = (
            f"{float(size.multiplier):g}" if size.multiplier is not None else "x".join(map(str, size.sizes))
        )
        given.append(f"resolution {sizes}")
    known = f" at {', '.join(given)}" if given else ""
    title = f"{network}{known}: {question.metric} printed as {question.printed.text}"
    ours = f"exact, by our own counting: {cells.exact(answer.ours)}"
    found = answer.explanations if everything else answer.explanations[:_LISTED]
    if not found:
        nearest = answer.nearest
        why = _assumed(nearest) or "as it is"
        said = f"nothing explains it; the nearest is {cells.exact(nearest.value)}, {why}"
        return Result(title, before=[ours, said], after=[_search(answer)])
    rows = [
        (cells.exact(one.value), _digits(one), str(len(one.assumptions)), _assumed(one) or "as it is")
        for one in found
    ]
    more = len(answer.explanations) - len(found)
    after = [f"{more} more explanations: --all lists them"] if more else []
    after.append(_search(answer))
    roles: list[Role] = ["row"] * len(rows)
    return Result(title, _HEADER, rows, _TEXT, roles, [ours], after)


def _search(answer: Answer) -> str:
    """``tried 1,234 combinations; by chance 0.42 of them would match 603M``."""
    chance = answer.by_chance
    count = "fewer than 0.01" if chance < 0.01 else f"{chance:.2g}" if chance < 10 else f"{chance:.0f}"
    combinations = f"{answer.tried:,} combination{'' if answer.tried == 1 else 's'}"
    return f"tried {combinations}; by chance {count} of them would match {answer.question.printed.text}"


def _digits(explanation: Hypothesis) -> str:
    return "cut" if explanation.cut else "rounded"


def _assumed(explanation: Hypothesis) -> str:
    return "; ".join(assumption.text for assumption in explanation.assumptions)


def _object(answer: Answer) -> dict[str, Any]:
    question = answer.question
    explained = bool(answer.explanations)
    return {
        "metric": question.metric,
        "printed": question.printed.text,
        "exact": answer.ours,
        "explained": explained,
        "explanations": [_explanation(one) for one in answer.explanations],
        "nearest": None if explained else _explanation(answer.nearest),
        "tried": answer.tried,
        "by_chance": answer.by_chance,
    }


def _explanation(one: Hypothesis) -> dict[str, Any]:
    return {
        "value": one.value,
        "digits": _digits(one),
        "assumptions": [{"axis": part.axis, "text": part.text} for part in one.assumptions],
    }
