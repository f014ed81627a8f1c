"""A model's config walked: layers called in the order of what they need, models within models.

Source: https://keras.io/api/models/model_saving_apis (the config of Sequential and functional models).
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from costcalc.importers.errors import ModelError
from costcalc.importers.flat import FlatNetwork
from costcalc.importers.keras_archive.building import Builder, Call, Value
from costcalc.importers.keras_archive.folding import folded
from costcalc.importers.keras_archive.layers import HANDLERS
from costcalc.quantity import MAX_SIZE, shown

_DEEPEST = 24
_MODELS = ("Functional", "Sequential", "Model")
_INPUTS = "InputLayer"


class _Ref(NamedTuple):
    """An output of a layer's call."""

    layer: str
    call: int
    output: int


def flat_model(config: Any, path: str, inputs: Sequence[str]) -> FlatNetwork:
    """The flat network of a model's config; raises ModelError."""
    try:
        return _Walk(path).flat(config, inputs)
    except RecursionError:
        raise ModelError(f"{path}: refused: the model is nested too deeply") from None


class _Walk:
    def __init__(self, path: str) -> None:
        self.path = path
        self.made: dict[str, list[str]] = {}
        self.builder = Builder({}, False)

    def flat(self, config: Any, given: Sequence[str]) -> FlatNetwork:
        kind, inner = _class_of(config), _mapping(config, "config", self.path)
        if kind not in _MODELS or "layers" not in inner:
            hint = "save a functional or Sequential model; torch and ONNX models are read too"
            raise ModelError(
                f"{self.path}: a model of class {shown(kind)} does not say what it is made of", hint
            )
        first = _channels_first(inner)
        dims = _inputs(config, self.path, given)
        names = ["input"] if len(dims) == 1 else _input_names(dims)
        bare = Builder({}, first)
        shapes = {name: bare.shape_of(each) for name, each in zip(names, dims.values(), strict=True)}
        self.builder = Builder(shapes, first)
        values = [Value(name, shapes[name], each) for name, each in zip(names, dims.values(), strict=True)]
        outputs = self.model(config, values, "", 0)
        layers = tuple(folded(self.builder.layers, [value.source for value in outputs]))
        if not layers:
            raise ModelError(f"{self.path}: the model has no layers that compute something")
        name = str(inner.get("name") or "")[:200]
        # The first output is the main one, which a flat network has last.
        made = dict.fromkeys(each.source for each in reversed(outputs) if each.source in self.builder.layers)
        if not made:
            raise ModelError(f"{self.path}: the model returns what it is given")
        return FlatNetwork(name, "", shapes, layers, tuple(made), tuple(dict.fromkeys(self.builder.notes)))

    def model(self, config: Any, values: Sequence[Value], path: str, depth: int) -> list[Value]:
        """What a model returns for these values."""
        if depth > _DEEPEST:
            raise ModelError(f"{self.path}: refused: models are nested more than {_DEEPEST} deep")
        inner = _mapping(config, "config", self.path)
        layers = inner.get("layers")
        if not isinstance(layers, list) or not all(isinstance(each, dict) for each in layers):
            raise ModelError(f"{self.path}: the model {shown(path)} has no list of layers")
        if _class_of(config) == "Sequential":
            return self.sequential(layers, values, path, depth)
        return self.functional(inner, layers, values, path, depth)

    def sequential(
        self, layers: list[dict[str, Any]], values: Sequence[Value], path: str, depth: int
    ) -> list[Value]:
        current = list(values)
        for layer in layers:
            if _class_of(layer) != _INPUTS:
                current = self.call(layer, tuple(current), (), {}, path, depth)
        return current

    def functional(
        self,
        inner: Mapping[str, Any],
        layers: list[dict[str, Any]],
        values: Sequence[Value],
        path: str,
        depth: int,
    ) -> list[Value]:
        known: dict[_Ref, Value] = {}
        starts = _refs(inner.get("input_layers"))
        if len(starts) != len(values):
            raise ModelError(
                f"{shown(path or self.path)}: takes {len(starts)} inputs, and is given {len(values)}"
            )
        known.update(zip(starts, values, strict=True))
        for layer, node, arguments in _in_order(layers, self.path):
            name = _name(layer)
            if _class_of(layer) == _INPUTS:
                continue
            found: list[Value] = []
            constants: list[Any] = []
            for item in _leaves(arguments.positional):
                if isinstance(item, _Ref):
                    found.append(self.known(known, item))
                else:
                    constants.append(item)
            keywords = dict(arguments.keywords)
            for key, item in list(keywords.items()):
                inside = list(_leaves(item))
                if any(isinstance(each, _Ref) for each in inside):
                    found += [self.known(known, each) for each in inside if isinstance(each, _Ref)]
                    del keywords[key]
            outputs = self.call(layer, tuple(found), tuple(constants), keywords, path, depth)
            known.update((_Ref(name, node, index), value) for index, value in enumerate(outputs))
        return [self.known(known, ref) for ref in _refs(inner.get("output_layers"))]

    def known(self, known: Mapping[_Ref, Value], ref: _Ref) -> Value:
        if ref not in known:
            raise ModelError(f"{self.path}: output {ref.output} of layer {shown(ref.layer)} is not known")
        return known[ref]

    def call(
        self,
        layer: Mapping[str, Any],
        values: tuple[Value, ...],
        constants: tuple[Any, ...],
        keywords: Mapping[str, Any],
        path: str,
        depth: int,
    ) -> list[Value]:
        kind = _class_of(layer)
        name = f"{path}.{_name(layer)}" if path else _name(layer)
        config = _mapping(layer, "config", self.path)
        if kind in _MODELS or (kind not in HANDLERS and isinstance(config.get("layers"), list)):
            return self.model(layer, values, name, depth + 1)
        handler = HANDLERS.get(kind)
        again = name in self.made
        made = self.made.setdefault(name, [])
        call = Call(self.builder, kind, config, name, values, constants, keywords, made, again, [0])
        if handler is None:
            raise call.error("this layer is not known, and may cost something")
        layout = config.get("data_format")
        maps = any(len(value.dims) > 1 for value in values)
        first = "channels_first" if self.builder.channels_first else "channels_last"
        if maps and layout not in (None, first):
            raise call.error("its data_format is not that of the model's other layers")
        if not values:
            raise call.error("is given nothing")
        return [handler(call)]


# What a config says


def _class_of(config: Any) -> str:
    kind = config.get("class_name") if isinstance(config, dict) else None
    return kind if isinstance(kind, str) else ""


def _mapping(config: Any, key: str, path: str) -> Mapping[str, Any]:
    found = config.get(key) if isinstance(config, dict) else None
    if not isinstance(found, dict):
        raise ModelError(f"{path}: config.json holds no model: a {key} is missing")
    return found


def _layers(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = config.get("layers")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _name(layer: Mapping[str, Any]) -> str:
    config = layer.get("config")
    name = layer.get("name") or (config.get("name") if isinstance(config, dict) else None)
    return name if isinstance(name, str) else _class_of(layer).lower() or "layer"


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


class _Arguments(NamedTuple):
    positional: Any
    keywords: Mapping[str, Any]


def _in_order(layers: list[dict[str, Any]], path: str) -> Iterator[tuple[dict[str, Any], int, _Arguments]]:
    """Every call of every layer, each after those whose outputs it takes, else as they are listed."""
    calls: dict[tuple[str, int], tuple[int, dict[str, Any], _Arguments]] = {}
    waiting: dict[tuple[str, int], int] = {}
    users: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for place, layer in enumerate(layers):
        nodes = layer.get("inbound_nodes") or []
        if not isinstance(nodes, list):
            raise ModelError(f"{path}: layer {shown(_name(layer))} has no list of calls")
        for number, node in enumerate(nodes or ([{}] if _class_of(layer) == _INPUTS else [])):
            key = (_name(layer), number)
            if key in calls:
                raise ModelError(f"{path}: two layers are named {shown(key[0])}")
            arguments = _arguments(node)
            calls[key] = (place, layer, arguments)
            refs = [*_leaves(arguments.positional), *_leaves(list(arguments.keywords.values()))]
            needs = {(ref.layer, ref.call) for ref in refs if isinstance(ref, _Ref)}
            waiting[key] = len(needs)
            for need in needs:
                users.setdefault(need, []).append(key)
    ready = [(calls[key][0], key) for key, count in waiting.items() if not count]
    heapq.heapify(ready)
    done = 0
    while ready:
        _, key = heapq.heappop(ready)
        _, layer, arguments = calls[key]
        done += 1
        yield layer, key[1], arguments
        for user in users.get(key, ()):
            waiting[user] -= 1
            if not waiting[user]:
                heapq.heappush(ready, (calls[user][0], user))
    if done < len(calls):
        stuck = next(key[0] for key, count in waiting.items() if count)
        raise ModelError(f"{path}: what layer {shown(stuck)} takes is never made")


def _arguments(node: Any) -> _Arguments:
    """One call's arguments, as Keras 3 writes them, or as Keras 2 did: [[layer, call, output, keywords], …]."""
    if isinstance(node, dict):
        keywords = node.get("kwargs")
        return _Arguments(
            _read(node.get("args") or []), _read(keywords) if isinstance(keywords, dict) else {}
        )
    items = node if isinstance(node, list) else []
    if items and isinstance(items[0], str):
        items = [items]
    refs = [_ref(item) for item in items if isinstance(item, list)]
    keywords = next((item[3] for item in items if isinstance(item, list) and len(item) > 3), {})
    return _Arguments([ref for ref in refs if ref], keywords if isinstance(keywords, dict) else {})


def _read(item: Any) -> Any:
    """Arguments with references in the place of Keras' tensors."""
    if isinstance(item, list):
        return [_read(each) for each in item]
    if isinstance(item, dict):
        if item.get("class_name") == "__keras_tensor__":
            inner = item.get("config")
            ref = _ref(inner.get("keras_history") if isinstance(inner, dict) else None)
            if ref is not None:
                return ref
        return {key: _read(each) for key, each in item.items()}
    return item


def _ref(item: Any) -> _Ref | None:
    match item:
        case [str(layer), int(call), int(output), *_]:
            return _Ref(layer, call, output)
    return None


def _leaves(item: Any) -> Iterator[Any]:
    if isinstance(item, list):
        for each in item:
            yield from _leaves(each)
    else:
        yield item


def _refs(item: Any) -> list[_Ref]:
    """The references of ``input_layers`` or ``output_layers``: one, a list, or a mapping of them."""
    ref = _ref(item)
    if ref is not None:
        return [ref]
    items = item.values() if isinstance(item, dict) else item if isinstance(item, list) else []
    return [found for each in items for found in _refs(each)]


# Inputs

_SIZES = re.compile(r"[0-9]{1,10}(?:[x×,][0-9]{1,10})*")


def _inputs(config: Mapping[str, Any], path: str, given: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The sizes of the model's inputs by name, without the batch."""
    inner = _mapping(config, "config", path)
    layers = _layers(inner)
    if _class_of(config) == "Sequential":
        written = {"input": _sequential_input(inner, layers)}
    else:
        by_name = {_name(each): each for each in layers}
        written = {}
        for ref in _refs(inner.get("input_layers")):
            layer = by_name.get(ref.layer, {})
            written[ref.layer] = _batch_shape(layer)
    if not written:
        raise ModelError(f"{path}: the model has no inputs")
    sizes = _given(given, written, path)
    return {name: _filled(name, dims, sizes.get(name), path) for name, dims in written.items()}


def _sequential_input(inner: Mapping[str, Any], layers: list[dict[str, Any]]) -> list[Any] | None:
    first = layers[0] if layers else {}
    if _class_of(first) in _MODELS:
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
