"""The limits on a whole network that a spec's budget has, with the devices and planners that they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from costcalc.errors import CostcalcError
from costcalc.metrics import Number, metric_named

if TYPE_CHECKING:
    from costcalc.application.load import Loaded


class Limits(NamedTuple):
    """Limits by metric, the arguments of the metrics, and how many of the budget's limits are others."""

    limits: Mapping[str, Number]
    arguments: Mapping[str, Any]
    others: int


def on_device(path: str, loaded: Loaded, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of metrics with the device that the spec names, where none is given. Raises SpecError."""
    from costcalc.application.device import device_of

    if "device" not in given and (device := device_of(path, loaded)) is not None:
        return {**given, "device": device}
    return dict(given)


def refuse_missing(metric: str, arguments: Mapping[str, Any], what: str) -> None:
    """Raise CostcalcError where a metric needs an argument that nobody gives."""
    for missing in metric_named(metric).missing(arguments):
        raise CostcalcError(f"{what} needs a {missing}: say --{missing} NAME")


def budget_limits(path: str, loaded: Loaded, arguments: Mapping[str, Any]) -> Limits:
    """The limits of the budget of a spec read at a path; ``arguments`` hold where a limit does not name its own.

    Raises SpecError where a limit's device or planner is not to be had, CostcalcError where two limits disagree on one.
    """
    from costcalc.analysis.costs import analyze
    from costcalc.application.device import folder_of, with_arguments
    from costcalc.budget import rules_of

    rules = rules_of(loaded.network.spec.budget, loaded.document.locate)
    totals = [rule for rule in rules if rule.kind == "total"]
    own: dict[str, Any] = {}
    analysis = analyze(loaded.network).given(**arguments)
    for rule in with_arguments(totals, folder_of(path), analysis):
        for name, value in rule.given.items():
            if own.setdefault(name, value) != value:
                raise CostcalcError(
                    f"two limits of the budget name a {name} each: one at a time can be looked at"
                )
    limits = {rule.metric: rule.bound for rule in totals}
    return Limits(limits, {**arguments, **own}, len(rules) - len(totals))
