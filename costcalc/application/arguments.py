"""The arguments of metrics as a command gives them: a device, a planner, a dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from costcalc.application.device import find_device, find_planner

if TYPE_CHECKING:
    from costcalc.dtype import SaidDtype


def metric_arguments(
    device: str | None = None, planner: str | None = None, dtype: SaidDtype | None = None
) -> dict[str, Any]:
    """What is given, by name: files are read, names are looked up. Raises CostcalcError, SpecError."""
    given: dict[str, Any] = {}
    if device is not None:
        given["device"] = find_device(device)
    if planner is not None:
        given["planner"] = find_planner(planner)
    if dtype is not None:
        given["dtype"] = dtype
    return given
