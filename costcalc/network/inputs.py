"""What a layer takes: the values that its ``inputs`` name, else the one before it; and whether it takes so many."""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.errors import did_you_mean
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Layer
from costcalc.network.entries import Entry
from costcalc.network.ledger import Ledger
from costcalc.network.scope import SEVERAL, Value
from costcalc.quantity import listed, shown

_SECOND = ": its second copy takes the first one's output alone"


class InputReader:
    """Finds the inputs of entries; ``network_inputs`` are the names of the network's own."""

    def __init__(self, network_inputs: Sequence[str], ledger: Ledger) -> None:
        self.network_inputs = network_inputs
        self.ledger = ledger

    def read(self, entry: Entry, current: Value) -> tuple[Value, ...]:
        """The values that come into an entry, after ``current``; one that is unknown where it does not say which."""
        if "inputs" in entry.raw:
            return self._named(entry)
        if entry.kind in KINDS and kind_model(entry.kind).arity[1] == 0:
            return ()
        if current == SEVERAL:
            names = listed(self.network_inputs)
            message = f"{entry.noun} must say its inputs, since the network has several: {names}"
            self.ledger.note(entry.problem(message))
            return (None,)
        return (current,)

    def _named(self, entry: Entry) -> tuple[Value, ...]:
        names = entry.raw["inputs"]
        if isinstance(names, list) and names:
            return tuple([self._input(entry, name, index) for index, name in enumerate(names)])
        hint = f"write inputs: [{names}]" if isinstance(names, str) and names.isidentifier() else None
        fault = "must name at least one" if names == [] else f"must be a list of names, not {shown(names)}"
        self.ledger.note(entry.problem(f"inputs of {entry.noun} {fault}", ("inputs",), hint))
        return (None,)

    def _input(self, entry: Entry, name: object, index: int) -> Value:
        scope = entry.place.scope
        found = scope.find(name) if isinstance(name, str) else None
        if found is not None:
            return found.value
        hint = None
        if not isinstance(name, str):
            message = f"an input of {entry.noun} must be a name, not {shown(name)}"
        elif scope.later(name):
            message = f"input {shown(name)} of {entry.noun} is defined only later: inputs name earlier layers"
        elif self.ledger.is_new(entry.route, name):
            names = [*scope.visible()][::-1]
            message = f"unknown input {shown(name)} of {entry.noun}{did_you_mean(name, names)}"
            hint = f"names: {listed(names)}" if names else None
        else:
            return None
        self.ledger.note(entry.problem(message, ("inputs", index), hint))
        return None

    def are_as_many(self, entry: Entry, layer: Layer, inputs: Sequence[Value]) -> bool:
        """Whether a layer takes that many inputs; noted if it does not."""
        names = entry.raw.get("inputs")
        if "inputs" in entry.raw and not (isinstance(names, list) and names):
            return True  # what it takes is unknown, and that is noted already
        least, most = layer.arity
        if least <= len(inputs) and (most is None or len(inputs) <= most):
            return True
        if most is None:
            wanted = f"at least {least} inputs"
        else:
            wanted = "no inputs" if most == 0 else f"{most} input{'s' if most > 1 else ''}"
        remedy = ""
        if len(inputs) < least:
            is_second_copy = names is not None and len(names) >= least
            remedy = _SECOND if is_second_copy else ": name them, as in inputs: [a, b]"
        field = ("inputs",) if "inputs" in entry.raw else ()
        self.ledger.note(entry.problem(f"{entry.noun} takes {wanted}, not {len(inputs)}{remedy}", field))
        return False


def incoming(inputs: Sequence[Value]) -> dict[str, Value]:
    """What came in by name: ``input``, ``input_2``, …"""
    return {"input" if index == 0 else f"input_{index + 1}": value for index, value in enumerate(inputs)}
