"""A model's config walked: layers called in the order of what they need, models within models.

Source: https://keras.io/api/models/model_saving_apis (the config of Sequential and functional models).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork
from costcalc.interop.importers.keras_archive.building import Builder, Given, KerasTensor, LayerCall, Weights
from costcalc.interop.importers.keras_archive.folding import folded
from costcalc.interop.importers.keras_archive.graph import (
    CHAINS,
    INPUTS,
    Arguments,
    OutputRef,
    class_of,
    graph,
    is_model,
    is_of_keras,
    leaves,
    name_of,
    refs,
)
from costcalc.interop.importers.keras_archive.layers import HANDLERS
from costcalc.interop.importers.keras_archive.layers.refused import REASONS
from costcalc.interop.importers.keras_archive.layers.sequences import SEVERAL
from costcalc.interop.importers.keras_archive.layers.shapes import ANY_LAYOUT
from costcalc.interop.importers.keras_archive.operations import OPERATIONS, SPLITTING
from costcalc.interop.importers.keras_archive.sharing import sharing
from costcalc.quantity import MAX_SIZE, shown

_DEEPEST = 24
_MOST_CALLS = 100_000
_HANDLERS = {**OPERATIONS, **HANDLERS}
_SEVERAL = {**SPLITTING, **SEVERAL}


def flat_model(config: Any, path: str, inputs: Sequence[str]) -> FlatNetwork:
    """The flat network of a model's config; raises ModelError."""
    try:
        return _Walk(path).flat(config, inputs)
    except RecursionError:
        raise ModelError(f"{path}: refused: the model is nested too deeply") from None


class _Walk:
    def __init__(self, path: str) -> None:
        self.path = path
        self.made: dict[int, list[str]] = {}
        self.calls = 0
        self.builder = Builder({}, False)
        self.sharing = sharing({})

    def flat(self, config: Any, given: Sequence[str]) -> FlatNetwork:
        kind, inner = class_of(config), _mapping(config, "config", self.path)
        if not is_model(config) or "layers" not in inner:
            hint = "save a functional or Sequential model; torch and ONNX models are read too"
            if "layers" in inner:
                hint = "what its call does may be more: save keras.Model(model.inputs, model.outputs)"
            raise ModelError(
                f"{self.path}: a model of class {shown(kind)} does not say what it is made of", hint
            )
        self.sharing = sharing(config)
        first = _channels_first(inner)
        dims = _inputs(config, self.path, given)
        names = ["input"] if len(dims) == 1 else _input_names(dims)
        bare = Builder({}, first)
        shapes = {name: bare.shape_of(each) for name, each in zip(names, dims.values(), strict=True)}
        self.builder = Builder(shapes, first)
        values = [
            KerasTensor(name, shapes[name], each) for name, each in zip(names, dims.values(), strict=True)
        ]
        outputs = self.model(config, values, "", 0)
        layers = tuple(folded(self.builder.layers, [value.source for value in outputs]))
        if not layers:
            raise ModelError(f"{self.path}: the model has no layers that compute something")
        name = str(inner.get("name") or "")[:200]
        made = _main_last(layers, [each.source for each in outputs])
        if not made:
            raise ModelError(f"{self.path}: the model returns what it is given")
        return FlatNetwork(name, "", shapes, layers, tuple(made), tuple(dict.fromkeys(self.notes())))

    def notes(self) -> list[str]:
        """What whoever converts it should know."""
        count = self.builder.frozen
        frozen = (
            f"{count} layer{'s are' if count > 1 else ' is'} frozen; their weights are params all the same"
        )
        return [*self.builder.notes, *([frozen] if count else [])]

    def model(self, config: Any, values: Sequence[KerasTensor], path: str, depth: int) -> list[KerasTensor]:
        """What a model returns for these values."""
        if depth > _DEEPEST:
            raise ModelError(f"{self.path}: refused: models are nested more than {_DEEPEST} deep")
        inner = _mapping(config, "config", self.path)
        layers = inner.get("layers")
        if not isinstance(layers, list) or not all(isinstance(each, dict) for each in layers):
            raise ModelError(f"{self.path}: the model {shown(path)} has no list of layers")
        if class_of(config) in CHAINS:
            return self.sequential(layers, values, path, depth)
        return self.functional(inner, layers, values, path, depth)

    def sequential(
        self, layers: list[dict[str, Any]], values: Sequence[KerasTensor], path: str, depth: int
    ) -> list[KerasTensor]:
        current = list(values)
        for layer in layers:
            if class_of(layer) != INPUTS:
                current = self.call(layer, Given(tuple(current)), path, depth)
        return current

    def functional(
        self,
        inner: Mapping[str, Any],
        layers: list[dict[str, Any]],
        values: Sequence[KerasTensor],
        path: str,
        depth: int,
    ) -> list[KerasTensor]:
        starts = refs(inner.get("input_layers"))
        if len(starts) != len(values):
            raise ModelError(
                f"{shown(path or self.path)}: takes {len(starts)} inputs, and is given {len(values)}"
            )
        found = graph(layers, inner.get("output_layers"), self.path)
        known: dict[OutputRef, KerasTensor] = dict(zip(starts, values, strict=True))
        for layer, number, arguments in (call[1:] for call in found.calls):
            if class_of(layer) == INPUTS:
                continue
            given = self.given(known, _by_name(layer, arguments))
            outputs = self.call(layer, given, path, depth)
            name = name_of(layer)
            known.update((OutputRef(name, number, index), value) for index, value in enumerate(outputs))
        return [self.known(known, ref) for ref in found.outputs]

    def given(self, known: Mapping[OutputRef, KerasTensor], arguments: Arguments) -> Given:
        """What a call is given; masks cost nothing."""
        found: list[KerasTensor] = []
        constants: list[Any] = []
        for item in leaves(arguments.positional):
            if isinstance(item, OutputRef):
                found.append(self.known(known, item))
            else:
                constants.append(item)
        keywords: dict[str, Any] = {}
        named: dict[str, KerasTensor] = {}
        for key, item in arguments.keywords.items():
            inside = [self.known(known, each) for each in leaves(item) if isinstance(each, OutputRef)]
            if not inside:
                keywords[key] = item
            elif not key.endswith("mask"):
                found += inside
                named[key] = inside[0]
        return Given(tuple(found), tuple(constants), keywords, named)

    def known(self, known: Mapping[OutputRef, KerasTensor], ref: OutputRef) -> KerasTensor:
        if ref not in known:
            raise ModelError(f"{self.path}: output {ref.output} of layer {shown(ref.layer)} is not known")
        return known[ref]

    def call(self, layer: Mapping[str, Any], given: Given, path: str, depth: int) -> list[KerasTensor]:
        self.calls += 1
        if self.calls > _MOST_CALLS:
            raise ModelError(f"{self.path}: refused: more than {_MOST_CALLS} calls of layers")
        name = f"{path}.{name_of(layer)}" if path else name_of(layer)
        if is_model(layer):
            return self.model(layer, given.values, name, depth + 1)
        kind, config = class_of(layer), _mapping(layer, "config", self.path)
        call = self.begun(layer, kind, config, name, given)
        if not is_of_keras(layer):
            raise call.error(
                "a class of its own: what it does is not in the file",
                "save keras.Model(model.inputs, model.outputs)" if "layers" in config else "",
            )
        if kind not in _HANDLERS and kind not in _SEVERAL:
            raise call.error(REASONS.get(kind, "this layer is not known, and may cost something"))
        first = "channels_first" if self.builder.channels_first else "channels_last"
        maps = any(len(value.dims) > 1 for value in given.values)
        if maps and config.get("data_format") not in (None, first) and kind not in ANY_LAYOUT:
            raise call.error("its data_format is not that of the model's other layers")
        if not given.values:
            raise call.error("is given nothing")
        return _SEVERAL[kind](call) if kind in _SEVERAL else [_HANDLERS[kind](call)]

    def begun(
        self, layer: Mapping[str, Any], kind: str, config: Mapping[str, Any], name: str, given: Given
    ) -> LayerCall:
        """The call of a layer, with what its weights are known by: a wrapped layer's are its own."""
        wrapped = config.get("layer")
        owner = wrapped if isinstance(wrapped, dict) else layer
        key = self.sharing.key(owner)
        weights = Weights(self.made.get(key), id(owner) in self.sharing.unclear)
        self.made.setdefault(key, weights.made)
        return LayerCall(self.builder, kind, config, name, given, weights)


def _main_last(layers: Sequence[FlatLayer], outputs: Sequence[str]) -> list[str]:
    """The layers that make the outputs, the main one last, as a flat network has it.

    That is the first one, if no other layer needs it: a spec ends with its main output.
    """
    needed = {name for layer in layers for name in (*layer.inputs, layer.shares)}
    names = {layer.name for layer in layers}
    made = [name for name in dict.fromkeys(reversed(outputs)) if name in names]
    return sorted(made, key=lambda name: name not in needed)


# What a config says


def _by_name(layer: Mapping[str, Any], arguments: Arguments) -> Arguments:
    """What a model is given as a mapping, in the order of its inputs; else Keras takes it by its keys."""
    match layer, arguments.positional:
        case {"config": {"input_layers": [*starts]}}, [dict(given)] if is_model(layer):
            names = [ref.layer for ref in refs(starts)]
            if set(names) <= set(given):
                return arguments._replace(positional=[given[name] for name in names])
    return arguments


def _mapping(config: Any, key: str, path: str) -> Mapping[str, Any]:
    found = config.get(key) if isinstance(config, dict) else None
    if not isinstance(found, dict):
        raise ModelError(f"{path}: config.json holds no model: a {key} is missing")
    return found


def _layers(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = config.get("layers")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _channels_first(inner: Mapping[str, Any]) -> bool:
    """Whether any layer of it says so."""
    stack: list[Any] = [inner]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if item.get("data_format") == "channels_first":
                return True
            stack += [item[key] for key in ("config", "layers", "layer") if key in item]
        elif isinstance(item, list):
            stack += item
    return False


# Inputs

_SIZES = re.compile(r"[0-9]{1,10}(?:[x×,][0-9]{1,10})*")


def _inputs(config: Mapping[str, Any], path: str, given: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The sizes of the model's inputs by name, without the batch."""
    inner = _mapping(config, "config", path)
    layers = _layers(inner)
    if class_of(config) == "Sequential":
        written = {"input": _sequential_input(inner, layers)}
    else:
        by_name = {name_of(each): each for each in layers}
        written = {}
        for ref in refs(inner.get("input_layers")):
            layer = by_name.get(ref.layer, {})
            written[ref.layer] = _batch_shape(layer)
    if not written:
        raise ModelError(f"{path}: the model has no inputs")
    sizes = _given(given, written, path)
    return {name: _filled(name, dims, sizes.get(name), path) for name, dims in written.items()}


def _sequential_input(inner: Mapping[str, Any], layers: list[dict[str, Any]]) -> list[Any] | None:
    first = layers[0] if layers else {}
    if is_model(first):
        config = _mapping(first, "config", "the first layer")
        inside = _layers(config)
        found = _sequential_input(config, inside)
    else:
        found = _batch_shape(first)
    built = inner.get("build_input_shape")
    return found if found is not None else built if isinstance(built, list) else None


def _batch_shape(layer: Mapping[str, Any]) -> list[Any] | None:
    config = layer.get("config")
    if not isinstance(config, dict):
        return None
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    return shape if isinstance(shape, list) else None


def _given(
    texts: Sequence[str], written: Mapping[str, list[Any] | None], path: str
) -> dict[str, tuple[int, ...]]:
    """The sizes that the user says, by name; in order where they have none."""
    found: dict[str, tuple[int, ...]] = {}
    for place, text in enumerate(texts):
        name, _, sizes = text.rpartition("=")
        name = name or (list(written)[place] if place < len(written) else "")
        if len(written) == 1 and name == "input":
            name = next(iter(written))
        if name not in written:
            raise ModelError(
                f"{path}: --input {shown(text)}: the model's inputs are {', '.join(map(shown, written))}"
            )
        if not _SIZES.fullmatch(sizes):
            raise ModelError(f"{path}: --input {shown(text)} is no list of sizes such as 224x224x3")
        found[name] = tuple(map(int, re.split("[x×,]", sizes)))
    return found


def _filled(name: str, written: list[Any] | None, said: tuple[int, ...] | None, path: str) -> tuple[int, ...]:
    """The sizes of an input; what the model leaves open the user must have said."""
    if written is None:
        if said is None:
            raise ModelError(f"{path}: the model does not say its input's sizes", "say --input 224x224x3")
        return _checked(said, name, path)
    dims = written[1:]
    if said is not None:
        whole = said[1:] if len(said) == len(dims) + 1 else said
        fits = len(whole) == len(dims) and all(
            size in (None, ours) for size, ours in zip(dims, whole, strict=True)
        )
        if not fits:
            raise ModelError(
                f"{path}: --input {_listed(said)} does not fit input {shown(name)}: {_listed(dims)}"
            )
        return _checked(whole, name, path)
    if any(size is None for size in dims):
        example = "x".join(str(size or 224) for size in dims)
        raise ModelError(
            f"{path}: input {shown(name)} has open sizes: {_listed(dims)}",
            f"say --input {example}, or other sizes",
        )
    return _checked(tuple(dims), name, path)


def _checked(dims: tuple[Any, ...], name: str, path: str) -> tuple[int, ...]:
    if not dims or not all(type(size) is int and 1 <= size <= MAX_SIZE for size in dims):
        raise ModelError(f"{path}: input {shown(name)} has no sizes from 1: {_listed(dims)}")
    return dims


def _listed(dims: Sequence[Any]) -> str:
    return "x".join("?" if size is None else str(size)[:12] for size in dims)


def _input_names(dims: Mapping[str, Any]) -> list[str]:
    """Names for several inputs: printable, each once."""
    builder = Builder({}, False)
    return [builder.unique(name, f"input_{place}") for place, name in enumerate(dims, 1)]
