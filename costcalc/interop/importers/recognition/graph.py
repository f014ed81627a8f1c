"""The graph that the passes work on: entries by name, each with its inputs and its output shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from costcalc.called import MODULE
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork, in_output_order, own_sliding
from costcalc.layers import kind_model
from costcalc.shape import Shape

INPUT = "input"
CONVOLUTIONS = ("conv", "depthwise_conv")
_PER_AXIS = ("kernel_size", "stride", "padding", "dilation", "output_size", "output_padding", "scale", "size")


@dataclass(slots=True)
class Item:
    """One entry: ``fields`` with its type, without name and inputs.

    ``order`` is its place in topological order. ``pinned``: its weights are used elsewhere, or are of a dtype of their
    own, so it stays as it is. ``calls`` is how the model calls what it consists of, by kind.
    """

    name: str
    fields: dict[str, Any]
    inputs: list[str]
    output: Shape
    order: int
    pinned: bool = False
    calls: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The layer kind; of a sharing entry, nothing."""
        return str(self.fields.get("type", ""))

    def says(self, **values: object) -> bool:
        """Whether each of these fields has this value (None: is not there)."""
        return all(self.fields.get(name) == value for name, value in values.items())


@dataclass(slots=True)
class EntryGraph:
    """Items by name; ``inputs`` are the network's, ``outputs`` what it returns."""

    inputs: dict[str, Shape]
    outputs: list[str]
    items: dict[str, Item] = field(default_factory=dict)
    users: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, flat: FlatNetwork) -> EntryGraph:
        """The graph of a flat network."""
        graph = cls(dict(flat.inputs), list(flat.outputs))
        shared = {layer.shares for layer in flat.layers}
        said = {kind for layer in flat.layers if layer.called for kind in layer.called_kinds}
        first = {layer.name: _usual(layer) for layer in flat.layers if layer.name in shared}
        for order, layer in enumerate(in_output_order(flat)):
            own = {"type": layer.kind, **_usual(layer)}
            if layer.shares is not None:
                own = {"shares": layer.shares, **own_sliding(layer.kind, own, first[layer.shares])}
            pinned = layer.shares is not None or layer.name in shared or "dtype" in layer.fields
            graph.items[layer.name] = Item(layer.name, own, list(layer.inputs), layer.output, order, pinned)
            if not said.isdisjoint(layer.called_kinds):
                graph.items[layer.name].calls = dict.fromkeys(layer.called_kinds, layer.called or MODULE)
        for item in graph.items.values():
            for source in item.inputs:
                graph.users.setdefault(source, []).append(item.name)
        return graph

    def shape(self, name: str) -> Shape:
        """The shape of a value."""
        return self.items[name].output if name in self.items else self.inputs[name]

    def ordered(self) -> list[Item]:
        """The items in topological order."""
        return sorted(self.items.values(), key=lambda item: item.order)

    def only_user(self, name: str) -> Item | None:
        """The one item that takes a value, if there is exactly one and nothing else sees the value."""
        users = self.users.get(name, [])
        return self.items[users[0]] if len(users) == 1 and name not in self.outputs else None

    @staticmethod
    def are_called_alike(items: Iterable[Item]) -> bool:
        """Whether the model calls all layers of one kind in the same way, as one entry can say it."""
        said = {pair for item in items for pair in item.calls.items()}
        return len(said) == len({kind for kind, _ in said})

    def merge(self, parts: Iterable[Item], into: Item) -> None:
        """Put one item in the place of several, of which the last makes its value.

        ``into`` takes the place of the last part; nobody else may see what the others make.
        """
        gone = list(parts)
        last = gone[-1]
        into.calls = {kind: call for item in gone for kind, call in item.calls.items()}
        for item in gone:
            del self.items[item.name]
        into.order = last.order
        self.items[into.name] = into
        users = self.users.pop(last.name, [])
        for name in users:
            self.items[name].inputs = [into.name if s == last.name else s for s in self.items[name].inputs]
        for item in gone:
            self.users.pop(item.name, None)
        self.users[into.name] = users
        names = {item.name for item in gone}
        for source in dict.fromkeys(into.inputs):
            others = [user for user in self.users.get(source, []) if user not in names]
            self.users[source] = others + [into.name] * into.inputs.count(source)
        self.outputs = [into.name if output == last.name else output for output in self.outputs]

    def put_behind(self, item: Item, new: Item) -> None:
        """Let everything that takes an item's value take that of a new one, which takes the item's alone."""
        for name in self.users.get(item.name, []):
            user = self.items[name]
            user.inputs = [new.name if source == item.name else source for source in user.inputs]
        self.items[new.name] = new
        self.users[new.name], self.users[item.name] = self.users.get(item.name, []), [new.name]
        self.outputs = [new.name if output == item.name else output for output in self.outputs]


def _usual(layer: FlatLayer) -> dict[str, Any]:
    """The fields as a person writes them: one number for equal axes, nothing that is the default.

    A padding that keeps the size of an unstrided layer is ``same``, which is a convolution's default.
    """
    model = kind_model(layer.kind)
    fields = {name: _one(name, value) for name, value in layer.fields.items()}
    if (
        layer.kind in (*CONVOLUTIONS, "deformable_conv")
        and fields.get("stride", 1) == 1
        and _keeps_size(fields)
    ):
        fields["padding"] = "same"
    return {
        name: value
        for name, value in fields.items()
        if name == "dtype" or (value is not None and value != model.model_fields[name].default)
    }


def _one(name: str, value: object) -> object:
    """A list of equal numbers as one number."""
    if isinstance(value, (list, tuple)) and name in _PER_AXIS and len(set(value)) == 1:
        return value[0]
    return value


def _keeps_size(fields: Mapping[str, Any]) -> bool:
    kernel, dilation, padding = (
        fields.get("kernel_size", 3),
        fields.get("dilation", 1),
        fields.get("padding", "same"),
    )
    if padding == "valid":
        padding = 0
    if not all(isinstance(value, int) for value in (kernel, dilation, padding)):
        return False
    return bool(2 * padding == dilation * (kernel - 1))
