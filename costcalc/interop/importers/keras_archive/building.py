"""The flat network on its way: layers of ours, their shapes, and the values that Keras passes between its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from costcalc.errors import ShapeError
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.flat import FlatLayer
from costcalc.interop.importers.tensors.limits import excess
from costcalc.layers import kind_model
from costcalc.layers.base import Primitive
from costcalc.quantity import shown
from costcalc.shape import Shape

_OTHER = re.compile(r"[^A-Za-z0-9_.-]+")
_MAX_NAME = 80
_MAX_LAYERS = 500_000


class KerasTensor(NamedTuple):
    """What a layer returns: the flat layer or input that makes it, its shape there, and its sizes in Keras.

    The sizes are without the batch. They differ from the shape where a 1×1×C map stands for a vector of C.
    ``trait`` says what constants have been added to it, for what is an activation in several steps.
    """

    source: str
    shape: Shape
    dims: tuple[int, ...]
    trait: str = ""


class Builder:
    """Adds layers. ``channels_first`` is how the whole model lays out its maps."""

    def __init__(self, inputs: Mapping[str, Shape], channels_first: bool) -> None:
        self.layers: dict[str, FlatLayer] = {}
        self.notes: list[str] = []
        self.frozen = 0
        self.channels_first = channels_first
        self._names = {"input", *inputs}
        self._counts: dict[str, int] = {}
        self._flat: dict[str, KerasTensor] = {}

    def shape_of(self, dims: tuple[int, ...]) -> Shape:
        """Sizes in Keras' order as a shape; raises ModelError where there are too many axes or elements."""
        if not 1 <= len(dims) <= 4:
            raise ModelError(
                f"a value of {len(dims)} axes: costcalc has one to three spatial axes and the channels"
            )
        too_much = excess(dims)
        if too_much:
            raise ModelError(f"a value of sizes {list(dims)} {too_much}")
        if self.channels_first:
            return Shape(dims[1:], dims[0])
        return Shape(dims[:-1], dims[-1])

    def dims_of(self, shape: Shape) -> tuple[int, ...]:
        """A shape in Keras' order."""
        return (shape.channels, *shape.spatial) if self.channels_first else (*shape.spatial, shape.channels)

    def unique(self, name: str, kind: str) -> str:
        """A name of the model as a layer's: printable, short, given once."""
        clean = _OTHER.sub("_", name)[-_MAX_NAME:].strip("._-") or kind
        unique, count = clean, self._counts.get(clean, 1)
        while unique in self._names:
            count += 1
            unique = f"{clean}_{count}"
        self._counts[clean] = count
        self._names.add(unique)
        return unique

    def emit(
        self, call: LayerCall, kind: str, inputs: Sequence[KerasTensor], suffix: str = "", **fields: Any
    ) -> KerasTensor:
        """A layer of a kind of ours; on a further call it shares the first one's weights."""
        if len(self.layers) >= _MAX_LAYERS:
            raise ModelError(f"more than {_MAX_LAYERS} layers")
        try:
            layer = kind_model(kind)(type=kind, **fields)
            assert isinstance(layer, Primitive)
            shapes = [value.shape for value in inputs]
            output = layer.output_shape(shapes)
            tensors = layer.tally(shapes).tensors()
        except ShapeError as error:
            raise call.error(f"its {kind} on {' and '.join(map(str, shapes))}: {error.message}") from None
        except (ValidationError, ValueError, TypeError) as error:
            raise call.error(f"its values make no {kind}: {_reason(error)}") from None
        name = self.unique(call.path + suffix, kind)
        shares = None
        if any(tensors.facts.values()):
            shares = call.first(name)
        sources = tuple(value.source for value in inputs)
        self.layers[name] = FlatLayer(name, kind, sources, output, fields, shares)
        return KerasTensor(name, output, self.dims_of(output))

    def vector(self, call: LayerCall, value: KerasTensor) -> KerasTensor:
        """A value that is one vector in Keras as one vector here."""
        if len(value.dims) > 1 or not value.shape.spatial:
            return value
        if value.source not in self._flat:
            self._flat[value.source] = self.emit(call, "flatten", [value], "_flatten")
        return self._flat[value.source]

    def replace(self, name: str, kind: str) -> None:
        """Another kind for a layer without fields."""
        self.layers[name] = FlatLayer(name, kind, self.layers[name].inputs, self.layers[name].output)


class Given(NamedTuple):
    """What a call is given: values, those of them that have a name, and what is no value."""

    values: tuple[KerasTensor, ...]
    constants: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = {}
    named: Mapping[str, KerasTensor] = {}


class Weights:
    """Whose weights a call uses: the flat layers that the first call made, None while that runs; and its own.

    ``unclear`` says that the file leaves open whether there was a call before.
    """

    def __init__(self, first: Sequence[str] | None, unclear: bool) -> None:
        self.first = first
        self.made: list[str] = []
        self.unclear = unclear


class LayerCall(NamedTuple):
    """A layer of Keras, called: its class and config, where it stands, what it is given."""

    builder: Builder
    kind: str
    config: Mapping[str, Any]
    path: str
    given: Given
    weights: Weights

    def error(self, message: str, hint: str = "") -> ModelError:
        """What is wrong with it."""
        return ModelError(f"{shown(self.path)} ({_OTHER.sub('_', self.kind)[:60]}): {message}", hint)

    def first(self, name: str) -> str | None:
        """The layer whose weights this one uses again; None on the first call, which is noted."""
        weights = self.weights
        if weights.unclear:
            raise self.error(
                "shares its weights with one of several layers of this name; which, the file leaves open"
            )
        if self.config.get("lora_rank") is not None:
            raise self.error(
                "has LoRA weights beside its own, which is not known", "merge them before saving"
            )
        weights.made.append(name)
        if weights.first is None:
            if self.config.get("trainable") is False:
                self.builder.frozen += 1
            return None
        if len(weights.made) > len(weights.first):
            raise self.error("has weights on a further call that it had not on the first")
        return weights.first[len(weights.made) - 1]

    @property
    def values(self) -> tuple[KerasTensor, ...]:
        """Its inputs."""
        return self.given.values

    @property
    def value(self) -> KerasTensor:
        """Its only input."""
        if len(self.values) != 1:
            raise self.error(f"has {len(self.values)} inputs, not one")
        return self.values[0]

    def emit(self, kind: str, *inputs: KerasTensor, suffix: str = "", **fields: Any) -> KerasTensor:
        """A flat layer of it."""
        return self.builder.emit(self, kind, inputs, suffix, **fields)

    def get(self, key: str, default: Any = None) -> Any:
        """A value of its config."""
        return self.config.get(key, default)

    def flag(self, key: str, default: bool) -> bool:
        """A value of its config that is true or false."""
        value = self.config.get(key, default)
        if not isinstance(value, bool):
            raise self.error(f"its {key} must be true or false")
        return value

    def number(self, key: str) -> int:
        """A whole number from 1 in its config."""
        return self.whole(self.config.get(key), key)

    def whole(self, value: Any, key: str, least: int = 1) -> int:
        """A whole number; raises ModelError."""
        if type(value) is not int or not least <= value < 2**31:
            raise self.error(f"its {key} must be a whole number from {least}")
        return value

    def sizes(self, key: str, rank: int, default: Any = None) -> list[int]:
        """A whole number for each axis."""
        value = self.config.get(key, default)
        if value is None and default is None:
            raise self.error(f"has no {key}")
        items = value if isinstance(value, list | tuple) else [value] * rank
        if len(items) != rank:
            raise self.error(f"its {key} must have {rank} numbers")
        return [self.whole(item, key) for item in items]


Handler = Callable[[LayerCall], KerasTensor]


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))} {first['msg']}"[:200]
    return str(error)[:200]
