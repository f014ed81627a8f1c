"""Placing layers in the graph, one list after the other: copies, blocks' bodies and composites depth-first.

A value that could not be computed is None, and shapes are checked only where all inputs are known, so that one mistake
makes one message.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from costcalc.called import parse_called
from costcalc.dtype import parse_dtype
from costcalc.errors import Route, ShapeError
from costcalc.layers.base import Body, Composite, Context, Layer, Part, Primitive
from costcalc.network.choosing import Chooser
from costcalc.network.entries import Entry, EntryReader, Place, PlacedEntry
from costcalc.network.filling import Filling, Fillings
from costcalc.network.graph import GraphBuilder, Placed, Row
from costcalc.network.inputs import InputReader, incoming
from costcalc.network.kinds import BlockReader, LayerReader
from costcalc.network.ledger import Ledger
from costcalc.network.limits import check_made, repeats
from costcalc.network.memory import KnownLayer
from costcalc.network.scope import Named, Scope, Value, names_in
from costcalc.network.warnings import warn_of_repeated_stride
from costcalc.network.width import WidthMultiplier
from costcalc.quantity import listed, parse_size
from costcalc.spec.frame import NetworkSpec

if TYPE_CHECKING:
    from costcalc.network.ties import Ties


class Copy(NamedTuple):
    """One copy of an entry, or a part of it: where it stands in the graph and in the table, and what comes in."""

    entry: Entry
    path: str
    inputs: tuple[Value, ...]
    row: int


class Placer:
    """Places the layers of one spec.

    ``graph`` and ``rows`` are what is made; ``written`` are all entries in order, each with its value and
    nodes.
    """

    def __init__(self, spec: NetworkSpec, fillings: Fillings, ledger: Ledger) -> None:
        self.defaults = {name: getattr(spec.defaults, name) for name in spec.defaults.model_fields_set}
        self.ledger = ledger
        doubtful = spec.blocks.keys() - fillings.blocks.keys()
        self.entries = EntryReader(fillings.blocks, ledger, doubtful, self._named)
        self.inputs = InputReader([*(spec.unread_inputs or spec.input_shapes)], ledger)
        self.layers = LayerReader(self.defaults, ledger)
        self.blocks = BlockReader(fillings, ledger)
        self.fillings = fillings
        self.chooser = Chooser(spec.settings, fillings, ledger)
        self.width = None if spec.scaling is None else WidthMultiplier(spec.scaling)
        self.graph = GraphBuilder(tuple(spec.input_shapes.values()))
        self.rows: list[Row] = []
        self.written: list[PlacedEntry] = []
        self.ties: Ties | None = None

    def placed(self) -> list[Placed]:
        """All entries as they were placed, in order."""
        return [
            Placed(entry.kind, entry.name, entry.route, entry.place.used, start, stop, entry.is_again)
            for _, entry, start, stop in self.written
        ]

    def place(self, entries: object, place: Place, current: Value) -> Value:
        """Place a list of layers one after the other; the value of the last one."""
        if not isinstance(entries, list):
            return None
        place.scope.reserve(names_in(entries))
        place.scope.prefix = place.prefix
        for index, item in enumerate(entries):
            entry = self.entries.read(item, (*place.route, index), place)
            current = None if entry is None else self._entry(entry, current)
        return current

    def _entry(self, entry: Entry, current: Value) -> Value:
        """Place one entry, all its copies; the value of the last one."""
        place = entry.place
        start = len(self.graph.nodes)
        row = len(self.rows) if place.row is None else place.row
        value = self._copies(entry, self.inputs.read(entry, current), row)
        if value is not None and place.row is None:
            shape = self.graph.shape(value)
            self.rows.append(Row(entry.name, entry.kind, repeats(entry.raw), entry.route, shape))
        if "dtype" in entry.raw:
            self._label(entry, start)
        if value is not None and "shares" in entry.raw:
            self._share(entry, start)
        if value is not None and "called" in entry.raw:
            self._call(entry, start)
        named = Named(value, start, len(self.graph.nodes), entry.raw, broken=value is None)
        place.scope.names.setdefault(entry.name, named)
        self.written.append(PlacedEntry(value, entry, start, len(self.graph.nodes)))
        return value

    def _copies(self, entry: Entry, inputs: tuple[Value, ...], row: int) -> Value:
        count = self._count(entry)
        source = self.blocks.read(entry) if entry.kind in self.fillings.blocks else self.layers.read(entry)
        if source is None:
            return None
        path = entry.place.prefix + entry.name
        if count == 1:
            return self._copy(source, Copy(entry, path, inputs, row))
        warn_of_repeated_stride(entry, count, self.ledger)
        value = self._copy(source, Copy(entry, f"{path}.1", inputs, row))
        for number in range(2, count + 1):
            if value is None:
                break
            value = self._copy(source, Copy(entry, f"{path}.{number}", (value,), row))
        return value

    def _count(self, entry: Entry) -> int:
        if "repeat" in entry.raw:
            try:
                return parse_size(entry.raw["repeat"])
            except ValueError as error:
                self.ledger.note(entry.problem(f"repeat of {entry.noun} {error}", ("repeat",)))
        return 1

    def _label(self, entry: Entry, start: int) -> None:
        """Give the nodes of an entry, from ``start`` on, the dtype that it says."""
        try:
            self.graph.label(start, parse_dtype(entry.raw["dtype"]))
        except ValueError as error:
            self.ledger.note(entry.problem(f"dtype of {entry.noun} {error}", ("dtype",)))

    def _call(self, entry: Entry, start: int) -> None:
        """Say of the nodes of an entry, from ``start`` on, how the model calls them."""
        try:
            calls = parse_called(entry.raw["called"])
        except ValueError as error:
            self.ledger.note(entry.problem(f"called of {entry.noun} {error}", ("called",)))
            return
        for kind in calls.keys() - self.graph.call(start, calls):
            message = f"{entry.noun} has no {listed([kind])} that could be called"
            self.ledger.note(entry.problem(message, ("called", kind), at="key"))

    def _share(self, entry: Entry, start: int) -> None:
        """Let the nodes of an entry, from ``start`` on, use the weights of the one that it names, or some of them."""
        if not entry.is_again:
            self._tie(entry, start)
            return
        original = self._named(entry.place.scope, entry.raw["shares"])
        if original is None or original.value is None:
            return
        try:
            self.graph.share(start, range(original.start, original.stop))
        except ShapeError as error:
            self.ledger.note(entry.problem(f"{entry.noun} {error.message}", ("shares",)))

    def _tie(self, entry: Entry, start: int) -> None:
        if entry.kind not in self.fillings.blocks:
            return
        path, count = entry.place.prefix + entry.name, repeats(entry.raw)
        copies = [path] if count == 1 else [f"{path}.{number}" for number in range(1, count + 1)]
        self._ties().tie(entry, copies, start)

    def _ties(self) -> "Ties":
        if self.ties is None:
            from costcalc.network.ties import Ties

            self.ties = Ties(self.written, self.graph, self.ledger)
        return self.ties

    def _named(self, scope: Scope, name: str) -> Named | None:
        """The layer of a name, or the one to which a path leads, here or around."""
        named = scope.find(name)
        return self._ties().find(scope, name) if named is None and "/" in name else named

    def _copy(self, source: KnownLayer | Filling, copy: Copy) -> Value:
        """Place one copy of an entry: a block's body, or a layer. Raises SizeError."""
        check_made(len(self.graph.nodes), self.graph.characters, copy.entry)
        if isinstance(source, Filling):
            return self._block(source, copy)
        if not self.inputs.are_as_many(copy.entry, source.layer, copy.inputs):
            return None
        try:
            return self._known_layer(source, copy)
        except ShapeError as error:
            self._note_shape_error(copy, error)
            return None

    def _block(self, filling: Filling, copy: Copy) -> Value:
        """Place a block's body, in a scope of its own."""
        entry = copy.entry
        filling = self.chooser.chosen(filling, entry, copy.path)
        scope = Scope(names={name: Named(value) for name, value in incoming(copy.inputs).items()})
        used = (*entry.place.used, entry.route)
        place = Place(("blocks", entry.kind, "layers"), scope, f"{copy.path}/", used, copy.row)
        return self.place(filling.body, place, copy.inputs[0])

    def _known_layer(self, known: KnownLayer, copy: Copy) -> Value:
        """Place a layer, as it was placed before where it stood on the same shapes. Raises ShapeError."""
        layer, inputs = known.layer, copy.inputs
        if self.width is not None:
            first = inputs[0] if inputs else None
            channels = None if first is None else self.graph.shape(first).channels
            return self._layer(self.width.scaled(layer, copy.path, channels), copy)
        whole = tuple([value for value in inputs if value is not None])
        if len(whole) < len(inputs) or (isinstance(layer, Composite) and layer.has_bodies):
            return self._layer(layer, copy)
        if isinstance(layer, Primitive):
            return self.graph.add(layer, copy.path, whole, copy.row, known)
        value = self.graph.copy(known, copy.path, whole, copy.row)
        if value is None:
            start = len(self.graph.nodes)
            value = self._layer(layer, copy)
            if value is not None:
                self.graph.learn(known, start, value, copy.path, whole)
        return value

    def _layer(self, layer: Layer, copy: Copy) -> Value:
        """Add a primitive, expand a composite. Raises ShapeError."""
        whole = tuple([value for value in copy.inputs if value is not None])
        if len(whole) < len(copy.inputs) and not (isinstance(layer, Composite) and layer.has_bodies):
            return None
        if isinstance(layer, Primitive):
            return self.graph.add(layer, copy.path, whole, copy.row)
        assert isinstance(layer, Composite)
        context = Context(self.defaults, lambda: self.graph.stride(whole[0], whole[-1]))
        return self._parts(layer.expand(self.graph.shapes(whole), context), copy)

    def _parts(self, parts: Sequence[Part], copy: Copy) -> Value:
        """Place the parts of a composite in the places of a copy of it. Raises ShapeError."""
        values = incoming(copy.inputs)
        current = copy.inputs[0]
        for part in parts:
            taken = tuple([values[name] for name in part.inputs]) or (current,)
            inner = Copy(copy.entry, f"{copy.path}/{part.name}", taken, copy.row)
            if isinstance(part.layer, Body):
                current = self._body(part.layer, inner)
            else:
                current = self._part(part.layer, part.name, inner)
            values[part.name] = current
        return current

    def _body(self, body: Body, copy: Copy) -> Value:
        """Place the layers that were written inside a layer; they see the names around it."""
        around, taken = copy.entry.place, copy.inputs[0]
        scope = Scope(around.scope, {"input": Named(taken)})
        route = copy.entry.route + body.field
        return self.place(body.entries, Place(route, scope, f"{copy.path}/", around.used, copy.row), taken)

    def _part(self, layer: Layer, name: str, copy: Copy) -> Value:
        try:
            return self._layer(layer, copy)
        except ShapeError as error:
            if isinstance(layer, Composite):
                raise
            shapes = self._shapes_of(copy)
            raise ShapeError(f"its {name} on {shapes}: {error.message}", error.field) from None

    def _note_shape_error(self, copy: Copy, error: ShapeError) -> None:
        entry, shapes = copy.entry, self._shapes_of(copy)
        number = copy.path.rpartition(".")[2] if repeats(entry.raw) > 1 else "1"
        noun = entry.noun if number == "1" else f"{entry.noun} (copy {number})"
        where = f"{noun} on {shapes}" if shapes else noun
        field: Route = (error.field,) if error.field in entry.raw and error.field else ()
        self.ledger.note(entry.problem(f"{where}: {error.message}", field))

    def _shapes_of(self, copy: Copy) -> str:
        return " and ".join(str(self.graph.shape(value)) for value in copy.inputs if value is not None)
