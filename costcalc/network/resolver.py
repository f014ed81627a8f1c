"""Resolution: layers read, blocks filled in, composites expanded depth-first, shapes propagated.

Everything that is wrong is collected; a value that could not be computed is None, and shapes are checked
only where all inputs are known, so that one mistake makes one message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from costcalc.errors import Problem, Route, ShapeError, SpecError, did_you_mean
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Body, Composite, Context, Layer, Part, Primitive
from costcalc.layers.conv import Conv
from costcalc.layers.problems import problems_of
from costcalc.network.graph import GraphBuilder, Network, Row
from costcalc.network.scope import Named, Scope, Value
from costcalc.network.size import SizeError, arguments_of, check_size, repeats
from costcalc.quantity import parse_size, shown
from costcalc.shape import Shape
from costcalc.spec.blocks import COMMON_FIELDS, REQUIRED, Block, fill_in
from costcalc.spec.frame import NetworkSpec

#: What a first layer has before it in a network with several inputs.
_NOTHING = -(10**9)


def resolve(spec: NetworkSpec, problems: Sequence[Problem] = ()) -> Network:
    """The network of a spec; ``problems`` are those already found in its frame.

    Raises SpecError with all that is wrong, frame and layers together.
    """
    resolver = _Resolver(spec, problems)
    network = resolver.network()
    if resolver.problems or network is None:
        raise SpecError(resolver.problems)
    return network


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a list of layers stands: its route, the scope, the path so far, the uses that led here."""

    route: Route
    scope: Scope
    prefix: str = ""
    used: tuple[Route, ...] = ()
    row: int | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """One layer as it was written, with its common fields read."""

    kind: str
    fields: Mapping[str, Any]
    name: str
    route: Route
    place: _Place
    raw: Mapping[str, Any]

    @property
    def noun(self) -> str:
        return f"{self.kind} layer {shown(self.name)}"


class _Resolver:
    def __init__(self, spec: NetworkSpec, problems: Sequence[Problem]) -> None:
        self.spec = spec
        self.problems = list(problems)
        self.warnings: list[Problem] = []
        self.graph = GraphBuilder(tuple(spec.input_shapes.values()))
        self.rows: list[Row] = []
        self.defaults = {name: getattr(spec.defaults, name) for name in spec.defaults.model_fields_set}
        self._reported = {(problem.route, problem.message) for problem in problems}
        self._written: list[tuple[Value, _Entry]] = []
        self._bodies: dict[tuple[str, str], object] = {}
        self._models: dict[tuple[object, ...], Layer] = {}
        self._last_scaled: tuple[str, int, int] | None = None

    def network(self) -> Network | None:
        dressing = sum(self.defaults.get(name) is not None for name in ("norm", "activation"))
        try:
            check_size(self.spec.layers, self.spec.blocks, dressing)
        except SizeError as error:
            self.problem(error.problem)
            return None
        shapes = self.spec.input_shapes
        scope = Scope(names={name: Named(~index) for index, name in enumerate(shapes)})
        current: Value = (~0 if len(shapes) == 1 else _NOTHING) if shapes else None
        output = self.sequence(self.spec.layers, _Place(("layers",), scope), current)
        if self.problems or output is None:
            return None
        self._warn_of_unused(output)
        notes = [*self.spec.notes, *self._scaling_note()]
        return Network(
            self.spec,
            shapes,
            tuple(self.graph.nodes),
            tuple(self.rows),
            output,
            tuple(self.warnings),
            tuple(notes),
        )

    def problem(self, problem: Problem) -> None:
        """Note a problem, once for all copies of a layer."""
        key = (problem.route, problem.message)
        if key not in self._reported:
            self._reported.add(key)
            (self.warnings if problem.severity == "warning" else self.problems).append(problem)

    def fault(
        self, entry: _Entry, message: str, field: Route = (), hint: str | None = None, **more: Any
    ) -> None:
        """Note a problem of one entry."""
        self.problem(Problem(message, entry.route + field, hint, used=entry.place.used, **more))

    # One list of layers

    def sequence(self, entries: object, place: _Place, current: Value) -> Value:
        """Place layers one after the other; the value of the last one."""
        if not isinstance(entries, list):
            return None
        place.scope.reserve(_names_in(entries))
        for index, item in enumerate(entries):
            entry = self.read(item, (*place.route, index), place)
            current = None if entry is None else self.entry(entry, current)
        return current

    def read(self, item: object, route: Route, place: _Place) -> _Entry | None:
        """An entry with its kind and name; None where it has none that we know."""
        written: dict[str, Any] = item if isinstance(item, dict) else {"type": item}
        raw = self._shared(written, route, place) if "shares" in written else written
        if raw is None:
            return None
        kind = raw.get("type")
        if not isinstance(kind, str):
            message = (
                "a layer needs a type"
                if kind is None
                else f"a layer's type must be a word, not {shown(kind)}"
            )
            self.problem(
                Problem(message, route if kind is None else _deeper(route, item, "type"), used=place.used)
            )
            return None
        if kind not in KINDS and kind not in self.spec.blocks:
            known = [*self.spec.blocks, *KINDS]
            hint = f"kinds: {', '.join(sorted(KINDS))}"
            if self.spec.blocks:
                hint += f"; blocks: {', '.join(self.spec.blocks)}"
            message = f"unknown layer type {shown(kind)}{did_you_mean(kind, known)}"
            self.problem(Problem(message, _deeper(route, item, "type"), hint, used=place.used))
            return None
        name = self._name(raw, kind, route, place)
        fields = {key: value for key, value in raw.items() if key not in COMMON_FIELDS and key != "shares"}
        return _Entry(kind, fields, name, route, place, raw)

    def _name(self, raw: Mapping[str, Any], kind: str, route: Route, place: _Place) -> str:
        name = raw.get("name")
        if name is None and "name" not in raw:
            return place.scope.automatic_name(kind)
        message = None
        if not isinstance(name, str) or not name:
            message = f"name of a {kind} layer must be text, not {shown(name)}"
            name = place.scope.automatic_name(kind)
        elif name == "input" or (place.row is None and name in self.spec.input_shapes):
            message = f"a layer cannot be named {shown(name)}: that is an input of the network"
        elif name in place.scope.names:
            message = f"two layers are named {shown(name)}: names must be unique in their scope"
        if message:
            self.problem(Problem(message, (*route, "name"), used=place.used))
        return name

    def _shared(self, raw: Mapping[str, Any], route: Route, place: _Place) -> dict[str, Any] | None:
        """The entry that ``shares: NAME`` means: that of NAME, with what this one says for itself."""
        target = raw["shares"]
        original = place.scope.find(target) if isinstance(target, str) else None
        if original is None or original.entry is None:
            guess = did_you_mean(target, place.scope.visible())
            message = f"shares must name an earlier layer, not {shown(target)}{guess}"
            self.problem(Problem(message, (*route, "shares"), used=place.used))
            return None
        for key in raw:
            if key not in ("shares", *COMMON_FIELDS):
                message = f"a layer that shares another's weights has no {key} of its own"
                self.problem(Problem(message, (*route, key), at="key", used=place.used))
        inherited = original.entry if isinstance(original.entry, dict) else {"type": original.entry}
        own = {key: raw[key] for key in ("shares", *COMMON_FIELDS) if key in raw}
        return {**{k: v for k, v in inherited.items() if k not in ("name", "inputs", "shares")}, **own}

    # One entry

    def entry(self, entry: _Entry, current: Value) -> Value:
        """Place one entry, all its copies; the value of the last one."""
        start, row = len(self.graph.nodes), entry.place.row
        own_row = len(self.rows) if row is None else row
        if row is None:
            self.rows.append(Row(entry.name, entry.kind, repeats(entry.raw), entry.route, Shape((), 1)))
        inputs = self._inputs(entry, current)
        value = self._copies(entry, inputs, own_row)
        if row is None and value is not None:
            self.rows[own_row] = Row(
                entry.name, entry.kind, repeats(entry.raw), entry.route, self.graph.shape(value)
            )
        if "shares" in entry.raw:
            self._share(entry, start)
        entry.place.scope.names.setdefault(entry.name, Named(value, start, entry.raw, entry.route))
        self._written.append((value, entry))
        return value

    def _copies(self, entry: _Entry, inputs: tuple[Value, ...], row: int) -> Value:
        count = 1
        if "repeat" in entry.raw:
            try:
                count = parse_size(entry.raw["repeat"])
            except ValueError as error:
                self.fault(entry, f"repeat of {entry.noun} {error}", ("repeat",))
        path = entry.place.prefix + entry.name
        if count == 1:
            return self.layer(entry, path, inputs, row)
        self._warn_of_repeated_stride(entry, count)
        value = self.layer(entry, f"{path}.1", inputs, row)
        for copy in range(2, count + 1):
            value = self.layer(entry, f"{path}.{copy}", (value,), row)
        return value

    def _inputs(self, entry: _Entry, current: Value) -> tuple[Value, ...]:
        names = entry.raw.get("inputs")
        if "inputs" not in entry.raw:
            if entry.kind in KINDS and kind_model(entry.kind).arity[1] == 0:
                return ()
            if current == _NOTHING:
                listed = ", ".join(self.spec.input_shapes)
                self.fault(
                    entry, f"{entry.noun} must say its inputs, since the network has several: {listed}"
                )
                return (None,)
            return (current,)
        if not isinstance(names, list) or not names:
            self.fault(
                entry, f"inputs of {entry.noun} must be a list of names, not {shown(names)}", ("inputs",)
            )
            return (None,)
        return tuple(self._input(entry, name, index) for index, name in enumerate(names))

    def _input(self, entry: _Entry, name: object, index: int) -> Value:
        scope = entry.place.scope
        found = scope.find(name) if isinstance(name, str) else None
        if found is not None:
            return found.value
        if not isinstance(name, str):
            message = f"an input of {entry.noun} must be a name, not {shown(name)}"
        elif name in scope.taken:
            message = f"input {shown(name)} of {entry.noun} is defined only later: inputs name earlier layers"
        else:
            message = f"unknown input {shown(name)} of {entry.noun}{did_you_mean(name, scope.visible())}"
        names = list(scope.visible())
        hint = f"names: {', '.join(names[-40:])}" if names else None
        self.fault(entry, message, ("inputs", index), hint)
        return None

    def _share(self, entry: _Entry, start: int) -> None:
        original = entry.place.scope.find(entry.raw["shares"])
        if original is None or self.problems:
            return
        try:
            self.graph.share(start, original.start)
        except ShapeError as error:
            self.fault(entry, f"{entry.noun} {error.message}", ("shares",))

    # One copy of one entry

    def layer(self, entry: _Entry, path: str, inputs: tuple[Value, ...], row: int) -> Value:
        """Place one copy: a block use, or a layer of a kind."""
        if entry.kind in self.spec.blocks:
            return self.block(entry, path, inputs, row)
        layer = self._model(entry)
        if layer is None:
            return None
        if not self._arity_holds(entry, layer, inputs):
            return None
        layer = self._scaled(layer, path, inputs)
        try:
            return self.place(layer, entry, path, inputs, row)
        except ShapeError as error:
            shapes = " and ".join(str(self.graph.shape(value)) for value in inputs if value is not None)
            where = f"{entry.noun} on {shapes}" if shapes else entry.noun
            field: Route = (error.field,) if error.field in entry.raw and error.field else ()
            self.fault(entry, f"{where}: {error.message}", field)
            return None

    def place(self, layer: Layer, entry: _Entry, path: str, inputs: tuple[Value, ...], row: int) -> Value:
        """Place a layer that is already read: add a primitive, expand a composite. Raises ShapeError."""
        known = tuple(value for value in inputs if value is not None)
        whole = len(known) == len(inputs)
        if isinstance(layer, Primitive):
            return self.graph.add(layer, path, known, row) if whole else None
        assert isinstance(layer, Composite)
        if layer.needs_shapes and not whole:
            return None
        context = Context(self.defaults, lambda: self.graph.stride(known[0], known[-1]))
        parts = layer.expand(tuple(map(self.graph.shape, known)), context)
        return self._parts(parts, entry, path, inputs, row)

    def _parts(
        self, parts: Sequence[Part], entry: _Entry, path: str, inputs: tuple[Value, ...], row: int
    ) -> Value:
        values = _incoming(inputs)
        current = inputs[0]
        for part in parts:
            taken = tuple(values[name] for name in part.inputs) or (current,)
            inner = f"{path}/{part.name}"
            if isinstance(part.layer, Body):
                scope = Scope(entry.place.scope, {"input": Named(taken[0])})
                place = _Place(entry.route + part.layer.field, scope, f"{inner}/", entry.place.used, row)
                current = self.sequence(part.layer.entries, place, taken[0])
            else:
                current = self.place(part.layer, entry, inner, taken, row)
            values[part.name] = current
        return current

    def block(self, entry: _Entry, path: str, inputs: tuple[Value, ...], row: int) -> Value:
        """Place a block: its body with the arguments filled in, in a scope of its own."""
        block = self.spec.blocks[entry.kind]
        if block.broken or not self._arguments_hold(entry, block):
            return None
        body = self._body(entry.kind, block, entry.fields)
        scope = Scope(names={name: Named(value) for name, value in _incoming(inputs).items()})
        used = (*entry.place.used, entry.route)
        place = _Place(("blocks", entry.kind, "layers"), scope, f"{path}/", used, row)
        return self.sequence(body, place, inputs[0])

    def _body(self, name: str, block: Block, fields: Mapping[str, Any]) -> object:
        arguments = arguments_of(block, fields)
        key = (name, repr(arguments))
        if key not in self._bodies:
            self._bodies[key] = fill_in(block.layers, arguments)
        return self._bodies[key]

    def _arguments_hold(self, entry: _Entry, block: Block) -> bool:
        legal = sorted({*block.parameters, *COMMON_FIELDS})
        noun = f"block {shown(entry.kind)}"
        before = len(self.problems)
        for field in entry.fields:
            if field not in block.parameters and field != "type":
                message = f"unknown parameter {shown(field)} of {noun}{did_you_mean(field, legal)}"
                self.fault(entry, message, (field,), f"parameters: {', '.join(legal)}", at="key")
        for name, default in block.parameters.items():
            if default == REQUIRED and name not in entry.fields:
                self.fault(entry, f"{noun} needs {name}", (), f"parameters: {', '.join(legal)}")
        return len(self.problems) == before

    def _model(self, entry: _Entry) -> Layer | None:
        """The layer of an entry; entries that say the same share one."""
        values = entry.fields.values()
        try:
            key = (*entry.fields.items(), *map(type, values))  # types, since 1 == True
            known = self._models.get(key)
        except TypeError:  # a list among the values
            return self._validated(entry)
        if known is None:
            known = self._validated(entry)
            if known is not None:
                self._models[key] = known
        return known

    def _validated(self, entry: _Entry) -> Layer | None:
        model = kind_model(entry.kind)
        fields: Mapping[str, Any] = entry.fields
        if model.takes_defaults and self.defaults:
            legal = model.model_fields
            fields = {**{name: value for name, value in self.defaults.items() if name in legal}, **fields}
        try:
            return model.model_validate(fields)
        except ValidationError as error:
            for problem in problems_of(error, model, entry.noun, entry.route, COMMON_FIELDS):
                self.problem(replace(problem, used=entry.place.used))
            return None

    def _arity_holds(self, entry: _Entry, layer: Layer, inputs: tuple[Value, ...]) -> bool:
        least, most = layer.arity
        if least <= len(inputs) and (most is None or len(inputs) <= most):
            return True
        if most is None:
            wanted = f"at least {least} inputs"
        else:
            wanted = "no inputs" if most == 0 else f"{most} input{'s' if most > 1 else ''}"
        remedy = ": name them, as in inputs: [a, b]" if len(inputs) < least else ""
        field = ("inputs",) if "inputs" in entry.raw else ()
        self.fault(entry, f"{entry.noun} takes {wanted}, not {len(inputs)}{remedy}", field)
        return False

    # Width

    def _scaled(self, layer: Layer, path: str, inputs: tuple[Value, ...]) -> Layer:
        scaling = self.spec.scaling
        if scaling is None:
            return layer
        scaled = layer.scaled(scaling)
        if isinstance(layer, Conv):
            if path in scaling.depthwise and inputs[0] is not None:
                channels = self.graph.shape(inputs[0]).channels
                outputs = layer.out_channels // layer.groups * channels
                scaled = layer.model_copy(update={"groups": channels, "out_channels": outputs})
            assert isinstance(scaled, Conv)
            self._last_scaled = (path, layer.out_channels, scaled.out_channels)
        return scaled

    def _scaling_note(self) -> list[str]:
        if self._last_scaled is None or self._last_scaled[1] == self._last_scaled[2]:
            return []
        path, before, after = self._last_scaled
        return [
            f"the width multiplier also scaled the last convolution, {path} ({before} → {after} channels); "
            "width: fixed or width: grow on it would keep it"
        ]

    # Warnings

    def _warn_of_repeated_stride(self, entry: _Entry, count: int) -> None:
        stride = entry.raw.get("stride", 1)
        if stride == 1 or (isinstance(stride, list) and all(step == 1 for step in stride)):
            return
        message = (
            f"the stride of {entry.noun} is repeated {count} times; if only the first copy has it, "
            f"split it: one layer with the stride, then one with repeat: {count - 1} and stride: 1"
        )
        self.fault(entry, message, ("stride",), severity="warning")

    def _warn_of_unused(self, output: int) -> None:
        consumed = {source for node in self.graph.nodes for source in node.inputs} | {output}
        for index, name in enumerate(self.spec.input_shapes):
            if ~index not in consumed:
                route: Route = ("inputs", name) if self.spec.inputs is not None else ("input",)
                self.problem(Problem(f"input {shown(name)} is never used", route, severity="warning"))
        for value, entry in self._written:
            if value is not None and value not in consumed:
                self.fault(
                    entry,
                    f"the output of {entry.noun} is never used; its cost is counted",
                    severity="warning",
                )


def _incoming(inputs: tuple[Value, ...]) -> dict[str, Value]:
    """What came in by name: ``input``, ``input_2``, …"""
    return {"input" if index == 0 else f"input_{index + 1}": value for index, value in enumerate(inputs)}


def _names_in(entries: list[object]) -> set[str]:
    return {
        entry["name"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    }


def _deeper(route: Route, item: object, field: str) -> Route:
    return (*route, field) if isinstance(item, dict) else route
