"""Conventions: all of them, also with what they make of one network; and one in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from costcalc.conventions.convention import ANY, MULTIPLIES, CallWeights, Convention, Weights
from costcalc.rendering.formats import render
from costcalc.rendering.report.json import convention_object
from costcalc.rendering.report.report import View
from costcalc.rendering.results import Result, Results
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Role
from costcalc.tally import QUANTITIES, CalledFact, Tally

_NUMBERS = frozenset(("operations", "parameters", "weight", "count", "weighed"))


def render_conventions(
    conventions: Sequence[Convention], network: str, tally: Tally | None, format: str, view: View
) -> str:
    """All conventions, a row each; with what each makes of a network where its facts are given."""
    header: tuple[str, ...]
    rows: list[Sequence[str]]
    if tally is None:
        header = ("name", "version", "unit", "what counts")
        rows = [(rule.name, rule.version, rule.unit, rule.summary) for rule in conventions]
        title = "conventions"
        sentences = ["costcalc conventions NAME prints one in full, --spec SPEC what each makes of a network"]
    else:
        header = ("name", "operations", "parameters", "unit", "what it is made of", "what counts")
        rows = [
            (
                rule.name,
                cells.exact(rule.count_operations(tally)),
                cells.exact(rule.count_parameters(tally)),
                rule.unit,
                _made_of(rule, tally),
                rule.summary,
            )
            for rule in conventions
        ]
        title, sentences = f"{network} under each convention", []
    data = {
        **({} if tally is None else {"network": network}),
        "conventions": [_object(rule, tally) for rule in conventions],
    }
    results = [Result(title, header, rows, _text(header))]
    return render("results", format, Results(results, data, sentences), view)


def _made_of(rule: Convention, tally: Tally) -> str:
    """The operations as our multiplies, once or twice, and what each kind of layer adds to that or takes away."""
    unit = 2 if 2 in (rule.operations.get((kind, "multiplies")) for kind in (ANY, "conv")) else 1
    kinds: dict[str, int] = {}
    for kind, alone in tally.by_kind().items():
        kinds[kind] = rule.count_operations(alone) - unit * MULTIPLIES.count_operations(alone)
    more = sorted(((kind, count) for kind, count in kinds.items() if count), key=lambda pair: -abs(pair[1]))
    start = "multiplies" if unit == 1 else f"{unit} × multiplies"
    return " ".join(
        [start, *(f"{'+' if count > 0 else '-'} {abs(count):,} ({kind})" for kind, count in more)]
    )


def render_convention(rule: Convention, network: str, tally: Tally | None, format: str, view: View) -> str:
    """One convention in full: what each fact weighs, and what it comes to in a network where one is given."""
    about = [f"operations: {rule.unit}", f"in short: {rule.summary}"]
    about += [
        f"{name}: {text}" for name, text in (("source", rule.source), ("versions", rule.versions)) if text
    ]
    known = tally or Tally()
    as_called = rule.operations_as_called(known), rule.parameters_as_called(known)
    results = [
        Result(f"convention {rule.stamp}", before=about),
        _table("operations", rule.operations, network, tally, as_called[0]),
        _table("parameters", rule.parameters, network, tally, as_called[1]),
        *_called("operations", rule.called_operations),
        *_called("parameters", rule.called_parameters),
    ]
    results += [Result(title, after=[text]) for title, text in _listed(rule) if text]
    if rule.notes:
        results.append(Result("what a spec cannot tell", after=rule.notes))
    if rule.differences:
        header = ("network", "operations", "parameters", "why")
        rows = [
            (f"zoo:{found.network}", f"{found.operations:+,}", f"{found.parameters:+,}", found.reason)
            for found in rule.differences
        ]
        results.append(Result("what the tool reports beyond that", header, rows, _text(header)))
    data = {**({} if tally is None else {"network": network}), "convention": _whole(rule, tally)}
    return render("results", format, Results(results, data), view)


def _listed(rule: Convention) -> Iterator[tuple[str, str]]:
    """The kinds that count nothing, in words."""
    yield "what counts nothing", "all others" if ANY in rule.ignores else ", ".join(sorted(rule.ignores))
    yield "what the tool does not know", ", ".join(sorted(rule.unknown_to_tool))


def _called(name: str, calls: CallWeights) -> Iterator[Result]:
    """What layers weigh of which it is known that the model calls them so."""
    header = ("kind", "called", "weighs")
    rows = [
        (_kind(kind), "otherwise" if pattern == ANY else pattern, _instead(weights))
        for kind, patterns in sorted(calls.items(), key=lambda item: item[0] == ANY)
        for pattern, weights in patterns.items()
    ]
    if rows:
        yield Result(f"{name}, where a layer says how it is called", header, rows, _text(header))


def _instead(weights: Mapping[str, int] | None) -> str:
    if weights is None:
        return "the same"
    return ", ".join(f"{weight} × {quantity}" for quantity, weight in weights.items()) or "nothing"


def _table(
    name: str,
    weights: Weights,
    network: str,
    tally: Tally | None,
    called: Sequence[tuple[CalledFact, int, int]],
) -> Result:
    facts = sorted(weights, key=lambda fact: (fact[0] != ANY, fact[0]))
    header: tuple[str, ...]
    rows: list[Sequence[str]]
    if tally is None:
        header = ("kind", "weight", "fact", "meaning")
        rows = [(_kind(kind), str(weights[kind, fact]), fact, QUANTITIES[fact]) for kind, fact in facts]
        return Result(name, header, rows, _text(header))
    counts = {fact: _count(tally, fact, weights) for fact in facts}
    header = ("kind", "weight", "count", "weighed", "fact", "meaning")
    rows = [
        (
            _kind(kind),
            str(weights[kind, fact]),
            cells.exact(counts[kind, fact]),
            cells.exact(counts[kind, fact] * weights[kind, fact]),
            fact,
            QUANTITIES[fact],
        )
        for kind, fact in facts
        if counts[kind, fact]
    ]
    rows += [
        (
            f"{kind} as {call}",
            f"{weight:+}",
            cells.exact(count),
            cells.exact(count * weight),
            fact,
            QUANTITIES[fact],
        )
        for (kind, fact, call), weight, count in called
    ]
    total = sum(counts[fact] * weights[fact] for fact in facts)
    total += sum(count * weight for _, weight, count in called)
    rows.append(("total", "", "", cells.exact(total), "", ""))
    roles: list[Role] = ["row"] * (len(rows) - 1)
    return Result(f"{name} of {network}", header, rows, _text(header), [*roles, "total"])


def _text(header: Iterable[str]) -> set[str]:
    return {*header} - _NUMBERS


def _kind(kind: str) -> str:
    return "all others" if kind == ANY else kind


def _count(tally: Tally, fact: tuple[str, str], weights: Weights) -> int:
    """How often a network has a fact: one kind's, or all kinds' that have no weight of their own for it."""
    kind, quantity = fact
    if kind != ANY:
        return tally.facts.get(fact, 0)
    own: Iterable[int] = (
        count for found, count in tally.facts.items() if found[1] == quantity and found not in weights
    )
    return sum(own)


def _object(rule: Convention, tally: Tally | None) -> dict[str, Any]:
    counts = {} if tally is None else _counts(rule, tally)
    made_of = {} if tally is None else {"made_of": _made_of(rule, tally)}
    return {**convention_object(rule), "summary": rule.summary, **counts, **made_of}


def _counts(rule: Convention, tally: Tally) -> dict[str, int]:
    return {"operations": rule.count_operations(tally), "parameters": rule.count_parameters(tally)}


def _whole(rule: Convention, tally: Tally | None) -> dict[str, Any]:
    return {
        **convention_object(rule),
        "summary": rule.summary,
        "source": rule.source,
        "versions": rule.versions,
        "weights": {"operations": _nested(rule.operations), "parameters": _nested(rule.parameters)},
        "called": {"operations": rule.called_operations, "parameters": rule.called_parameters},
        "ignores": sorted(rule.ignores),
        "unknown_to_tool": sorted(rule.unknown_to_tool),
        "notes": list(rule.notes),
        "differences": [
            {
                "network": found.network,
                "operations": found.operations,
                "parameters": found.parameters,
                "reason": found.reason,
            }
            for found in rule.differences
        ],
        **({} if tally is None else _counts(rule, tally)),
    }


def _nested(weights: Weights) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (kind, quantity), weight in weights.items():
        found.setdefault(kind, {})[quantity] = weight
    return found
