"""Activations: as layers, and as what another layer names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from costcalc.interop.importers.keras_archive.building import Given, Handler, KerasTensor, LayerCall
from costcalc.interop.importers.keras_archive.graph import class_of, is_of_keras
from costcalc.interop.importers.keras_archive.layers.fields import on_channels
from costcalc.quantity import shown

_ACTIVATIONS = {
    "relu": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "elu": "elu",
    "selu": "selu",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "hard_sigmoid",
    "tanh": "tanh",
    "silu": "swish",
    "swish": "swish",
    "hard_silu": "hard_swish",
    "hard_swish": "hard_swish",
    "gelu": "gelu",
    "mish": "mish",
    "softplus": "softplus",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "celu": "elu",
}


#: Functions of every element that there is no kind for: they cost nothing that we count.
_FREE = frozenset(
    (
        "softsign",
        "exponential",
        "hard_tanh",
        "hard_shrink",
        "soft_shrink",
        "tanh_shrink",
        "log_sigmoid",
        "squareplus",
        "sparse_plus",
        "sparse_sigmoid",
        "threshold",
    )
)


def activated(call: LayerCall, value: KerasTensor, written: Any) -> KerasTensor:
    """A value behind an activation, as a config names it: a word, a function of Keras, or a layer."""
    if isinstance(written, dict):
        kind, inner = class_of(written), written.get("config")
        word = inner if isinstance(inner, str) else kind
        if not is_of_keras(written) or not word:
            raise call.error(
                f"its activation {shown(word or 'lambda')} is none of Keras': what it does is not known"
            )
        if kind in _LAYERS and isinstance(inner, dict):
            return _by_layer(call, value, kind, inner)
        written = word
    if written is None or (isinstance(written, str) and (written == "linear" or written in _FREE)):
        return value
    ours = _ACTIVATIONS.get(written) if isinstance(written, str) else None
    if ours is None:
        raise call.error(f"the activation {shown(written)} is not known")
    made = call.emit(ours, value, suffix="" if value in call.values else f"_{ours}")
    return made._replace(dims=value.dims)


def _by_layer(call: LayerCall, value: KerasTensor, kind: str, config: Mapping[str, Any]) -> KerasTensor:
    """A layer without weights as the activation of another."""
    path = call.path if value in call.values else f"{call.path}_{kind.lower()}"
    inner = call._replace(kind=kind, config=config, path=path, given=Given((value,)))
    return _LAYERS[kind](inner)


def _activation(call: LayerCall) -> KerasTensor:
    return activated(call, call.value, call.get("activation"))


def plain(kind: str) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        return call.emit(kind, call.value)._replace(dims=call.value.dims)

    return handle


def _relu(call: LayerCall) -> KerasTensor:
    most, slope, threshold = (call.get(key) for key in ("max_value", "negative_slope", "threshold"))
    if threshold or (most is not None and slope):
        raise call.error("is a relu with a threshold, or with both a slope and a limit, which is not known")
    if most is None:
        return plain("leaky_relu" if slope else "relu")(call)
    if most != 6:
        raise call.error(f"its max_value {shown(str(most)[:20])} is not known: relu6 is")
    made = plain("relu6")(call)
    return made._replace(trait="of plus 3") if call.value.trait == "plus 3" else made


def _prelu(call: LayerCall) -> KerasTensor:
    value = call.value
    axes = call.get("shared_axes") or []
    rank = len(value.dims)
    if not isinstance(axes, list) or not all(
        type(each) is int and -rank <= each <= rank and each for each in axes
    ):
        raise call.error("its shared_axes are no axes")
    shared = {each % (rank + 1) for each in axes}
    channels = 1 if call.builder.channels_first else rank
    slopes = math.prod(size for axis, size in enumerate(value.dims, 1) if axis not in shared)
    if slopes == 1:
        fields: dict[str, Any] = {"shared": True}
    elif slopes == value.shape.channels and channels not in shared:
        fields = {}
    else:
        raise call.error(
            f"has {slopes} slopes: one for each channel, or one in all, is known: set shared_axes"
        )
    return call.emit("prelu", value, **fields)._replace(dims=value.dims)


def _softmax(call: LayerCall) -> KerasTensor:
    on_channels(call, call.value)
    return plain("softmax")(call)


#: Those that may stand in the place of an activation.
_LAYERS: Mapping[str, Handler] = {
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": plain("leaky_relu"),
    "ELU": plain("elu"),
    "Softmax": _softmax,
}
HANDLERS: Mapping[str, Handler] = {**_LAYERS, "PReLU": _prelu}
