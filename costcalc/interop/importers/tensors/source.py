"""Layers to be, and the tensors that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from costcalc.interop.importers.tensors.layout import Arrangement, Atoms, Axes, leaves, size


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
