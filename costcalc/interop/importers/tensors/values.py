"""Layers to be, and the tensors that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from costcalc.interop.importers.tensors.layout import Atoms, Axes, Layout, leaves, size
from costcalc.interop.importers.tensors.limits import check_dims


@dataclass(eq=False, slots=True)
class Producer:
    """What produces a map: a layer that is not named yet, an input of the model, or a stored tensor (``parameter``).

    ``hint``: what the layer could be called. ``fields``: as in a spec, without its type. ``layout``: how its map
    lies; None for an input or a parameter that no operation has taken yet: the first one settles it. ``axes`` of an
    input keep their order until then. ``shares``: the layer whose weights it uses again. ``rearranged``: the layers
    that bring its map into other layouts. ``exposed``: the model returns the map, so nothing may be fused into it.
    ``weights``: the stored tensors that it holds, by role. ``origin``: the model's node that it was read from.
    ``called``: how the model calls that.
    """

    hint: str
    kind: str
    inputs: tuple[Producer, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    layout: Layout | None = None
    axes: Axes = ()
    shares: Producer | None = None
    rearranged: dict[Layout, Producer] = field(default_factory=dict)
    exposed: bool = False
    weights: dict[str, object] = field(default_factory=dict)
    origin: str = ""
    called: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor of the model that is known as a map: its axes in atoms, and what produces it.

    ``via`` names the view that it has come through, which names the layer that rearranges it, if one must.
    """

    axes: Axes
    producer: Producer
    via: str = ""

    def __post_init__(self) -> None:
        """Raise RefusedError where it is larger than any tensor."""
        check_dims(self.dims)

    @property
    def dims(self) -> tuple[int, ...]:
        """The tensor's dims."""
        return tuple(map(size, self.axes))

    @property
    def atoms(self) -> Atoms:
        """All its atoms, in the tensor's order."""
        return leaves(each for axis in self.axes for each in axis)
