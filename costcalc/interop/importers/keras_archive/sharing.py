"""Which layers of a config are one and the same object, with the same weights, though they stand in several models.

Keras gives what it writes again a ``shared_object_id``; what it wrote first has that id too, unless it stands in a
model that was complete by then. There the first one is known by its class and name alone.

Source: keras/src/saving/serialization_lib.py, ``record_object_after_serialization``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

#: The models that a layer stands in, outermost first.
_Place = tuple[int, ...]


class _PlacedLayer(NamedTuple):
    """A layer of the config, and where it stands."""

    layer: Mapping[str, Any]
    place: _Place
    order: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """Layers, by their ``id()``: which one they are, and which of them could be several."""

    same_as: Mapping[int, int]
    unclear: frozenset[int]

    def key(self, layer: Mapping[str, Any]) -> int:
        """The same number for what is the same object."""
        return self.same_as.get(id(layer), id(layer))


def sharing(config: Mapping[str, Any]) -> Sharing:
    """What a model's config says of its layers."""
    groups: dict[int, list[_PlacedLayer]] = {}
    named: dict[tuple[str, str], list[_PlacedLayer]] = {}
    for entry in _entries(config):
        number = entry.layer.get("shared_object_id")
        if type(number) is int:
            groups.setdefault(number, []).append(entry)
        else:
            named.setdefault(_signature(entry.layer), []).append(entry)
    same_as: dict[int, int] = {}
    unclear: set[int] = set()
    for group in groups.values():
        first = group[0]
        alike = named.get(_signature(first.layer), [])[:2]
        earlier = [each for each in alike if each.order < first.order]
        if earlier and (len(earlier) > 1 or _may_be_first(group)):
            unclear.update(id(each.layer) for each in group)
        same_as.update((id(each.layer), id((*earlier, first)[0].layer)) for each in group)
    return Sharing(same_as, frozenset(unclear))


def _may_be_first(group: Sequence[_PlacedLayer]) -> bool:
    """Whether the second one stands in the model of the first, which Keras was writing still."""
    place = group[0].place
    return any(each.place[: len(place)] == place for each in group[1:])


def _signature(layer: Mapping[str, Any]) -> tuple[str, str]:
    config = layer.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return str(layer.get("class_name"))[:200], str(name)[:200]


def _entries(config: Mapping[str, Any]) -> Iterator[_PlacedLayer]:
    """Every layer, in the order in which Keras writes them."""
    stack: list[tuple[Any, _Place]] = [(config, ())]
    order = 0
    while stack:
        item, place = stack.pop()
        inner = item.get("config") if isinstance(item, dict) else None
        if not isinstance(inner, dict):
            continue
        order += 1
        yield _PlacedLayer(item, place, order)
        layers = inner.get("layers")
        inside = (*place, id(item))
        if isinstance(layers, list):
            stack += [(each, inside) for each in reversed(layers)]
        if "layer" in inner:
            stack.append((inner["layer"], place))
