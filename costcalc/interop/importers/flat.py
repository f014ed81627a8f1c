"""A foreign model as a flat list of layers: what every front end produces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from costcalc.errors import CostcalcError
from costcalc.layers import kind_model
from costcalc.layers.base import SLIDING_FIELDS
from costcalc.network import Network, resolve
from costcalc.shape import Shape
from costcalc.spec import parse_spec

#: Of the kinds that importers name and that stand for others: the ones that a call says something of.
_CALLED_INSIDE = {"attention": ("matmul", "softmax"), "deformable_conv": ("conv",)}


@dataclass(frozen=True, slots=True)
class FlatLayer:
    """One layer of a kind of ours: ``fields`` as in a spec, ``inputs`` by name, ``output`` as the model has it.

    ``origin`` is what the model itself calls the node that it was read from, where it has nodes. ``called`` is how it
    calls it, as a spec says that; nothing where that is not known, or as a module of the framework's own.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    output: Shape
    fields: Mapping[str, Any] = field(default_factory=dict)
    shares: str | None = None
    origin: str = field(default="", compare=False)
    called: str = ""

    @property
    def called_kinds(self) -> tuple[str, ...]:
        """The kinds of what it consists of that ``called`` says something of."""
        return _CALLED_INSIDE.get(self.kind, (self.kind,))


@dataclass(frozen=True, slots=True)
class FlatNetwork:
    """A model: its inputs by name, its layers in order, the names of what it returns (the main one last).

    ``state`` are inputs that the model itself has kept from its run before.
    ``notes`` are what whoever converts it should know, such as what was left out. ``dtype`` is the spec's.
    """

    name: str
    source: str
    inputs: Mapping[str, Shape]
    layers: tuple[FlatLayer, ...]
    outputs: tuple[str, ...]
    notes: tuple[str, ...] = ()
    dtype: str | Mapping[str, str] | None = None
    state: tuple[str, ...] = ()


def without_words(flat: FlatNetwork) -> FlatNetwork:
    """The same model with no name that could read as a block's ``$word``: "_" stands for "$"."""
    used = [*flat.inputs, *(layer.name for layer in flat.layers)]
    if "$" not in "".join((flat.name, flat.source, *used)):
        return flat
    taken = {name for name in used if "$" not in name}
    names: dict[str, str] = {}
    for name in used:
        plain = base = name.replace("$", "_")
        count = 2
        while "$" in name and plain in taken:
            plain, count = f"{base}_{count}", count + 1
        taken.add(plain)
        names[name] = plain
    layers = tuple(
        replace(
            layer,
            name=names[layer.name],
            inputs=tuple(names[each] for each in layer.inputs),
            shares=None if layer.shares is None else names[layer.shares],
        )
        for layer in flat.layers
    )
    inputs = {names[name]: shape for name, shape in flat.inputs.items()}
    outputs = tuple(names[name] for name in flat.outputs)
    name, source = (text.replace("$", "_") for text in (flat.name, flat.source))
    state = tuple(names[each] for each in flat.state)
    return replace(flat, name=name, source=source, inputs=inputs, layers=layers, outputs=outputs, state=state)


def spec_head(flat: FlatNetwork) -> dict[str, Any]:
    """What a spec of the model begins with: its name, its source, its inputs, its dtype."""
    head = {key: value for key, value in (("name", flat.name), ("source", flat.source)) if value}
    shapes = {name: str(shape) for name, shape in flat.inputs.items()}
    inputs = {"input": next(iter(shapes.values()))} if len(shapes) == 1 else {"inputs": shapes}
    dtype = {} if flat.dtype is None else {"dtype": flat.dtype}
    state = {"state": list(flat.state)} if flat.state else {}
    return {**head, **inputs, **state, **dtype}


def flat_spec(flat: FlatNetwork) -> dict[str, Any]:
    """The plain spec of a flat network: one entry a layer, every input by name.

    A model's only input must be named ``input`` in the flat network, as it is in a spec.
    """
    first = {layer.name: layer for layer in flat.layers}
    return {**spec_head(flat), "layers": [_entry(layer, first) for layer in in_output_order(flat)]}


def _entry(layer: FlatLayer, first: Mapping[str, FlatLayer]) -> dict[str, Any]:
    """One layer as a spec has it."""
    inputs: dict[str, Any] = {"inputs": list(layer.inputs)} if layer.inputs else {}
    called = {"called": dict.fromkeys(layer.called_kinds, layer.called)} if layer.called else {}
    if layer.shares is not None:
        own = own_sliding(layer.kind, layer.fields, first[layer.shares].fields)
        return {"shares": layer.shares, "name": layer.name, **inputs, **own, **called}
    return {"type": layer.kind, "name": layer.name, **inputs, **layer.fields, **called}


def can_share(fields: Mapping[str, Any], first: Mapping[str, Any]) -> bool:
    """Whether layers of one kind with these fields can have the same weights: they differ in how they slide alone."""
    return _still(fields) == _still(first)


def _still(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in SLIDING_FIELDS}


def own_sliding(kind: str, fields: Mapping[str, Any], first: Mapping[str, Any]) -> dict[str, Any]:
    """What a layer that shares the weights of one with the fields ``first`` says for itself."""
    legal = kind_model(kind).model_fields
    both = {
        name: [each.get(name, legal[name].default) for each in (fields, first)]
        for name in SLIDING_FIELDS
        if name in legal
    }
    return {name: own for name, (own, other) in both.items() if own != other}


def in_output_order(flat: FlatNetwork) -> list[FlatLayer]:
    """The layers with the one that makes the main output last, as a spec has it, unless another one takes that."""
    taken = any(flat.outputs[-1] in layer.inputs or flat.outputs[-1] == layer.shares for layer in flat.layers)
    if not flat.layers or taken or flat.layers[-1].name == flat.outputs[-1]:
        return list(flat.layers)
    last = [layer for layer in flat.layers if layer.name == flat.outputs[-1]]
    return [layer for layer in flat.layers if layer.name != flat.outputs[-1]] + last


def flat_network(flat: FlatNetwork) -> Network:
    """The resolved network, with every shape checked against the model's own.

    Raises SpecError where a layer does not resolve, CostcalcError where a shape differs: then the import
    would have been wrong.
    """
    spec, problems = parse_spec(flat_spec(flat))
    network = resolve(spec, problems)
    outputs = {row.name: row.output for row in network.rows}
    for layer in flat.layers:
        if outputs[layer.name] != layer.output:
            raise CostcalcError(
                f"layer {layer.name} ({layer.kind}) makes {outputs[layer.name]}, but {layer.output} in the model: "
                "please report this"
            )
    return network
