"""The calls of a functional model, as its config lists them: what each takes, and in which order they can run."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from costcalc.interop.importers.errors import ModelError
from costcalc.quantity import shown

INPUTS = "InputLayer"
CHAINS = ("Sequential", "Pipeline")
_MODELS = ("Functional", "Model", *CHAINS)
#: The packages of Keras' own classes. A file of old names none.
_PACKAGES = ("keras", "tf_keras", "tensorflow")


class OutputRef(NamedTuple):
    """An output of a layer's call."""

    layer: str
    call: int
    output: int


class Arguments(NamedTuple):
    """What a call is given."""

    positional: Any
    keywords: Mapping[str, Any]

    def refs(self) -> Iterator[OutputRef]:
        """The outputs of other calls among it."""
        for item in leaves([self.positional, self.keywords]):
            if isinstance(item, OutputRef):
                yield item


class ListedCall(NamedTuple):
    """A call of a layer: its place in the list, which call of it this is, what it takes."""

    place: int
    layer: dict[str, Any]
    number: int
    arguments: Arguments


class Graph(NamedTuple):
    """The calls, each after those whose outputs it takes, else as they are listed; and what the model returns."""

    calls: list[ListedCall]
    outputs: list[OutputRef]


def graph(layers: list[dict[str, Any]], outputs: Any, path: str) -> Graph:
    """The calls of a functional model; raises ModelError."""
    calls = _calls(layers, path)
    returned = refs(outputs)
    in_calls, in_outputs = _counted_from_1(layers, calls.values(), returned)
    if in_calls:
        calls = {key: _from_0(call, in_calls) for key, call in calls.items()}
    return Graph(_in_order(calls, path), [_lowered(ref, in_outputs) for ref in returned])


def _calls(layers: list[dict[str, Any]], path: str) -> dict[tuple[str, int], ListedCall]:
    calls: dict[tuple[str, int], ListedCall] = {}
    for place, layer in enumerate(layers):
        nodes = layer.get("inbound_nodes") or []
        if not isinstance(nodes, list):
            raise ModelError(f"{path}: layer {shown(name_of(layer))} has no list of calls")
        for number, node in enumerate(nodes or ([{}] if class_of(layer) == INPUTS else [])):
            key = (name_of(layer), number)
            if key in calls:
                raise ModelError(f"{path}: two layers are named {shown(key[0])}")
            calls[key] = ListedCall(place, layer, number, _arguments(node))
    return calls


def _counted_from_1(
    layers: Sequence[dict[str, Any]], calls: Any, outputs: Sequence[OutputRef]
) -> tuple[frozenset[str], frozenset[str]]:
    """The nested models whose calls are counted from 1: in the arguments of calls, and in the model's outputs.

    Keras 2 counts the making of a model as its call 0, if it was made with an input. Keras 3 has no such call any
    more, and still counts so in outputs, if the model is functional.
    """
    models = {name_of(layer): class_of(layer) for layer in layers if is_model(layer)}
    of_old = any(isinstance(node, list) for layer in layers for node in layer.get("inbound_nodes") or [])
    if not of_old:
        return frozenset(), frozenset(name for name, kind in models.items() if kind not in CHAINS)
    taken = {ref.layer for call in calls for ref in call.arguments.refs() if not ref.call}
    taken.update(ref.layer for ref in outputs if not ref.call)
    found = frozenset(models) - taken
    return found, found


def _from_0(call: ListedCall, names: frozenset[str]) -> ListedCall:
    def lowered(item: Any) -> Any:
        if isinstance(item, OutputRef):
            return _lowered(item, names)
        if isinstance(item, list):
            return [lowered(each) for each in item]
        return {key: lowered(each) for key, each in item.items()} if isinstance(item, dict) else item

    arguments = call.arguments
    return call._replace(
        arguments=Arguments(lowered(arguments.positional), lowered(dict(arguments.keywords)))
    )


def _lowered(ref: OutputRef, names: frozenset[str]) -> OutputRef:
    return ref._replace(call=ref.call - 1) if ref.layer in names and ref.call else ref


def _in_order(calls: Mapping[tuple[str, int], ListedCall], path: str) -> list[ListedCall]:
    waiting: dict[tuple[str, int], int] = {}
    users: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for key, call in calls.items():
        needs = {(ref.layer, ref.call) for ref in call.arguments.refs()}
        waiting[key] = len(needs)
        for need in needs:
            users.setdefault(need, []).append(key)
    ready = [(calls[key].place, key) for key, count in waiting.items() if not count]
    heapq.heapify(ready)
    done = []
    while ready:
        _, key = heapq.heappop(ready)
        done.append(calls[key])
        for user in users.get(key, ()):
            waiting[user] -= 1
            if not waiting[user]:
                heapq.heappush(ready, (calls[user].place, user))
    if len(done) < len(calls):
        stuck = next(key[0] for key, count in waiting.items() if count)
        raise ModelError(f"{path}: what layer {shown(stuck)} takes is never made")
    return done


# What a config says


def class_of(config: Any) -> str:
    """The name of its class; empty where it has none."""
    kind = config.get("class_name") if isinstance(config, dict) else None
    return kind if isinstance(kind, str) else ""


def name_of(layer: Mapping[str, Any]) -> str:
    """A layer's name."""
    config = layer.get("config")
    name = layer.get("name") or (config.get("name") if isinstance(config, dict) else None)
    return name if isinstance(name, str) else class_of(layer).lower() or "layer"


def is_of_keras(config: Any) -> bool:
    """Whether its class is one of Keras' own, as far as the file says: a stranger's may have the same name."""
    if not isinstance(config, dict):
        return False
    module = config.get("module", "keras")
    return isinstance(module, str) and module.split(".")[0] in _PACKAGES


def is_model(config: Any) -> bool:
    """Whether it is a model that lists its layers."""
    return class_of(config) in _MODELS and is_of_keras(config)


def refs(item: Any) -> list[OutputRef]:
    """The references of ``input_layers`` or ``output_layers``: one, a list, or a mapping of them, by its keys."""
    ref = _ref(item)
    if ref is not None:
        return [ref]
    items = _by_key(item) if isinstance(item, dict) else item if isinstance(item, list) else []
    return [found for each in items for found in refs(each)]


def leaves(item: Any) -> Iterator[Any]:
    """What lists and mappings hold, the latter by their keys, as Keras flattens them."""
    if isinstance(item, list):
        for each in item:
            yield from leaves(each)
    elif isinstance(item, dict):
        yield from leaves(_by_key(item))
    else:
        yield item


def _by_key(item: Mapping[str, Any]) -> list[Any]:
    return [item[key] for key in sorted(item)]


def _arguments(node: Any) -> Arguments:
    """One call's arguments, as Keras 3 writes them, or as Keras 2 did: [[layer, call, output, keywords], …]."""
    if isinstance(node, dict):
        keywords = node.get("kwargs")
        return Arguments(_read(node.get("args") or []), _read(keywords) if isinstance(keywords, dict) else {})
    items = node if isinstance(node, list) else []
    if items and isinstance(items[0], str):
        items = [items]
    found = [_ref(item) for item in items if isinstance(item, list)]
    keywords = next((item[3] for item in items if isinstance(item, list) and len(item) > 3), {})
    return Arguments([ref for ref in found if ref], keywords if isinstance(keywords, dict) else {})


def _read(item: Any) -> Any:
    """Arguments with references in the place of Keras' tensors, and slices in that of what says them."""
    if isinstance(item, list):
        return [_read(each) for each in item]
    if not isinstance(item, dict):
        return item
    inner = item.get("config")
    match item.get("class_name"), inner:
        case "__keras_tensor__", {"keras_history": history}:
            ref = _ref(history)
            if ref is not None:
                return ref
        case "__slice__", {"start": start, "stop": stop, "step": step}:
            return slice(start, stop, step)
        case "__ellipsis__", _:
            return ...
    return {key: _read(each) for key, each in item.items()}


def _ref(item: Any) -> OutputRef | None:
    match item:
        case [str(layer), int(call), int(output), *_]:
            return OutputRef(layer, call, output)
    return None
