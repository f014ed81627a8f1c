"""From a flat network to a spec and its network, held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from costcalc.errors import SpecError
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.flat import FlatNetwork, flat_network, flat_spec, without_words
from costcalc.interop.importers.recognition import structured_spec
from costcalc.kinds import VIEWS
from costcalc.network import Network, resolve
from costcalc.spec import parse_spec
from costcalc.tally import Tally


class StructureError(ModelError):
    """The structure of a model was not recognised rightly."""

    def __init__(self, flat: FlatNetwork, reason: str) -> None:
        super().__init__(
            f"{flat.name}: the spec that was made is wrong: {reason}: please report this",
            "--flat gives the plain graph",
        )


@dataclass(frozen=True, slots=True)
class Conversion:
    """A model's spec as plain data, and its network."""

    spec: Mapping[str, Any]
    network: Network


def convert(flat: FlatNetwork, *, structured: bool = True) -> Conversion:
    """The spec of a model: as a person would have written it, or one layer an operation.

    Raises CostcalcError where the shapes are not the model's, StructureError where the two specs do not cost the
    same: then costcalc is wrong, and says so rather than a wrong number.
    """
    flat = without_words(flat)
    try:
        network = flat_network(flat)
    except SpecError as error:
        raise ModelError(f"{flat.name}: {error.problems[0].message}") from None
    if not structured:
        return Conversion(flat_spec(flat), _noted(network, flat))
    data = structured_spec(flat)
    spec, problems = parse_spec(data)
    try:
        found = resolve(spec, problems)
    except SpecError as error:
        raise StructureError(flat, error.problems[0].message) from None
    if counted(found) != counted(network):
        raise StructureError(flat, "it does not cost what the model costs")
    return Conversion(data, _noted(found, flat)._replace(flat=network))


def counted(network: Network) -> Tally:
    """All that is counted but what depends on how a map lies: its views, and the positions that a softmax meets."""
    whole = Tally.total(node.tally for node in network.nodes if node.layer.type not in VIEWS)
    lying = "softmax", "positions"
    facts = {fact: count for fact, count in whole.facts.items() if fact != lying}
    return Tally(facts, {fact: count for fact, count in whole.called.items() if fact[:2] != lying})


def _noted(network: Network, flat: FlatNetwork) -> Network:
    return network._replace(notes=(*network.notes, *flat.notes)) if flat.notes else network
