"""The siblings that a spec names as its ``variants``: files beside it, or networks of the zoo."""

from __future__ import annotations

import os

from costcalc.application.load import ZOO, Loaded, load
from costcalc.errors import CostcalcError, Problem, SpecError
from costcalc.network import Network
from costcalc.quantity import shown

_SUFFIX = ".yaml"


def load_variants(path: str, loaded: Loaded) -> dict[str, Network]:
    """The networks of a spec's variants by name, as written; ``path`` is where the spec was read.

    A name stands for the file NAME.yaml beside the spec, or for zoo:NAME. Raises SpecError where there is
    neither, or where a variant is wrong itself.
    """
    variants = {}
    for index, name in enumerate(loaded.network.spec.variants):
        beside = os.path.join(os.path.dirname(path), name + _SUFFIX)
        own = not path.startswith(ZOO) and os.path.basename(name) == name and os.path.isfile(beside)
        try:
            variants[name] = load(beside if own else ZOO + name)
        except SpecError:
            raise
        except CostcalcError as error:
            message = f"variant {shown(name)} is neither a file beside the spec nor in the zoo: {error}"
            raise SpecError(loaded.document.place([Problem(message, ("variants", index))])) from None
    return variants
