"""Plans: the places that change and what each saves, before and after, and the change as a unified diff; or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from typing import Any

from costcalc.metrics import Number, metric_named, plain_number
from costcalc.quantity import listed
from costcalc.rendering.formats import render
from costcalc.rendering.json_document import json_document
from costcalc.rendering.report.report import View
from costcalc.rendering.results import Result, Results
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Role
from costcalc.search.plan.answer import Planned, Plans
from costcalc.search.plan.planning import ChangePlan, PlannedChange

_TEXT = frozenset(("place", "layer", "from", "to", "metric", "width", "resolution", "status", "changes"))
#: So many reasons why something is not offered are listed for people.
_LISTED = 12


def render_plans(plans: Plans, format: str, view: View) -> str:
    """The plans in a format."""
    best = plans.best
    if format == "json":
        return json_document(_object(plans, best))
    results = [_pairs(plans, view)] if len(plans.found) > 1 else []
    results += [_changes(plans, best, view), _metrics(best.plan, view)]
    if best.plan.status == "fits":
        results.append(Result("the change", diff=[*_diff(plans, best.plan)]))
    return render("results", format, Results(results, {}, [*_sentences(plans, best.plan, view)]), view)


def _changes(plans: Plans, best: Planned, view: View) -> Result:
    plan = best.plan
    at = (
        [f" at width multiplier {float(best.width_multiplier):g}"]
        if best.width_multiplier is not None
        else []
    )
    at += [f" at resolution {best.resolution}"] if best.resolution is not None else []
    title = f"{plans.name}{','.join(at)}: {_verdict(plan)}"
    if not plan.changes:
        return Result(title)
    metrics = list(plan.changes[0].saves)
    header = ("place", "layer", "to", *(f"saves {metric}" for metric in metrics))
    rows = [
        (
            f"{change.place.line}:{change.place.column}",
            change.layer,
            change.to,
            *(_saved(metric, change.saves[metric], view) for metric in metrics),
        )
        for change in plan.changes
    ]
    return Result(title, header, rows, _TEXT)


def _verdict(plan: ChangePlan) -> str:
    of = f"{len(plan.changes)} of {plan.places} places"
    match plan.status:
        case "unneeded":
            return "within all limits as it is"
        case "fits":
            return f"fits, with {of} changed"
        case "infeasible":
            return f"no plan fits; nearest is this, with {of} changed"


def _saved(metric: str, value: Number, view: View) -> str:
    text = cells.printer(metric, view.exact)(max(value, -value))
    return f"-{text}" if value < 0 else text


def _metrics(plan: ChangePlan, view: View) -> Result:
    rows: list[Sequence[str]] = []
    roles: list[Role] = []
    for name in plan.after:
        limit = plan.limits.get(name)
        text = cells.printer(name, view.exact)
        is_over = limit is not None and plan.after[name] > limit
        rows.append(
            (name, text(plan.before[name]), text(plan.after[name]), text(limit), "OVER" if is_over else "")
        )
        roles.append("fail" if is_over else "row")
    return Result("before and after", ("metric", "before", "after", "limit", ""), rows, _TEXT, roles)


def _sentences(plans: Plans, plan: ChangePlan, view: View) -> Iterator[str]:
    if plan.status == "infeasible":
        for name, limit in plan.limits.items():
            if name in plan.after and plan.after[name] > limit:
                exact = metric_named(name).unit.exact
                yield f"{name}: {exact(plan.after[name])} is as near as it gets to {exact(limit)}"
    if plan.runner_up is not None:
        changes, after = plan.runner_up
        names = ", ".join(f"{change.layer} → {change.to}" for change in changes)
        values = ", ".join(
            f"{name} {cells.printer(name, view.exact)(value)}" for name, value in after.items()
        )
        yield f"runner-up: {names}: {values}"
    if plan.status != "unneeded":
        reasons: dict[str, list[str]] = {}
        for place, reason in plan.not_offered.items():
            reasons.setdefault(reason, []).append(place)
        for reason, places in [*reasons.items()][:_LISTED]:
            yield f"not offered: {listed(places, 3)}: {reason}"
    if plan.status == "fits":
        yield "as changed, the network has to be trained again"


def _diff(plans: Plans, plan: ChangePlan) -> Iterator[str]:
    assert plan.text is not None
    return unified_diff(
        plans.text.splitlines(), plan.text.splitlines(), plans.path, f"{plans.path} (planned)", lineterm=""
    )


def _pairs(plans: Plans, view: View) -> Result:
    """Every width and resolution with its plan, in a line each."""
    metrics = list(plans.found[0].plan.after)
    header = ("width", "resolution", "status", "changes", *metrics)
    rows = [
        (
            "" if one.width_multiplier is None else f"{float(one.width_multiplier):g}",
            "" if one.resolution is None else str(one.resolution),
            one.plan.status,
            str(len(one.plan.changes)),
            *(cells.printer(name, view.exact)(one.plan.after[name]) for name in metrics),
        )
        for one in plans.found
    ]
    return Result("plans", header, rows, _TEXT)


def _object(plans: Plans, best: Planned) -> dict[str, Any]:
    data = _plan_object(best)
    if len(plans.found) > 1:
        data["plans"] = [_plan_object(one) for one in plans.found]
    return data


def _plan_object(one: Planned) -> dict[str, Any]:
    plan = one.plan
    runner_up = None
    if plan.runner_up is not None:
        changes, after = plan.runner_up
        runner_up = {"changes": _change_objects(changes), "after": _numbers(after)}
    return {
        "status": plan.status,
        "width_multiplier": None if one.width_multiplier is None else float(one.width_multiplier),
        "resolution": None if one.resolution is None else str(one.resolution),
        "places": plan.places,
        "changes": _change_objects(plan.changes),
        "before": _numbers(plan.before),
        "after": _numbers(plan.after),
        "limits": _numbers(plan.limits),
        "runner_up": runner_up,
        "not_offered": dict(plan.not_offered),
    }


def _change_objects(changes: Sequence[PlannedChange]) -> list[dict[str, Any]]:
    return [
        {
            "place": f"{change.place.path}:{change.place.line}:{change.place.column}",
            "layer": change.layer,
            "from": "conv",
            "to": change.to,
            "saves": _numbers(change.saves),
        }
        for change in changes
    ]


def _numbers(values: Mapping[str, Number]) -> dict[str, Any]:
    return {name: plain_number(value) for name, value in values.items()}
