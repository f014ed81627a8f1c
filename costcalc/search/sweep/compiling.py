"""From a spec with choices to a space: each layer is costed once for each way in which it can stand.

The layers of a list, and of blocks that are used in it, are looked at one by one: a layer's cost depends on its own
choices, on the width multiplier and on the shapes that come in, and nothing else. For each of these ways it is resolved
as a network of one layer, by the code that resolves every network. A table tells which shape comes out in which
variant; axes along which it turns out to be always the same are dropped, so that a layer depends on few. Where layers
cannot be taken apart (they share weights, or names depend on choices) the network is one layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from costcalc.errors import CostcalcError, Problem, SpecError
from costcalc.layers import KINDS, kind_model
from costcalc.network import Network, resolve
from costcalc.network.filling import Fillings
from costcalc.network.limits import repeats
from costcalc.network.scope import Named, Scope, names_in
from costcalc.quantity import shown
from costcalc.rewrite.resolution import at_resolution
from costcalc.rewrite.width import at_width
from costcalc.search.sweep.space import Axis, Space, Table, summed
from costcalc.search.sweep.variants import SWEPT, costs, variant
from costcalc.shape import Shape
from costcalc.spec import NetworkSpec
from costcalc.spec.blocks import walk, word_of

#: A layer may stand in so many ways at most; and the combinations of the axes that it depends on are so many.
MAX_WAYS = 50_000
MAX_COMBINATIONS = 2**22

_INVALID = "invalid"


class _Standing(NamedTuple):
    """A value in all variants: the shape as written and the one at the width and resolution; or what is wrong."""

    written: Shape | None
    actual: Shape | None
    fault: int = 0


class _WholeError(Exception):
    """The layers cannot be taken apart."""


class _Layer(NamedTuple):
    """A layer that is costed by itself: ``entry`` has a name, ``inputs`` what comes in by name."""

    entry: Mapping[str, Any]
    prefix: str
    inputs: Mapping[str, Table]
    own: tuple[int, ...]


def compiled(spec: NetworkSpec, axes: tuple[Axis, ...]) -> Space:
    """The space of a spec, whose choices are not made yet.

    The values of an axis called width_multiplier are α, those of one called resolution are
    :class:`~costcalc.rewrite.resolution.Resolution`; other axes are choices by name or place. Raises CostcalcError
    where a layer can stand in too many ways.
    """
    return _Compiler(spec, axes).space()


class _Compiler:
    def __init__(self, spec: NetworkSpec, axes: tuple[Axis, ...]) -> None:
        self.spec = spec
        self.axes = axes
        self.places = {axis.name: place for place, axis in enumerate(axes)}
        self.width = self.places.get("width_multiplier")
        self.resolution = self.places.get("resolution")
        self.first = sum(
            place is not None for place in (self.width, self.resolution)
        )  # of the axes of choices
        self.fillings = Fillings({name: block for name, block in spec.blocks.items() if name not in KINDS})
        self.standings: list[_Standing] = []
        self.codes: dict[_Standing, int] = {}
        self.messages = [""]
        self.terms: dict[str, list[Table]] = {name: [] for name in SWEPT}
        self.faults: list[Table] = []

    def space(self) -> Space:
        try:
            self._refuse_inseparable()
            inputs = {name: self._input(name) for name in self.spec.input_shapes}
            current = next(iter(inputs.values())) if len(inputs) == 1 else None
            self._list(self.spec.layers, "", inputs, current)
        except _WholeError:
            self.terms = {name: [] for name in SWEPT}
            self.faults = []
            self._whole()
        return Space(
            self.axes,
            {name: summed(tables) for name, tables in self.terms.items()},
            [table.reduced() for table in self.faults],
            tuple(self.messages),
        )

    # What can be taken apart

    def _refuse_inseparable(self) -> None:
        if self.first == len(self.axes):
            raise _WholeError  # every layer depends on every axis
        pieces = [self.spec.layers, *(block.layers for block in self.spec.blocks.values())]
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
        labels = self.axes[self.places[word]].labels if word in self.places else (kind,)
        return any(label in self.fillings.blocks for label in labels)

    def _name(self, raw: Mapping[str, Any], names: Scope) -> str:
        if "name" in raw:
            return str(raw["name"])
        kind = raw["type"]
        word = word_of(kind)
        return names.automatic_name(kind if word is None else self.axes[self.places[word]].labels[0])

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
        if count > 1 and any(axis.name.startswith(f"{path}.") for axis in self.axes):
            made = self._entry(_copy(entry, 1), prefix, scope, taken)
            for number in range(2, count + 1):
                again = {key: value for key, value in _copy(entry, number).items() if key != "inputs"}
                made = self._entry(again, prefix, scope, {"input": made})
            return made
        own = self._own(entry, path)
        if own and count == 1 and "repeat" not in entry and entry["type"] in self.fillings.blocks:
            return self._block(entry, path, taken)
        return self._cost(_Layer(entry, prefix, {**self._seen(entry, scope), **taken}, own))

    def _block(self, entry: dict[str, Any], path: str, taken: Mapping[str, Table]) -> Table:
        """Cost the layers of a use of a block, whose choices have the names of their places."""
        choices = self.fillings.blocks[entry["type"]].choices
        own = {name: f"${path}/{name}" for name in choices if f"{path}/{name}" in self.places}
        body: Any = self.fillings.of(entry["type"], {**entry, **own}).body
        values = list(taken.values())
        scope = {"input" if place == 0 else f"input_{place + 1}": each for place, each in enumerate(values)}
        self._list(body, f"{path}/", scope, values[0] if values else None)
        return scope[""]

    def _own(self, entry: Mapping[str, Any], path: str) -> tuple[int, ...]:
        """The axes that an entry depends on by itself."""
        scalars = [value for _, value in walk(entry, ())]
        found = {self.places[word] for word in map(word_of, scalars) if word in self.places}
        found |= {place for name, place in self.places.items() if name.startswith((f"{path}/", f"{path}."))}
        if any(self._may_be_block(value) for value in scalars if isinstance(value, str)):
            layers = [block.layers for block in self.fillings.blocks.values()]
            words = {word_of(value) for piece in layers for _, value in walk(piece, ())}
            found |= {self.places[word] for word in words & self.spec.choices.keys() if word in self.places}
        return tuple(sorted(found))

    def _seen(self, entry: Mapping[str, Any], scope: Mapping[str, Table]) -> dict[str, Table]:
        """What layers inside a layer take of what stands around it."""
        inner = {key: value for key, value in entry.items() if key != "inputs"}
        names = {name for named in _fields(inner, "inputs") for name in _listed(named)}
        return {name: table for name, table in scope.items() if name in names and name != "input"}

    # Costing

    def _input(self, name: str) -> Table:
        """An input of the network."""
        written = self.spec.input_shapes[name]
        if self.resolution is None:
            return Table((), np.array(self._code(_Standing(written, written))))
        resolutions = self.axes[self.resolution].values
        shapes = [at_resolution(self.spec, each).input_shapes[name] for each in resolutions]
        codes = [self._code(_Standing(written, shape)) for shape in shapes]
        return Table((self.resolution,), np.array(codes)).reduced()

    def _cost(self, layer: _Layer) -> Table:
        """Cost a layer in all its ways; what it makes."""
        given = [*layer.own, *([] if self.width is None else [self.width])]
        axes = tuple(sorted({*given, *(axis for table in layer.inputs.values() for axis in table.axes)}))
        sizes = [len(self.axes[axis].labels) for axis in axes]
        self._refuse_many(layer.entry["name"], axes, math.prod(sizes), MAX_COMBINATIONS, "combinations")
        columns = [table.over(axes) for table in layer.inputs.values()]
        columns += [Table((axis,), np.arange(len(self.axes[axis].labels))).over(axes) for axis in given]
        flat = [np.broadcast_to(column, sizes).reshape(-1) for column in columns]
        ways, inverse = _distinct(flat, math.prod(sizes))
        self._refuse_many(layer.entry["name"], axes, len(ways), MAX_WAYS, "ways")
        results = [self._way(layer, given, way) for way in ways]
        return self._note(axes, sizes, inverse, results)

    def _note(
        self,
        axes: tuple[int, ...],
        sizes: list[int],
        inverse: Any,
        results: Sequence[tuple[int, int, tuple[int, ...]]],
    ) -> Table:
        """Put down what the ways cost; a table of what they make."""

        def table(values: list[int]) -> Table:
            array = np.array(values)[inverse] if values else np.zeros(0)
            return Table(axes, array.reshape(sizes))

        for place, name in enumerate(SWEPT):
            self.terms[name].append(table([values[place] for _, _, values in results]).reduced())
        if any(fault for _, fault, _ in results):
            self.faults.append(table([fault for _, fault, _ in results]))
        return table([code for code, _, _ in results]).reduced()

    def _way(
        self, layer: _Layer, given: Sequence[int], way: Sequence[int]
    ) -> tuple[int, int, tuple[int, ...]]:
        """What a layer makes in one way, what is wrong there, and what it costs."""
        standings = dict(zip(layer.inputs, (self.standings[code] for code in way), strict=False))
        nothing = (0,) * len(SWEPT)
        for code in way[: len(layer.inputs)]:
            if self.standings[code].fault:
                return code, 0, nothing
        taken = dict(zip(given, way[len(layer.inputs) :], strict=True))
        try:
            before, after = self._networks(layer, standings, taken)
        except CostcalcError as error:
            fault = self._fault(error)
            return self._code(_Standing(None, None, fault)), fault, nothing
        return self._code(_Standing(before.shape(before.output), after.shape(after.output))), 0, costs(after)

    def _networks(
        self, layer: _Layer, inputs: Mapping[str, _Standing], taken: Mapping[int, int]
    ) -> tuple[Network, Network]:
        """The network of one layer as written, and at the width and resolution. Raises CostcalcError."""
        spec = self._small_spec(layer, inputs, taken)
        settings = self._settings(taken)
        below = {name[len(layer.prefix) :]: label for name, label in settings.items()}
        before = variant(spec, below)
        self._refuse_hidden(before, layer.prefix)
        changed = before.spec
        if self.width is not None:
            changed = at_width(changed, before, self.axes[self.width].values[taken[self.width]])
        shapes = {name: standing.actual for name, standing in inputs.items()}
        if shapes != {name: standing.written for name, standing in inputs.items()}:
            changed = changed.model_copy(update=_inputs(shapes))
        after = before if changed is before.spec else resolve(changed)
        return before, after

    def _small_spec(
        self, layer: _Layer, inputs: Mapping[str, _Standing], taken: Mapping[int, int]
    ) -> NetworkSpec:
        """A spec of one layer, in which words of places are filled in."""
        entry = dict(layer.entry)
        if len(inputs) > 1 and "inputs" not in entry and "input" in inputs:
            entry["inputs"] = ["input"]
        words = {self.axes[axis].name: self.axes[axis].values[index] for axis, index in taken.items()}
        filled = Fillings({}).fill(entry, words)
        written = {name: standing.written for name, standing in inputs.items()}
        changed = {"layers": [filled], "budget": None, "published": None, **_inputs(written)}
        if not any(value in self.fillings.blocks for _, value in walk(filled, ()) if isinstance(value, str)):
            changed |= {"choices": {}, "blocks": {}}
        return self.spec.model_copy(update=changed)

    def _settings(self, taken: Mapping[int, int]) -> dict[str, str]:
        return {
            self.axes[axis].name: self.axes[axis].labels[index]
            for axis, index in taken.items()
            if axis >= self.first
        }

    def _refuse_hidden(self, network: Network, prefix: str) -> None:
        """Raise CostcalcError where a choice is met only under other choices, so that it is no axis."""
        for name in network.choices:
            if name not in self.places and prefix + name not in self.places and name not in self.spec.choices:
                raise _HiddenError(prefix + name)

    def _whole(self) -> None:
        """Cost the network as one layer, in all variants."""
        sizes = [len(axis.labels) for axis in self.axes]
        self._refuse_many("", tuple(range(len(sizes))), math.prod(sizes), MAX_WAYS, "variants")
        results = []
        for indices in np.ndindex(*sizes):
            taken = dict(enumerate(indices))
            width, size = (
                None if place is None else self.axes[place].values[taken[place]]
                for place in (self.width, self.resolution)
            )
            try:
                network = variant(self.spec, self._settings(taken), width, size)
                self._refuse_hidden(network, "")
                results.append((0, 0, costs(network)))
            except CostcalcError as error:
                results.append((0, self._fault(error), (0,) * len(SWEPT)))
        self._note(tuple(range(len(sizes))), sizes, np.arange(len(results)), results)

    def _code(self, standing: _Standing) -> int:
        if standing not in self.codes:
            self.codes[standing] = len(self.standings)
            self.standings.append(standing)
        return self.codes[standing]

    def _fault(self, error: CostcalcError) -> int:
        """The index of an error's message. Raises it where it is of no variant alone."""
        if isinstance(error, _HiddenError):
            raise error
        problem: Problem | None = error.problems[0] if isinstance(error, SpecError) else None
        message = str(error) if problem is None else problem.message
        if message not in self.messages:
            self.messages.append(message)
        return self.messages.index(message)

    def _refuse_many(self, name: str, axes: Sequence[int], count: int, most: int, of: str) -> None:
        if count > most:
            on = ", ".join(self.axes[axis].name for axis in axes[:8]) + (", …" if len(axes) > 8 else "")
            what = f"layer {shown(name)}" if name else "the network, whose layers cannot be taken apart,"
            raise CostcalcError(
                f"{what} depends on {on}: {count:,} {of}, and at most {most:,} are costed one by one (limit)"
            )


class _HiddenError(CostcalcError):
    """A choice is met only under other choices."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"choice {shown(place)} is met only under other choices, and cannot be swept: let the block's use give it"
        )


def _inputs(shapes: Mapping[str, Shape | None]) -> dict[str, Any]:
    if [*shapes] == ["input"]:
        return {"input": shapes["input"], "inputs": None}
    if not shapes:
        return {"input": Shape((), 1), "inputs": None}
    return {"input": None, "inputs": dict(shapes)}


def _distinct(columns: Sequence[Any], count: int) -> tuple[list[list[int]], Any]:
    """The distinct rows of columns of ints, and for each row which of them it is."""
    if not columns:
        return [[]], np.zeros(count, dtype=np.int64)
    rows, inverse = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    return rows.tolist(), inverse.reshape(-1)


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
