"""From a spec with choices to a space: each layer is costed once for each way in which it can stand.

The layers of a list, and of blocks that are used in it, are looked at one by one: a layer's cost depends on its own
choices, on the width multiplier and on the shapes that come in, and nothing else. For each of these ways it is resolved
as a network of one layer, by the code that resolves every network. A table tells which shape comes out in which
variant; axes along which it turns out to be always the same are dropped, so that a layer depends on few. Where layers
cannot be taken apart (they share weights, or names depend on choices) the network is one layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from costcalc.layers import KINDS, kind_model
from costcalc.metrics import METRICS, in_columns
from costcalc.network.limits import repeats
from costcalc.network.scope import Named, Scope, names_in
from costcalc.search.sweep.costing import Coster, SweptLayer
from costcalc.search.sweep.space import Space, SweepAxis, Table
from costcalc.spec import NetworkSpec
from costcalc.spec.blocks import walk, word_of

#: The metrics that each row has.
SWEPT = in_columns(METRICS)


class _WholeError(Exception):
    """The layers cannot be taken apart."""


def compiled(spec: NetworkSpec, axes: tuple[SweepAxis, ...], metrics: Sequence[str] = SWEPT) -> Space:
    """The space of a spec, whose choices are not made yet, with tables of metrics that are local.

    The values of an axis called width_multiplier are α, those of one called resolution are
    :class:`~costcalc.rewrite.resolution.Resolution`; other axes are choices by name or place. Raises CostcalcError
    where a layer can stand in too many ways.
    """
    coster = Coster(spec, axes, metrics)
    try:
        _Compiler(coster).network()
    except _WholeError:
        coster.whole()
    return coster.space()


class _Compiler:
    """Goes through the layers of a spec, and has each costed."""

    def __init__(self, coster: Coster) -> None:
        self.coster = coster

    def network(self) -> None:
        """Have all layers costed. Raises _WholeError."""
        self._refuse_inseparable()
        spec = self.coster.spec
        inputs = {name: self.coster.input(name) for name in spec.input_shapes}
        current = next(iter(inputs.values())) if len(inputs) == 1 else None
        self._list(spec.layers, "", inputs, current)

    def _refuse_inseparable(self) -> None:
        if self.coster.first == len(self.coster.axes):
            raise _WholeError  # every layer depends on every axis
        pieces = [self.coster.spec.layers, *(block.layers for block in self.coster.spec.blocks.values())]
        if any(True for piece in pieces for _ in _fields(piece, "shares")):
            raise _WholeError

    def _list(
        self, entries: Sequence[Any], prefix: str, scope: dict[str, Table], current: Table | None
    ) -> None:
        """Cost the layers of a list; ``scope`` gets what each makes. What the last one makes stands under ``""``."""
        names = Scope(names={name: Named(0) for name in scope})
        names.reserve(names_in(list(entries)))
        self._refuse_doubtful_names(entries, scope)
        for item in entries:
            raw = item if isinstance(item, dict) else {"type": item}
            name = self._name(raw, names)
            names.names[name] = Named(0)
            taken = self._taken(raw, scope, current)
            current = scope[name] = self._entry({**raw, "name": name}, prefix, scope, taken)
        if current is not None:
            scope[""] = current

    def _refuse_doubtful_names(self, entries: Sequence[Any], scope: Mapping[str, Table]) -> None:
        """Where a kind is chosen, the layers after it are named by that."""
        kinds = [entry for entry in entries if word_of(_kind(entry)) is not None]
        if all(isinstance(entry, dict) and "name" in entry for entry in kinds):
            return
        known = {*names_in(list(entries)), *scope, "input"}
        references = {
            name for entry in entries for named in _fields(entry, "inputs") for name in _listed(named)
        }
        if references - known or any(self._may_be_block(_kind(entry)) for entry in kinds):
            raise _WholeError

    def _may_be_block(self, kind: object) -> bool:
        word = word_of(kind)
        labels = self.coster.axes[self.coster.places[word]].labels if word in self.coster.places else (kind,)
        return any(label in self.coster.fillings.blocks for label in labels)

    def _name(self, raw: Mapping[str, Any], names: Scope) -> str:
        if "name" in raw:
            return str(raw["name"])
        kind = raw["type"]
        word = word_of(kind)
        return names.automatic_name(
            kind if word is None else self.coster.axes[self.coster.places[word]].labels[0]
        )

    def _taken(
        self, raw: Mapping[str, Any], scope: Mapping[str, Table], current: Table | None
    ) -> dict[str, Table]:
        """What comes into a layer, by the names that it has for it."""
        if "inputs" in raw:
            if len({*raw["inputs"]}) < len(raw["inputs"]):
                raise _WholeError  # a block would not tell which of them it takes
            return {name: scope[name] for name in raw["inputs"]}
        kind = raw["type"]
        if kind in KINDS and kind_model(kind).arity[1] == 0:
            return {}
        if current is None:
            raise _WholeError
        return {"input": current}

    def _entry(
        self, entry: dict[str, Any], prefix: str, scope: Mapping[str, Table], taken: Mapping[str, Table]
    ) -> Table:
        """Cost an entry, all its copies; what it makes."""
        path = prefix + entry["name"]
        count = repeats(entry)
        if count > 1 and any(axis.name.startswith(f"{path}.") for axis in self.coster.axes):
            made = self._entry(_copy(entry, 1), prefix, scope, taken)
            for number in range(2, count + 1):
                again = {key: value for key, value in _copy(entry, number).items() if key != "inputs"}
                made = self._entry(again, prefix, scope, {"input": made})
            return made
        own = self._own(entry, path)
        if own and count == 1 and "repeat" not in entry and entry["type"] in self.coster.fillings.blocks:
            return self._block(entry, path, taken)
        return self.coster.cost(SweptLayer(entry, prefix, {**self._seen(entry, scope), **taken}, own))

    def _block(self, entry: dict[str, Any], path: str, taken: Mapping[str, Table]) -> Table:
        """Cost the layers of a use of a block, whose choices have the names of their places."""
        choices = self.coster.fillings.blocks[entry["type"]].choices
        own = {name: f"${path}/{name}" for name in choices if f"{path}/{name}" in self.coster.places}
        body: Any = self.coster.fillings.of(entry["type"], {**entry, **own}).body
        values = list(taken.values())
        scope = {"input" if place == 0 else f"input_{place + 1}": each for place, each in enumerate(values)}
        self._list(body, f"{path}/", scope, values[0] if values else None)
        return scope[""]

    def _own(self, entry: Mapping[str, Any], path: str) -> tuple[int, ...]:
        """The axes that an entry depends on by itself."""
        scalars = [value for _, value in walk(entry, ())]
        found = {self.coster.places[word] for word in map(word_of, scalars) if word in self.coster.places}
        found |= {
            place for name, place in self.coster.places.items() if name.startswith((f"{path}/", f"{path}."))
        }
        if any(self._may_be_block(value) for value in scalars if isinstance(value, str)):
            layers = [block.layers for block in self.coster.fillings.blocks.values()]
            words = {word_of(value) for piece in layers for _, value in walk(piece, ())}
            found |= {
                self.coster.places[word]
                for word in words & self.coster.spec.choices.keys()
                if word in self.coster.places
            }
        return tuple(sorted(found))

    def _seen(self, entry: Mapping[str, Any], scope: Mapping[str, Table]) -> dict[str, Table]:
        """What layers inside a layer take of what stands around it."""
        inner = {key: value for key, value in entry.items() if key != "inputs"}
        names = {name for named in _fields(inner, "inputs") for name in _listed(named)}
        return {name: table for name, table in scope.items() if name in names and name != "input"}


def _copy(entry: Mapping[str, Any], number: int) -> dict[str, Any]:
    """One copy of an entry that repeats."""
    alone = {key: value for key, value in entry.items() if key != "repeat"}
    return {**alone, "name": f"{entry['name']}.{number}"}


def _kind(entry: object) -> object:
    return entry.get("type") if isinstance(entry, dict) else entry


def _fields(value: object, field: str) -> Iterator[object]:
    """The values of a field wherever it stands."""
    stack, seen = [value], set()
    while stack:
        item = stack.pop()
        if isinstance(item, (dict, list)) and id(item) not in seen:
            seen.add(id(item))
            if isinstance(item, dict) and field in item:
                yield item[field]
            stack += item.values() if isinstance(item, dict) else item


def _listed(names: object) -> list[Any]:
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
