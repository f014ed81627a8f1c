"""Devices, planners and conventions by their names, or from YAML files of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from costcalc.errors import CostcalcError, Problem, SpecError, did_you_mean
from costcalc.quantity import shown

if TYPE_CHECKING:
    from costcalc.conventions.convention import Convention
    from costcalc.devices.device import Device
    from costcalc.planners.planner import Planner

#: How the name of a file ends.
SUFFIXES = (".yaml", ".yml")
_Parsed = TypeVar("_Parsed")


def find_device(name: str) -> Device:
    """The device that comes with costcalc under a name, or that a YAML file holds.

    Raises CostcalcError where there is none, SpecError with all that is wrong with the file.
    """
    from costcalc.devices import DEVICES, device_path
    from costcalc.spec.device import parse_device

    if name in DEVICES:
        return _read(device_path(name), parse_device)
    return _of_the_user("device", name, parse_device, DEVICES, "; costcalc devices lists what there is")


def find_planner(name: str) -> Planner:
    """The planner that comes with costcalc under a name, or that a YAML file holds; raises as :func:`find_device`."""
    from costcalc.planners import PLANNERS, planner

    if name in PLANNERS:
        return planner(name)
    from costcalc.spec.planner import parse_planner

    guess = f": there are {', '.join(PLANNERS)}, or a YAML file of your own"
    return _of_the_user("planner", name, parse_planner, PLANNERS, guess)


def find_convention(name: str) -> Convention:
    """The convention of a name, or that a YAML file holds; raises as :func:`find_device`."""
    from costcalc.conventions import CONVENTIONS, convention

    if name in CONVENTIONS:
        return convention(name)
    from costcalc.spec.convention import parse_convention

    return _of_the_user(
        "convention", name, parse_convention, CONVENTIONS, "; costcalc conventions lists what there is"
    )


def _of_the_user(
    what: str,
    name: str,
    parse_data: Callable[[object], tuple[_Parsed | None, list[Problem]]],
    known: Iterable[str],
    otherwise: str,
) -> _Parsed:
    """What a file of the user's holds; else an error with the known name that was meant, or what is to be done."""
    if name.endswith(SUFFIXES):
        return _read(name, parse_data)
    raise CostcalcError(f"no {what} {shown(name)}{did_you_mean(name, known) or otherwise}")


def _read(path: str, parse_data: Callable[[object], tuple[_Parsed | None, list[Problem]]]) -> _Parsed:
    from costcalc.reading.document import parse
    from costcalc.reading.files import read_text

    document = parse(read_text(path), path)
    found, problems = parse_data(document.data)
    if found is None or problems:
        raise SpecError(document.place(problems))
    return found
