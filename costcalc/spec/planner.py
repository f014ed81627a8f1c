"""A planner of the user's own: what each kind of layer needs, over the rules of one that is there.

name: mine
extends: live
alignment: 8            # bytes
rules: {swish: own, add: overwrites}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict

from costcalc.errors import Problem, did_you_mean, either
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Primitive
from costcalc.layers.fields import Parsed, Size, Text
from costcalc.layers.problems import validated
from costcalc.planners import PLANNERS, planner
from costcalc.planners.planner import RULES, Planner
from costcalc.quantity import shown

NOUN = "the planner"


def _version(value: object) -> str:
    if type(value) is int or (isinstance(value, str) and value):
        return str(value)
    raise ValueError(f"must be a number or text, not {shown(value)}")


class _WrittenPlanner(BaseModel):
    """The fields of a planner; the table is read apart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    version: Annotated[str, Parsed(_version)] = "1"
    summary: Text = "the user's own"
    source: Text | None = None
    extends: Text | None = None
    alignment: Size | None = None
    rules: Any = None


def parse_planner(data: object) -> tuple[Planner | None, list[Problem]]:
    """The planner that plain data stands for; None, and all that is wrong with it, where something is."""
    if not isinstance(data, dict):
        what = "is empty" if data is None else f"must be a mapping with name and rules, not {shown(data)}"
        return None, [Problem(f"{NOUN} {what}")]
    written, problems = validated(_WrittenPlanner, data, NOUN, ())
    base = None
    if written is not None and written.extends is not None:
        if written.extends in PLANNERS:
            base = planner(written.extends)
        else:
            guess = did_you_mean(written.extends, PLANNERS)
            message = f"extends of {NOUN} names no planner: {shown(written.extends)}{guess}"
            problems.append(Problem(message, ("extends",), f"planners: {', '.join(PLANNERS)}"))
    if written is not None and written.name in PLANNERS:
        message = f"name of {NOUN} is that of one that comes with costcalc: {shown(written.name)}"
        problems.append(Problem(message, ("name",)))
    rules = _rules(data.get("rules", {}), problems)
    if base is not None:
        rules = {**base.rules, **rules}
    elif not problems:
        problems += _gaps(rules)
    if written is None or problems:
        return None, problems
    return (
        Planner(
            name=written.name,
            version=written.version,
            rules=rules,
            alignment=written.alignment or (1 if base is None else base.alignment),
            summary=written.summary if base is None else f"{written.summary}, over {base.name}",
            source=written.source or "",
        ),
        [],
    )


def _rules(data: object, problems: list[Problem]) -> dict[str, str]:
    if not isinstance(data, Mapping):
        problems.append(
            Problem(f"rules of {NOUN} must be a mapping of kinds of layers, not {shown(data)}", ("rules",))
        )
        return {}
    legal = _primitives()
    found = {}
    for kind, rule in data.items():
        if kind not in legal:
            message = f"unknown kind of layer {shown(kind)}{did_you_mean(kind, legal)}"
            if kind in KINDS:
                message = f"{shown(kind)} makes nothing itself: give a rule to what it expands into"
            problems.append(Problem(message, ("rules", kind), f"kinds: {', '.join(sorted(legal))}", at="key"))
        elif rule not in RULES:
            message = f"rule of {kind} must be {either(RULES)}, not {shown(rule)}{did_you_mean(rule, RULES)}"
            problems.append(Problem(message, ("rules", kind)))
        else:
            found[kind] = rule
    return found


def _gaps(rules: Mapping[str, str]) -> list[Problem]:
    missing = [kind for kind in _primitives() if kind not in rules]
    if not missing:
        return []
    hint = "extends: live takes the rules of live for what is not said"
    return [Problem(f"{NOUN} has no rule for {', '.join(missing)}", ("rules",), hint)]


def _primitives() -> list[str]:
    return [kind for kind in KINDS if issubclass(kind_model(kind), Primitive)]
