"""The zoo: the published networks that come with costcalc, as ``zoo:NAME``.

An installed package holds them in ``costcalc/_zoo``; a checkout (and so an editable install) in
``specs`` beside the package.
"""

from __future__ import annotations

import os

from costcalc.errors import CostcalcError, did_you_mean
from costcalc.quantity import shown

_SUFFIX = ".yaml"


def zoo_names() -> list[str]:
    """The names of the zoo's networks, sorted."""
    return sorted(name.removesuffix(_SUFFIX) for name in os.listdir(_folder()) if name.endswith(_SUFFIX))


def zoo_path(name: str) -> str:
    """Where the spec of the zoo's network ``name`` lies; raises CostcalcError where there is none."""
    names = zoo_names()
    if name in names:
        return os.path.join(_folder(), name + _SUFFIX)
    hint = did_you_mean(name, names) or "; costcalc zoo lists what there is"
    raise CostcalcError(f"no network {shown(name)} in the zoo{hint}")


def _folder() -> str:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "_zoo")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "specs")
