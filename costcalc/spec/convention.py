"""A convention of the user's own: a name, a unit, and what each fact weighs, over those of one that is there.

    name: ours
    unit: multiply-adds, activations included
    extends: fvcore
    operations:
      relu: {inputs: 1}
      "*": {bias_additions: 1}
    ignores: [softplus]

A layer may say how a model calls it (``called: {relu: F.relu}``); what it weighs then stands in ``called_operations``
and ``called_parameters``, by kind and pattern: ``{relu: {"F.*": {inputs: 1}}, "*": {"*": {}}}``. No weights: nothing
counts; ``module``: as where a layer says nothing. The first pattern that fits holds, of the kind before ``*``.

Tables are kind -> quantity -> whole number; ``"*"`` is every kind that has no entry of its own, for multiplies and
tensors. A kind that is not weighed is listed under ``ignores`` (``"*"``: all of them), or under ``unknown_to_tool``
where a tool that the convention describes does not know it; else it is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from costcalc.called import MODULE
from costcalc.conventions import CONVENTIONS, convention
from costcalc.conventions.convention import ANY, COMMON, MULTIPLIES, CallWeights, Convention, Weights
from costcalc.errors import Problem, Route, did_you_mean
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Primitive
from costcalc.layers.fields import Parsed, Text
from costcalc.layers.problems import problems_of
from costcalc.quantity import shown
from costcalc.tally import QUANTITIES, Fact

NOUN = "the convention"
MAX_WEIGHT = 10**6


def _version(value: object) -> str:
    if type(value) is int or (isinstance(value, str) and value):
        return str(value)
    raise ValueError(f"must be a number or text, not {shown(value)}")


class _WrittenConvention(BaseModel):
    """The fields of a convention; the tables are read apart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    unit: Text
    version: Annotated[str, Parsed(_version)] = "1"
    summary: Text = "the user's own"
    source: Text | None = None
    extends: Text | None = None
    operations: Any = None
    parameters: Any = None
    called_operations: Any = None
    called_parameters: Any = None
    ignores: Any = None
    unknown_to_tool: Any = None


def parse_convention(data: object) -> tuple[Convention, list[Problem]]:
    """The convention that plain data stands for, and all that is wrong with it; without problems it is whole."""
    if not isinstance(data, dict):
        what = (
            "is empty"
            if data is None
            else f"must be a mapping with name, unit and operations, not {shown(data)}"
        )
        return MULTIPLIES, [Problem(f"{NOUN} {what}")]
    problems: list[Problem] = []
    base = _base(data.get("extends"), problems)
    tables = {
        name: _table(data[name], (name,), problems) for name in ("operations", "parameters") if name in data
    }
    of_operations, of_parameters = (
        _calls(data.get(name, {}), (name,), problems) for name in ("called_operations", "called_parameters")
    )
    lists = {
        name: _kinds(data[name], name, problems) for name in ("ignores", "unknown_to_tool") if name in data
    }
    if "extends" not in data and "operations" not in data:
        problems.append(Problem(f"{NOUN} needs operations, or extends with the name of another"))
    try:
        written = _WrittenConvention.model_validate(data)
    except ValidationError as error:
        return MULTIPLIES, problems_of(error, _WrittenConvention, NOUN, ()) + problems
    if written.name in CONVENTIONS:
        message = f"name of {NOUN} is that of one that comes with costcalc: {shown(written.name)}"
        problems.append(Problem(message, ("name",)))
    operations, parameters = tables.get("operations", {}), tables.get("parameters")
    if base:
        of_operations = {**base.called_operations, **of_operations}
        of_parameters = {**base.called_parameters, **of_parameters}
        operations = {**base.operations, **operations}
        parameters = {**base.parameters, **(parameters or {})}
    ignores, unknown = (lists.get(name, frozenset()) for name in ("ignores", "unknown_to_tool"))
    if base:
        ignores, unknown = ignores | base.ignores, unknown | base.unknown_to_tool
    found = Convention(
        name=written.name,
        version=written.version,
        unit=written.unit,
        operations=operations,
        parameters=MULTIPLIES.parameters if parameters is None else parameters,
        ignores=ignores,
        unknown_to_tool=unknown,
        called_operations=of_operations,
        called_parameters=of_parameters,
        summary=written.summary if base is None else f"{written.summary}, over {base.name}",
        source=written.source or "",
    )
    return found, problems


def _base(name: object, problems: list[Problem]) -> Convention | None:
    if name is None:
        return None
    if isinstance(name, str) and name in CONVENTIONS:
        return convention(name)
    message = f"extends of {NOUN} names no convention: {shown(name)}{did_you_mean(name, CONVENTIONS)}"
    problems.append(Problem(message, ("extends",), f"conventions: {', '.join(CONVENTIONS)}"))
    return None


def _table(data: object, route: Route, problems: list[Problem]) -> Weights:
    weights: dict[Fact, int] = {}
    for step, item in _entries(data, f"{route[0]} of {NOUN}", "kinds of layers", route, problems):
        kind, place = str(step), (*route, step)
        if kind != ANY and not _is_primitive(kind):
            problems.append(_unknown_kind(step, place))
        for quantity, weight in _entries(item, f"{shown(step)} in {route[0]}", "quantities", place, problems):
            if quantity not in QUANTITIES:
                problems.append(_unknown_quantity(quantity, (*place, quantity)))
            elif kind == ANY and quantity not in COMMON:
                problems.append(_not_common(quantity, (*place, quantity)))
            elif (found := _weight(quantity, weight, (*place, quantity), problems)) is not None:
                weights[kind, quantity] = found
    return weights


def _weight(quantity: str, weight: object, route: Route, problems: list[Problem]) -> int | None:
    if type(weight) is int and abs(weight) <= MAX_WEIGHT:
        return weight
    message = f"weight of {shown(quantity)} must be a whole number up to {MAX_WEIGHT}, not {shown(weight)}"
    problems.append(Problem(message, route))
    return None


def _calls(data: object, route: Route, problems: list[Problem]) -> CallWeights:
    """Kinds, patterns of calls, and what quantities weigh where one fits."""
    calls: dict[str, dict[str, Mapping[str, int] | None]] = {}
    for step, item in _entries(data, f"{route[0]} of {NOUN}", "kinds of layers", route, problems):
        kind, place = str(step), (*route, step)
        if kind != ANY and not _is_primitive(kind):
            problems.append(_unknown_kind(step, place))
        noun = f"{shown(step)} in {route[0]}"
        for pattern, said in _entries(item, noun, "patterns of calls", place, problems):
            at = (*place, pattern)
            calls.setdefault(kind, {})[str(pattern)] = (
                None if said == MODULE else _instead(said, at, problems)
            )
    return calls


def _instead(data: object, route: Route, problems: list[Problem]) -> dict[str, int]:
    weights: dict[str, int] = {}
    noun = f"what {shown(route[-1])} weighs, if not {MODULE},"
    for quantity, weight in _entries(data, noun, "quantities", route, problems):
        place = (*route, quantity)
        if quantity not in QUANTITIES:
            problems.append(_unknown_quantity(quantity, place))
        elif (found := _weight(quantity, weight, place, problems)) is not None:
            weights[quantity] = found
    return weights


def _not_common(quantity: str, route: Route) -> Problem:
    message = f'"*" weighs multiplies and tensors: give {shown(quantity)} its weight kind by kind'
    return Problem(message, route, f'quantities of "*": {", ".join(sorted(COMMON))}', at="key")


def _kinds(data: object, name: str, problems: list[Problem]) -> frozenset[str]:
    """The kinds of a list; ``*`` alone is every kind."""
    if data == ANY and name == "ignores":
        return frozenset((ANY,))
    if not isinstance(data, list):
        either = ', or "*" for all that are not weighed' if name == "ignores" else ""
        problems.append(
            Problem(f"{name} of {NOUN} must be a list of kinds{either}, not {shown(data)}", (name,))
        )
        return frozenset()
    unknown = [
        index for index, kind in enumerate(data) if not (isinstance(kind, str) and _is_primitive(kind))
    ]
    problems += [_unknown_kind(data[index], (name, index), at="value") for index in unknown]
    return frozenset(kind for index, kind in enumerate(data) if index not in unknown)


def _entries(
    data: object, noun: str, of: str, route: Route, problems: list[Problem]
) -> Iterator[tuple[str, object]]:
    if isinstance(data, Mapping):
        yield from data.items()
    else:
        problems.append(Problem(f"{noun} must be a mapping of {of}, not {shown(data)}", route))


def _is_primitive(kind: str) -> bool:
    return kind in KINDS and issubclass(kind_model(kind), Primitive)


def _unknown_kind(kind: object, route: Route, at: Literal["key", "value"] = "key") -> Problem:
    legal = [name for name in KINDS if _is_primitive(name)]
    if kind in KINDS:
        message = f"{shown(kind)} counts nothing itself: weigh what it expands into"
    else:
        message = f"unknown kind of layer {shown(kind)}{did_you_mean(kind, legal)}"
    any_kind = '"*", ' if at == "key" else ""
    return Problem(message, route, f"kinds: {any_kind}{', '.join(sorted(legal))}", at=at)


def _unknown_quantity(quantity: object, route: Route) -> Problem:
    message = f"unknown quantity {shown(quantity)}{did_you_mean(quantity, QUANTITIES)}"
    return Problem(message, route, f"quantities: {', '.join(sorted(QUANTITIES))}", at="key")
