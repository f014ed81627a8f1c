"""What metrics take beside a network (a device, a planner, a dtype): as a command gives it, or a spec, or a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from costcalc.analysis.costs import Analysis
    from costcalc.application.load import Loaded
    from costcalc.dtype import SaidDtype


def metric_arguments(
    device: str | None = None, planner: str | None = None, dtype: SaidDtype | None = None
) -> dict[str, Any]:
    """What is given, by name: files are read, names are looked up. Raises CostcalcError, SpecError."""
    from costcalc.spec.named import find_device, find_planner

    given: dict[str, Any] = {}
    if device is not None:
        given["device"] = find_device(device)
    if planner is not None:
        given["planner"] = find_planner(planner)
    if dtype is not None:
        given["dtype"] = dtype
    return given


def with_device(analysis: Analysis, path: str, loaded: Loaded) -> Analysis:
    """The analysis of what was read at a path, with the time on the device that it is given, or that the spec names, or
    else its project. Raises CostcalcError, SpecError.
    """
    from costcalc.reading.project import config_mentions

    config = None
    if analysis.spec.device is None and "device" not in analysis.arguments:
        if not config_mentions("device"):
            return analysis
        from costcalc.application.config import find_config

        config = find_config()
    from costcalc.application.device import on_its_device

    return on_its_device(analysis, path, loaded, config)
