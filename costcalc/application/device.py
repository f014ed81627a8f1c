"""Devices and planners that a spec or a config names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from costcalc.errors import CostcalcError, Location, Problem, SpecError
from costcalc.metrics import metric_named
from costcalc.quantity import shown
from costcalc.spec.named import SUFFIXES, find_device, find_planner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from costcalc.analysis.costs import Analysis
    from costcalc.application.config import Config
    from costcalc.application.load import Loaded
    from costcalc.budget import Rule
    from costcalc.devices.device import Device
    from costcalc.dtype import SaidDtype
    from costcalc.spec import NetworkSpec

_Parsed = TypeVar("_Parsed")


def device_of(path: str, loaded: Loaded, dtype: SaidDtype | None = None) -> Device | None:
    """The device that a spec, which was read at a path, names: None where it names none.

    Raises SpecError where there is no such device, or it has no rate for the spec's dtype (or for that given over it).
    """
    name = loaded.network.spec.device
    if name is None:
        return None
    from costcalc.analysis.time.roofline import check_rates

    try:
        device = _beside(folder_of(path), name, find_device)
        check_rates(loaded.network, device, dtype or loaded.network.spec.dtype)
    except SpecError:
        raise
    except CostcalcError as error:
        raise SpecError(loaded.document.place([Problem(str(error), ("device",))])) from None
    return device


def project_device(config: Config | None = None) -> Device | None:
    """The device that the project's config names; None where it names none, or there is no config."""
    from costcalc.application.config import find_config

    found = config if config is not None else find_config()
    if found is None or found.device is None:
        return None
    try:
        return _beside(found.folder, found.device, find_device)
    except SpecError:
        raise
    except CostcalcError as error:
        raise SpecError(found.document.place([Problem(str(error), ("device",))])) from None


def on_its_device(analysis: Analysis, path: str, loaded: Loaded, config: Config | None = None) -> Analysis:
    """The analysis with the time on the device that it is given, or that the spec names, or the project whose config is
    given: a project's device only where it has a rate for the spec's dtype. Raises SpecError, CostcalcError.
    """
    given = analysis.arguments
    if "device" in given:
        _check_rates(analysis, loaded, given["device"])
        return analysis
    device = device_of(path, loaded, given.get("dtype"))
    if device is None and config is not None and config.device is not None:
        device = project_device(config)
        try:
            _check_rates(analysis, loaded, device)
        except CostcalcError:
            return analysis
    return analysis if device is None else analysis.given(device=device)


def _check_rates(analysis: Analysis, loaded: Loaded, device: Any) -> None:
    """Raise SpecError where a device has no rate for what the spec says, CostcalcError for a dtype that is given."""
    from costcalc.analysis.time.roofline import check_rates

    dtype = analysis.arguments.get("dtype")
    try:
        check_rates(analysis.network, device, dtype or analysis.spec.dtype)
    except CostcalcError as error:
        if dtype is not None or analysis.spec.dtype is None:
            raise CostcalcError(f"{loaded.document.path}: {error}") from None
        raise SpecError(loaded.document.place([Problem(str(error), ("dtype",))])) from None


def said_of_metrics(spec: NetworkSpec, config: Config | None) -> dict[str, Any]:
    """What a spec, or else its project, says of its metrics, in words: its limits hold for that."""
    device = spec.device or (config.device if config is not None else None)
    said = {"device": device, "dtype": spec.dtype}
    return {name: value for name, value in said.items() if value is not None}


def with_arguments(rules: Iterable[Rule], folder: str, analysis: Analysis) -> list[Rule]:
    """The rules with the devices and planners that they name; files lie in a folder, or below it.

    Raises SpecError where there is none of a name, a metric needs what nobody gives, or a limit's device has no rate
    for the network that is analysed.
    """
    from costcalc.analysis.time.roofline import check_rates

    found: list[Rule] = []
    problems: list[Problem] = []
    for rule in rules:
        arguments = dict(rule.arguments)
        try:
            if "device" in arguments:
                device = arguments["device"] = _beside(folder, arguments["device"], find_device)
                said = analysis.arguments.get("dtype") or analysis.spec.dtype
                check_rates(analysis.network, device, arguments.get("dtype") or said)
            if "planner" in arguments:
                arguments["planner"] = _beside(folder, arguments["planner"], find_planner)
            missing = metric_named(rule.metric).missing({**analysis.arguments, **arguments})
            if missing and rule.kind != "ratchet":
                raise CostcalcError(_needs(rule, missing[0]))
        except SpecError as error:
            problems += error.problems
        except CostcalcError as error:
            problems.append(Problem(str(error), location=_said_at(rule)))
        found.append(rule._replace(given=arguments) if arguments else rule)
    if problems:
        raise SpecError(problems)
    return found


def _said_at(rule: Rule) -> Location | None:
    """Where a limit names a device or a planner, else where the limit stands."""
    for name in ("device", "planner"):
        if rule.place is not None and name in dict(rule.arguments):
            return rule.place((*rule.route[:-1], name))
    return rule.location


def _needs(rule: Rule, argument: str) -> str:
    how = f", or {rule.metric}: {{{argument}: NAME, max: …}}" if rule.kind == "total" else ""
    return (
        f"a limit on {rule.metric} needs a {argument} with a rate for its dtype: say {argument}: NAME in the spec "
        f"or the config{how}"
    )


def folder_of(path: str) -> str:
    """The folder that a spec's files lie in: the current one for a spec that is no file."""
    return "" if ":" in path or path == "-" else os.path.dirname(path)


def _beside(folder: str, name: str, find: Callable[[str], _Parsed]) -> _Parsed:
    """What a spec or a config names: a file of it lies in its folder, or below that."""
    from costcalc.reading.discovery import stays_inside

    if not name.endswith(SUFFIXES):
        return find(name)
    if os.path.isabs(name) or not stays_inside(folder, name):
        raise CostcalcError(f"{shown(name)} leads out of the folder of the file that names it")
    return find(os.path.join(folder, name))
