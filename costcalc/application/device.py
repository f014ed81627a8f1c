"""A device or a planner by its name, or from a file of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from costcalc.errors import CostcalcError, Problem, SpecError, did_you_mean
from costcalc.quantity import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from costcalc.devices.device import Device
    from costcalc.planners.planner import Planner

_SUFFIXES = (".yaml", ".yml")
_Parsed = TypeVar("_Parsed")


def find_device(name: str) -> Device:
    """The device that comes with costcalc under a name, or that a YAML file holds.

    Raises CostcalcError where there is none, SpecError with all that is wrong with the file.
    """
    from costcalc.devices import DEVICES, device_path
    from costcalc.spec.device import parse_device

    if name in DEVICES:
        return _read(device_path(name), parse_device)
    if name.endswith(_SUFFIXES):
        return _read(name, parse_device)
    guess = did_you_mean(name, DEVICES) or "; costcalc devices lists what there is"
    raise CostcalcError(f"no device {shown(name)}{guess}")


def find_planner(name: str) -> Planner:
    """The planner that comes with costcalc under a name, or that a YAML file holds; raises as :func:`find_device`."""
    from costcalc.planners import PLANNERS, planner

    if name in PLANNERS:
        return planner(name)
    if name.endswith(_SUFFIXES):
        from costcalc.spec.planner import parse_planner

        return _read(name, parse_planner)
    guess = did_you_mean(name, PLANNERS) or f": there are {', '.join(PLANNERS)}, or a YAML file of your own"
    raise CostcalcError(f"no planner {shown(name)}{guess}")


def _read(path: str, parse_data: Callable[[object], tuple[_Parsed | None, list[Problem]]]) -> _Parsed:
    from costcalc.reading.document import parse
    from costcalc.reading.files import read_text

    document = parse(read_text(path), path)
    found, problems = parse_data(document.data)
    if found is None or problems:
        raise SpecError(document.place(problems))
    return found
