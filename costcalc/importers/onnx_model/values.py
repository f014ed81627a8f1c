"""What a name in an ONNX graph stands for: a map that a layer makes, or a tensor of the file."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from costcalc.importers.onnx_model.layout import Arrangement, Atoms, Axes, leaves, size
from costcalc.importers.onnx_model.proto import FLOATING, Scalar

INT64, FLOAT = 7, 1


@dataclass(eq=False, slots=True)
class Source:
    """A layer to be (or an input of the model, or a learned tensor): what makes a map.

    ``arrangement`` of an input or a tensor is settled by the first operation that takes it; of an input with ``axes``
    only their order is. ``rearranged`` holds
    the layers that arrange its map otherwise. ``exposed``: other operations see its output, too. ``weights`` says
    which tensors it holds.
    """

    hint: str
    kind: str
    inputs: tuple[Source, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    arrangement: Arrangement | None = None
    axes: Axes = ()
    shares: Source | None = None
    rearranged: dict[Arrangement, Source] = field(default_factory=dict)
    exposed: bool = False
    weights: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """A map as an ONNX tensor: its axes in atoms, and the layer that makes it."""

    axes: Axes
    source: Source
    via: str = ""

    @property
    def dims(self) -> tuple[int, ...]:
        """The tensor's dims."""
        return tuple(map(size, self.axes))

    @property
    def atoms(self) -> Atoms:
        """All its atoms, in the tensor's order."""
        return leaves(each for axis in self.axes for each in axis)


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that is in the file, or follows from such: a weight, or numbers to compute with.

    ``key`` says which weight it is: tensors with one key are one weight, however it is reshaped. ``origin``:
    ``weight`` for what may be learned, ``constant`` for what is not, ``fill`` for one number everywhere: models
    without their weights have that in the place of each weight, others compute with it.
    """

    key: object
    dims: tuple[int, ...]
    data_type: int
    origin: Literal["weight", "fill", "constant"]
    name: str
    read: Callable[[], tuple[Scalar, ...] | None] = field(repr=False, default=lambda: None)

    @property
    def elements(self) -> int:
        """How many elements it has."""
        return math.prod(self.dims)

    @property
    def learned(self) -> bool:
        """Whether it counts as a learned tensor: ONNX does not say. More than one number, and not a constant."""
        return self.origin != "constant" and self.elements > 1

    @property
    def floating(self) -> bool:
        """Whether its numbers are fractions."""
        return self.data_type in FLOATING

    def values(self) -> tuple[Scalar, ...] | None:
        """Its numbers; None where they are too many or not known."""
        return self.read()

    def scalar(self) -> float | None:
        """Its one number, if it has one and that is known."""
        if self.elements != 1:
            return None
        values = self.read()
        return float(values[0]) if values else None


def known(
    values: tuple[Scalar, ...], dims: tuple[int, ...], data_type: int = INT64, name: str = ""
) -> Tensor:
    """A computed tensor of known numbers."""
    return Tensor(object(), dims, data_type, "constant", name, lambda: values)
