"""Resolution: layers read, blocks filled in, composites expanded depth-first, shapes propagated.

Everything that is wrong is collected; a value that could not be computed is None, and shapes are checked
only where all inputs are known, so that one mistake makes one message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from costcalc.errors import MAX_PROBLEMS, Problem, Route, ShapeError, SpecError, closest, did_you_mean
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Body, Composite, Context, Layer, Part, Primitive
from costcalc.layers.conv import Conv
from costcalc.layers.problems import validated
from costcalc.network.filling import Filling, Fillings
from costcalc.network.graph import GraphBuilder, Network, Row
from costcalc.network.known import (
    KnownLayer,
    defaults_key,
    known_layer,
    layer_key,
    made_before,
    made_of,
    make_again,
    remember,
)
from costcalc.network.scope import Named, Scope, Value, names_in
from costcalc.network.size import SizeError, check_size, repeats
from costcalc.quantity import Numeral, listed, parse_size, shown
from costcalc.shape import Shape
from costcalc.spec.blocks import COMMON_FIELDS, REQUIRED, Block
from costcalc.spec.frame import NetworkSpec

#: What a layer that shares another's weights does not take from it.
_OWN = ("name", "inputs", "shares")

#: So often a mistake may be met again.
_MOST_AGAIN = 1000

_SECOND = ": its second copy takes the first one's output alone"

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


class _Place(NamedTuple):
    """Where a list of layers stands: its route, the scope, the path so far, the uses that led here."""

    route: Route
    scope: Scope
    prefix: str = ""
    used: tuple[Route, ...] = ()
    row: int | None = None


class _Entry(NamedTuple):
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


class _TooMany(Exception):  # noqa: N818 - the error is among the problems already
    """There are so many problems that the rest is not checked."""


class _Resolver:
    def __init__(self, spec: NetworkSpec, problems: Sequence[Problem]) -> None:
        self.spec = spec
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.graph = GraphBuilder(tuple(spec.input_shapes.values()))
        self.rows: list[Row] = []
        self.defaults = {name: getattr(spec.defaults, name) for name in spec.defaults.model_fields_set}
        self._reported: set[tuple[object, ...]] = set()
        self._again = 0
        for problem in problems:
            _add(self.problems, problem)
        self._wrong = {route for problem in problems for route in _without_indices(problem.route)}
        self._written: list[tuple[Value, _Entry]] = []
        self.blocks = {name: block for name, block in spec.blocks.items() if name not in KINDS}
        self._fillings = Fillings(self.blocks)
        self.scaling = spec.scaling
        self._said = defaults_key(self.defaults)
        self._with_bodies = False  # whether what was just placed had layers written in it
        self._refused: list[object] = []
        self._last_scaled: tuple[str, int, int] | None = None

    def network(self) -> Network | None:
        """The network; None where there are problems."""
        dressing = [name for name in ("norm", "activation") if self.defaults.get(name) is not None]
        try:
            check_size(self.spec.layers, self._fillings, dressing)
            return self._network()
        except SizeError as error:
            self.problems.append(error.problem)
        except _TooMany:
            pass
        return None

    def _network(self) -> Network | None:
        shapes = self.spec.input_shapes
        values: dict[str, Value] = {name: ~index for index, name in enumerate(shapes)}
        unread = self.spec.unread_inputs
        if unread:
            values = dict.fromkeys(unread)
        several = len(values) > 1 and "input" not in unread
        first = _NOTHING if several else next(iter(values.values()), None)
        scope = Scope(names={name: Named(value) for name, value in values.items()})
        output = self.sequence(self.spec.layers, _Place(("layers",), scope), first)
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
        """Note a problem, once for all copies of a layer, and not where the frame has one already."""
        if problem.route in self._wrong or not self.is_new(problem.route, problem.message):
            return
        if problem.severity == "warning":
            _add(self.warnings, problem)
        elif _add(self.problems, problem) > MAX_PROBLEMS:
            raise _TooMany

    def is_new(self, *place: object) -> bool:
        """Whether this is asked for the first time; asking comes before a message that takes long to make.

        A block with a mistake may be used without end: after many times the rest is not checked.
        """
        if place not in self._reported:
            self._reported.add(place)
            return True
        self._again += 1
        if self._again > _MOST_AGAIN and self.problems:
            raise _TooMany
        return False

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
        place.scope.reserve(names_in(entries))
        for index, item in enumerate(entries):
            value = self._repeated(item, index, place, current)
            if value is None:
                entry = self.read(item, (*place.route, index), place)
                value = None if entry is None else self.entry(entry, current)
            current = value
        return current

    def _repeated(self, item: Any, index: int, place: _Place, current: Value) -> Value:
        """Place an entry that says what an earlier one said, on the same shape: in short what follows below.

        None, and nothing done, where it is none of these, or anything might be wrong with it.
        """
        if current is None or current == _NOTHING or self.scaling is not None:
            return None
        raw = item if item.__class__ is dict else {"type": item}
        name, scope = raw.get("name", ""), place.scope
        if (
            name.__class__ is not str
            or name == "input"
            or name in scope.names
            or (not name and "name" in raw)
        ):
            return None
        made = made_before(self._said, raw, self.graph.shape(current))
        if made is None:
            return None
        nodes, kind = self.graph.nodes, raw["type"]
        name = name or scope.automatic_name(kind)
        start, row, route = len(nodes), place.row, (*place.route, index)
        value = make_again(
            nodes, made, place.prefix + name, (current,), len(self.rows) if row is None else row
        )
        if row is None:
            self.rows.append(Row(name, kind, 1, route, self.graph.shape(value)))
        scope.names[name] = Named(value, start, len(nodes), raw)
        self._written.append((value, _Entry(kind, {}, name, route, place, raw)))
        return value

    def read(self, item: object, route: Route, place: _Place) -> _Entry | None:
        """An entry with its kind and name; None where it has none that we know."""
        written: dict[str, Any] = item if isinstance(item, dict) else {"type": item}
        raw = self._shared(written, route, place) if "shares" in written else written
        kind = None if raw is None else self._kind(raw, item, route, place)
        if raw is None or kind is None:
            name = written.get("name")
            if isinstance(name, str):
                place.scope.names.setdefault(name, Named(None, broken=True))
            else:
                place.scope.doubtful = True
            return None
        name = self._name(raw, kind, route, place)
        fields = {key: value for key, value in raw.items() if key not in COMMON_FIELDS and key != "shares"}
        return _Entry(kind, fields, name, route, place, raw)

    def _kind(self, raw: Mapping[str, Any], item: object, route: Route, place: _Place) -> str | None:
        kind = raw.get("type")
        if isinstance(kind, str) and (kind in KINDS or kind in self.blocks):
            return kind
        hint = None
        if kind is None and isinstance(item, dict):
            message = "a layer needs a type"
            if len(item) == 1 and next(iter(item)) in KINDS:
                hint = f"write {{type: {next(iter(item))}, …}}"
        elif not isinstance(kind, str):
            written = (
                "a layer's type must be a word"
                if isinstance(item, dict)
                else "a layer must be a word or a mapping"
            )
            message = f"{written}, not {shown(kind)}"
        elif not self.is_new(route, kind):
            return None
        else:
            message = f"unknown layer type {shown(kind)}{did_you_mean(kind, [*KINDS, *self.blocks])}"
            hint = f"kinds: {', '.join(sorted(KINDS))}"
            if self.blocks:
                hint += f"; blocks: {listed(self.blocks)}"
        field: Route = ("type",) if isinstance(item, dict) and kind is not None else ()
        self.problem(Problem(message, route + field, hint, used=place.used))
        return None

    def _name(self, raw: Mapping[str, Any], kind: str, route: Route, place: _Place) -> str:
        name = raw.get("name")
        if name is None and "name" not in raw:
            return place.scope.automatic_name(kind)
        if not isinstance(name, str) or isinstance(name, Numeral) or not name:
            guess = f'; did you mean "{name}", in quotes?' if _is_number(name) else ""
            message = f"name of a {kind} layer must be text, not {shown(name)}{guess}"
            self.problem(Problem(message, (*route, "name"), used=place.used))
            return place.scope.automatic_name(kind)
        taken = place.scope.names.get(name)
        if name == "input" or (taken is not None and taken.is_input):
            message = f"a layer cannot be named {shown(name)}: that is what comes in"
        elif taken is not None:
            message = f"two layers are named {shown(name)}: names must be unique in their scope"
        else:
            return name
        self.problem(Problem(message, (*route, "name"), used=place.used))
        return name

    def _shared(self, raw: Mapping[str, Any], route: Route, place: _Place) -> dict[str, Any] | None:
        """The entry that ``shares: NAME`` means: that of NAME, with what this one says for itself."""
        target = raw["shares"]
        original = place.scope.find(target) if isinstance(target, str) else None
        if original is not None and original.broken:
            return None
        if original is None or not isinstance(original.entry, dict):
            self._unknown_original(target, route, place)
            return None
        for key in raw:
            if key not in ("shares", *COMMON_FIELDS):
                message = f"a layer that shares another's weights has no {listed([key])} of its own"
                self.problem(Problem(message, (*route, key), at="key", used=place.used))
        own = {key: raw[key] for key in ("shares", *COMMON_FIELDS) if key in raw}
        inherited = {key: value for key, value in original.entry.items() if key not in _OWN}
        return inherited | own

    def _unknown_original(self, target: object, route: Route, place: _Place) -> None:
        if not isinstance(target, str):
            message = f"shares must be the name of a layer, not {shown(target)}"
        elif place.scope.find(target) is not None:
            message = f"shares must name a layer, and {shown(target)} is an input"
        elif place.scope.later(target):
            message = f"layer {shown(target)} is defined only later: shares names an earlier layer"
        elif self.is_new(route, target):
            names = [*place.scope.visible()][::-1]
            message = f"unknown layer {shown(target)} to share the weights of{did_you_mean(target, names)}"
        else:
            return
        self.problem(Problem(message, (*route, "shares"), used=place.used))

    # One entry

    def entry(self, entry: _Entry, current: Value) -> Value:
        """Place one entry, all its copies; the value of the last one."""
        nodes, row = self.graph.nodes, entry.place.row
        start = len(nodes)
        own_row = len(self.rows) if row is None else row
        if row is None:
            self.rows.append(Row(entry.name, entry.kind, repeats(entry.raw), entry.route, Shape((), 1)))
        inputs = self._inputs(entry, current)
        value = self._copies(entry, inputs, own_row)
        if row is None and value is not None:
            self.rows[own_row] = Row(
                entry.name, entry.kind, repeats(entry.raw), entry.route, self.graph.shape(value)
            )
        if "shares" in entry.raw and value is not None:
            self._share(entry, start)
        named = Named(value, start, len(nodes), entry.raw, broken=value is None)
        entry.place.scope.names.setdefault(entry.name, named)
        self._written.append((value, entry))
        return value

    def _copies(self, entry: _Entry, inputs: tuple[Value, ...], row: int) -> Value:
        count = 1
        if "repeat" in entry.raw:
            try:
                count = parse_size(entry.raw["repeat"])
            except ValueError as error:
                self.fault(entry, f"repeat of {entry.noun} {error}", ("repeat",))
        prepared = self._prepared(entry)
        if prepared is None:
            return None
        path = entry.place.prefix + entry.name
        if count == 1:
            return self.layer(entry, prepared, path, inputs, row)
        self._warn_of_repeated_stride(entry, count)
        value = self.layer(entry, prepared, f"{path}.1", inputs, row)
        for copy in range(2, count + 1):
            if value is None:
                break
            value = self.layer(entry, prepared, f"{path}.{copy}", (value,), row)
        return value

    def _inputs(self, entry: _Entry, current: Value) -> tuple[Value, ...]:
        names = entry.raw.get("inputs")
        if "inputs" not in entry.raw:
            if entry.kind in KINDS and kind_model(entry.kind).arity[1] == 0:
                return ()
            if current == _NOTHING:
                names = listed(self.spec.unread_inputs or self.spec.input_shapes)
                self.fault(entry, f"{entry.noun} must say its inputs, since the network has several: {names}")
                return (None,)
            return (current,)
        if not isinstance(names, list) or not names:
            hint = f"write inputs: [{names}]" if isinstance(names, str) and names.isidentifier() else None
            wanted = "must be a list of names" if names != [] else "must name at least one"
            given = f", not {shown(names)}" if names != [] else ""
            self.fault(entry, f"inputs of {entry.noun} {wanted}{given}", ("inputs",), hint)
            return (None,)
        return tuple(self._input(entry, name, index) for index, name in enumerate(names))

    def _input(self, entry: _Entry, name: object, index: int) -> Value:
        scope = entry.place.scope
        found = scope.find(name) if isinstance(name, str) else None
        if found is not None:
            return found.value
        names = [*scope.visible()][::-1]
        hint = None
        if not isinstance(name, str):
            message = f"an input of {entry.noun} must be a name, not {shown(name)}"
        elif scope.later(name):
            message = f"input {shown(name)} of {entry.noun} is defined only later: inputs name earlier layers"
        elif self.is_new(entry.route, name):
            message = f"unknown input {shown(name)} of {entry.noun}{did_you_mean(name, names)}"
            hint = f"names: {listed(names)}" if names else None
        else:
            return None
        self.fault(entry, message, ("inputs", index), hint)
        return None

    def _share(self, entry: _Entry, start: int) -> None:
        original = entry.place.scope.find(entry.raw["shares"])
        if original is None or original.value is None:
            return
        try:
            self.graph.share(start, range(original.start, original.stop))
        except ShapeError as error:
            self.fault(entry, f"{entry.noun} {error.message}", ("shares",))

    # One copy of one entry

    def _prepared(self, entry: _Entry) -> KnownLayer | Filling | None:
        """What all copies of an entry have in common: its layer, or its block's body filled in."""
        if entry.kind not in self.blocks:
            return self._model(entry)
        block = self.blocks[entry.kind]
        if block.broken or not self._arguments_hold(entry, block):
            return None
        return self._fillings.of(entry.kind, entry.fields)

    def layer(
        self, entry: _Entry, known: KnownLayer | Filling, path: str, inputs: tuple[Value, ...], row: int
    ) -> Value:
        """Place one copy: a block use, or a layer of a kind."""
        if isinstance(known, Filling):
            return self.block(entry, known, path, inputs, row)
        if not self._arity_holds(entry, known.layer, inputs):
            return None
        try:
            if self.scaling is None and None not in inputs:
                return self._place_known(known, entry, path, inputs, row)  # type: ignore[arg-type]
            return self.place(self._scaled(known.layer, path, inputs), entry, path, inputs, row)
        except ShapeError as error:
            shapes = " and ".join(str(self.graph.shape(value)) for value in inputs if value is not None)
            number = path.rpartition(".")[2] if repeats(entry.raw) > 1 else "1"
            copy = f" (copy {number})" if number != "1" else ""
            where = f"{entry.noun}{copy} on {shapes}" if shapes else entry.noun + copy
            field: Route = (error.field,) if error.field in entry.raw and error.field else ()
            self.fault(entry, f"{where}: {error.message}", field)
            return None

    def _place_known(
        self, known: KnownLayer, entry: _Entry, path: str, inputs: tuple[int, ...], row: int
    ) -> Value:
        """Place a layer that may have been placed before, on the same shapes. Raises ShapeError."""
        shapes = tuple([self.graph.shape(index) for index in inputs])
        made = known.made.get(shapes)
        if made is not None:
            return make_again(self.graph.nodes, made, path, inputs, row)
        start, self._with_bodies = len(self.graph.nodes), False
        value = self.place(known.layer, entry, path, inputs, row)
        if value is not None and not self._with_bodies and len(set(inputs)) == len(inputs):
            known.learn(shapes, made_of(self.graph.nodes, start, value, path, inputs))
        return value

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
                self._with_bodies = True
            else:
                current = self._part(part, part.layer, entry, inner, taken, row)
            values[part.name] = current
        return current

    def _part(
        self, part: Part, layer: Layer, entry: _Entry, path: str, inputs: tuple[Value, ...], row: int
    ) -> Value:
        try:
            return self.place(layer, entry, path, inputs, row)
        except ShapeError as error:
            if isinstance(layer, Composite):
                raise
            shapes = " and ".join(str(self.graph.shape(value)) for value in inputs if value is not None)
            raise ShapeError(f"its {part.name} on {shapes}: {error.message}", error.field) from None

    def block(self, entry: _Entry, filling: Filling, path: str, inputs: tuple[Value, ...], row: int) -> Value:
        """Place a block: its body with the arguments filled in, in a scope of its own."""
        scope = Scope(names={name: Named(value) for name, value in _incoming(inputs).items()})
        used = (*entry.place.used, entry.route)
        place = _Place(("blocks", entry.kind, "layers"), scope, f"{path}/", used, row)
        return self.sequence(filling.body, place, inputs[0])

    def _arguments_hold(self, entry: _Entry, block: Block) -> bool:
        unknown = [field for field in entry.fields if field not in block.parameters and field != "type"]
        missing = [
            name
            for name, default in block.parameters.items()
            if default == REQUIRED and name not in entry.fields
        ]
        if not unknown and not missing:
            return True
        noun = f"block {shown(entry.kind)}"
        meant = {closest(field, missing) for field in unknown[:MAX_PROBLEMS]} if missing else set()
        legal = sorted({*block.parameters, *COMMON_FIELDS})
        hint = f"parameters: {listed(legal)}"
        for field in unknown:
            if self.is_new(entry.route, field):
                message = f"unknown parameter {shown(field)} of {noun}{did_you_mean(field, legal)}"
                self.fault(entry, message, (field,), hint, at="key")
        for name in (name for name in missing if name not in meant):
            self.fault(entry, f"{noun} needs {listed([name])}", (), hint)
        return False

    def _model(self, entry: _Entry) -> KnownLayer | None:
        """The layer of an entry; entries that say the same share one."""
        key = layer_key(self._said, entry.fields)
        known = known_layer(key)
        if known is None and (layer := self._validated(entry)) is not None:
            known = KnownLayer(layer)
            remember(key, known)
        return known

    def _validated(self, entry: _Entry) -> Layer | None:
        refused = ("refused", entry.route, id(entry.raw))
        if refused in self._reported and not self.is_new(*refused):
            return None
        model = kind_model(entry.kind)
        fields: Mapping[str, Any] = entry.fields
        if model.takes_defaults and self.defaults:
            legal = model.model_fields
            fields = {**{name: value for name, value in self.defaults.items() if name in legal}, **fields}
        layer, problems = validated(model, fields, entry.noun, entry.route, COMMON_FIELDS)
        for problem in problems:
            self.problem(problem._replace(used=entry.place.used))
        if layer is None and entry.place.used:
            self._refused.append(entry.raw)  # kept, so that its id stays its own
            self._reported.add(refused)
        return layer

    def _arity_holds(self, entry: _Entry, layer: Layer, inputs: tuple[Value, ...]) -> bool:
        least, most = layer.arity
        if least <= len(inputs) and (most is None or len(inputs) <= most):
            return True
        if most is None:
            wanted = f"at least {least} inputs"
        else:
            wanted = "no inputs" if most == 0 else f"{most} input{'s' if most > 1 else ''}"
        remedy = ""
        if len(inputs) < least:
            second = len(entry.raw.get("inputs", ())) >= least
            remedy = ": name them, as in inputs: [a, b]" if not second else _SECOND
        field = ("inputs",) if "inputs" in entry.raw else ()
        self.fault(entry, f"{entry.noun} takes {wanted}, not {len(inputs)}{remedy}", field)
        return False

    # Width

    def _scaled(self, layer: Layer, path: str, inputs: tuple[Value, ...]) -> Layer:
        scaling = self.scaling
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
        elif layer.takes_defaults:
            self._last_scaled = None  # another convolution is the last
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
        if all(map(_is_one, stride if isinstance(stride, list) else [stride])):
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
        for name in self._fillings.unused():
            message = f"block {shown(name)} is never used; its layers are not checked"
            self.problem(Problem(message, ("blocks", name), at="key", severity="warning"))
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


def _add(problems: list[Problem], problem: Problem) -> int:
    """Add a problem unless there are enough, and say so once; how many there would be."""
    if len(problems) < MAX_PROBLEMS:
        problems.append(problem)
        return len(problems)
    if len(problems) == MAX_PROBLEMS:
        noun = "warnings" if problem.severity == "warning" else "problems"
        problems.append(
            problem._replace(message=f"more than {MAX_PROBLEMS} {noun}; the rest is left out", hint=None)
        )
    return len(problems) + 1


def _is_number(value: object) -> bool:
    return (type(value) is int or isinstance(value, Numeral)) and len(str(value)) <= 40


def _is_one(size: object) -> bool:
    try:
        return parse_size(size) == 1
    except ValueError:
        return False


def _without_indices(route: Route) -> Iterator[Route]:
    """A route, and those of the lists that it ends in."""
    yield route
    while route and isinstance(route[-1], int):
        route = route[:-1]
        yield route
