"""A convention by its name, or from a file of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costcalc.conventions import CONVENTIONS, convention
from costcalc.errors import CostcalcError, SpecError, did_you_mean
from costcalc.quantity import shown

if TYPE_CHECKING:
    from costcalc.conventions.convention import Convention

_SUFFIXES = (".yaml", ".yml")


def find_convention(name: str) -> Convention:
    """The convention that comes with costcalc under a name, or that a YAML file holds.

    Raises CostcalcError where there is none, SpecError with all that is wrong with the file.
    """
    if name in CONVENTIONS:
        return convention(name)
    if name.endswith(_SUFFIXES):
        return _read(name)
    guess = did_you_mean(name, CONVENTIONS) or "; costcalc conventions lists what there is"
    raise CostcalcError(f"no convention {shown(name)}{guess}")


def _read(path: str) -> Convention:
    from costcalc.reading.document import parse
    from costcalc.reading.files import read_text
    from costcalc.spec.convention import parse_convention

    document = parse(read_text(path), path)
    found, problems = parse_convention(document.data)
    if problems:
        raise SpecError(document.place(problems))
    return found
