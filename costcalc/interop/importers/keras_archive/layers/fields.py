"""What the config of a Keras layer says, as the fields of a spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from costcalc.interop.importers.keras_archive.building import Handler, KerasTensor, LayerCall
from costcalc.quantity import shown


def short(sizes: Sequence[int]) -> Any:
    return sizes[0] if len(set(sizes)) == 1 else list(sizes)


def said(**fields: Any) -> dict[str, Any]:
    """The fields that are not what they are without a word."""
    defaults = {
        "stride": 1,
        "dilation": 1,
        "groups": 1,
        "bias": False,
        "padding": "same",
        "depth_multiplier": 1,
    }
    return {key: value for key, value in fields.items() if key not in defaults or defaults[key] != value}


def map_of(call: LayerCall, rank: int) -> KerasTensor:
    value = call.value
    if len(value.dims) != rank + 1:
        raise call.error(f"takes a map of {rank} spatial axes, not sizes {value.dims}")
    return value


def on_channels(call: LayerCall, value: KerasTensor) -> None:
    """Raise unless its axis is that of the channels."""
    axis = call.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    rank = len(value.dims)
    wanted = 1 if call.builder.channels_first else rank
    if len(axes) != 1 or type(axes[0]) is not int or axes[0] % (rank + 1) != wanted:
        raise call.error(f"its axis {shown(str(axis))} is not that of the channels")


def ranked(makers: Mapping[str, Callable[[int], Handler]]) -> dict[str, Handler]:
    """Handlers by name; a name has ``{}`` for the number of spatial axes, for which each handler is made."""
    return {name.format(rank): make(rank) for name, make in makers.items() for rank in (1, 2, 3)}
