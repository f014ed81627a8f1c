"""The cost of one layer of a spec in all ways in which it can stand: each is a network of one layer, resolved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from costcalc.errors import CostcalcError, Problem, SpecError
from costcalc.layers import KINDS
from costcalc.network import Network, resolve
from costcalc.network.filling import Fillings
from costcalc.quantity import shown
from costcalc.rewrite.resolution import at_resolution
from costcalc.rewrite.width import at_width
from costcalc.search.sweep.space import Space, SweepAxis, Table, summed
from costcalc.search.sweep.variants import chosen, costs, resized, variant
from costcalc.shape import Shape
from costcalc.spec import NetworkSpec
from costcalc.spec.blocks import walk

#: A layer may stand in so many ways at most; and the combinations of the axes that it depends on are so many.
MAX_WAYS = 200_000
MAX_WHOLE = 50_000
MAX_COMBINATIONS = 2**22


class _Standing(NamedTuple):
    """A value in all variants: the shape as written and the one at the width and resolution; or what is wrong."""

    written: Shape | None
    actual: Shape | None
    fault: int = 0


class SweptLayer(NamedTuple):
    """A layer that is costed by itself: ``entry`` has a name, ``inputs`` what comes in by name."""

    entry: Mapping[str, Any]
    prefix: str
    inputs: Mapping[str, Table]
    own: tuple[int, ...]


class Coster:
    """Costs the layers of a spec, whose choices are not made, over the axes of a space."""

    def __init__(self, spec: NetworkSpec, axes: tuple[SweepAxis, ...], metrics: Sequence[str]) -> None:
        self.spec = spec
        self.metrics = metrics
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
        self.terms: dict[str, list[Table]] = {name: [] for name in self.metrics}
        self.faults: list[Table] = []

    def space(self) -> Space:
        """The space of all that was costed."""
        return Space(
            self.axes,
            {name: summed(tables) for name, tables in self.terms.items()},
            [table.reduced() for table in self.faults],
            tuple(self.messages),
        )

    def input(self, name: str) -> Table:
        """An input of the network."""
        written = self.spec.input_shapes[name]
        if self.resolution is None:
            return Table((), np.array(self._code(_Standing(written, written))))
        resolutions = self.axes[self.resolution].values
        shapes = [at_resolution(self.spec, each).input_shapes[name] for each in resolutions]
        codes = [self._code(_Standing(written, shape)) for shape in shapes]
        return Table((self.resolution,), np.array(codes)).reduced()

    def cost(self, layer: SweptLayer) -> Table:
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

        for place, name in enumerate(self.metrics):
            self.terms[name].append(table([values[place] for _, _, values in results]).reduced())
        if any(fault for _, fault, _ in results):
            self.faults.append(table([fault for _, fault, _ in results]))
        return table([code for code, _, _ in results]).reduced()

    def _way(
        self, layer: SweptLayer, given: Sequence[int], way: Sequence[int]
    ) -> tuple[int, int, tuple[int, ...]]:
        """What a layer makes in one way, what is wrong there, and what it costs."""
        standings = dict(zip(layer.inputs, (self.standings[code] for code in way), strict=False))
        nothing = (0,) * len(self.metrics)
        for code in way[: len(layer.inputs)]:
            if self.standings[code].fault:
                return code, 0, nothing
        taken = dict(zip(given, way[len(layer.inputs) :], strict=True))
        try:
            before, after = self._networks(layer, standings, taken)
        except CostcalcError as error:
            fault = self._fault(error)
            return self._code(_Standing(None, None, fault)), fault, nothing
        made = _Standing(before.shape(before.output), after.shape(after.output))
        return self._code(made), 0, costs(after, self.metrics)

    def _networks(
        self, layer: SweptLayer, inputs: Mapping[str, _Standing], taken: Mapping[int, int]
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
        self, layer: SweptLayer, inputs: Mapping[str, _Standing], taken: Mapping[int, int]
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

    def whole(self) -> None:
        """Cost the network as one layer, in all variants."""
        self.terms, self.faults = {name: [] for name in self.metrics}, []
        sizes = [len(axis.labels) for axis in self.axes]
        self._refuse_many("", tuple(range(len(sizes))), math.prod(sizes), MAX_WHOLE, "variants")
        found: dict[tuple[int, ...], tuple[int, int, tuple[int, ...]]] = {}
        for taken in np.ndindex(*sizes[self.first :]):
            before: Network | CostcalcError
            try:
                before = chosen(self.spec, self._settings(dict(enumerate(taken, self.first))))
            except CostcalcError as error:
                before = error
            for at in np.ndindex(*sizes[: self.first]):
                found[*at, *taken] = self._costed(before, dict(enumerate(at)))
        results = [found[indices] for indices in np.ndindex(*sizes)]
        self._note(tuple(range(len(sizes))), sizes, np.arange(len(results)), results)

    def _costed(
        self, before: Network | CostcalcError, taken: Mapping[int, int]
    ) -> tuple[int, int, tuple[int, ...]]:
        """What a network, or what is wrong with it, costs at a width and a resolution."""
        width, size = (
            None if place is None else self.axes[place].values[taken[place]]
            for place in (self.width, self.resolution)
        )
        try:
            if isinstance(before, CostcalcError):
                raise before
            network = resized(before, width, size)
            self._refuse_hidden(network, "")
            return 0, 0, costs(network, self.metrics)
        except CostcalcError as error:
            return 0, self._fault(error), (0,) * len(self.metrics)

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
