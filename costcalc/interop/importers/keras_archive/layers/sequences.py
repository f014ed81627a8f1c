"""Recurrent layers, embeddings, and layers that wrap another one.

Source: https://keras.io/api/layers/recurrent_layers; a GRU with ``reset_after`` has two biases a gate, all others one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from costcalc.interop.importers.keras_archive.building import Given, Handler, KerasTensor, LayerCall
from costcalc.interop.importers.keras_archive.graph import class_of
from costcalc.interop.importers.keras_archive.layers import activations, convolutions, norms, pools, shapes
from costcalc.quantity import shown

_KINDS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}
_CELLS = {"LSTMCell": "LSTM", "GRUCell": "GRU", "SimpleRNNCell": "SimpleRNN"}
_MERGES = {"sum": "add", "ave": "add", "mul": "multiply"}


def _fields(call: LayerCall, kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """What a recurrent layer's config says of its matrices."""
    own = call._replace(config=config)
    biases = int(own.flag("use_bias", True))
    if kind == "GRU" and biases and own.flag("reset_after", True):
        biases = 2
    fields: dict[str, Any] = {"hidden_size": own.number("units")}
    return {**fields, **({} if biases == 2 else {"biases": biases})}


def recurrent(call: LayerCall) -> list[KerasTensor]:
    """LSTM, GRU, SimpleRNN: the sequence or its last step, then the states, if they are returned."""
    way = {"direction": "backward"} if call.flag("go_backwards", False) else {}
    return _read(call, call.kind, call.config, way, call.flag("return_sequences", False))


def _read(
    call: LayerCall,
    kind: str,
    config: Mapping[str, Any],
    way: Mapping[str, str],
    whole: bool,
    suffix: str = "",
) -> list[KerasTensor]:
    value = call.values[0]
    if len(value.dims) < 2 or call.builder.channels_first:
        raise call.error(f"reads a sequence of steps and channels, not sizes {value.dims}")
    returns = {} if whole else {"returns": "last"}
    fields = {**_fields(call, kind, config), **way, **returns}
    made = call.emit(_KINDS[kind], value, suffix=suffix, **fields)
    if not call.flag("return_state", False):
        return [made]
    states = 2 if kind == "LSTM" else 1
    if not whole:
        return [made] * (1 + states)
    last = call.emit("slice", made, suffix=".state", spatial=[value.dims[0] - 1, value.dims[0]])
    vector = call.emit("flatten", last, suffix=".last")
    return [made, *[vector] * states]


def cells(call: LayerCall) -> list[KerasTensor]:
    """RNN: a cell, or several that stand one above the other."""
    cell = call.get("cell")
    inner = cell.get("config") if isinstance(cell, dict) else None
    stack = inner.get("cells") if class_of(cell) == "StackedRNNCells" and isinstance(inner, dict) else [cell]
    way = {"direction": "backward"} if call.flag("go_backwards", False) else {}
    if not isinstance(stack, list) or not stack or call.flag("return_state", False):
        raise call.error("of cells that return their states is not known")
    made: list[KerasTensor] = [call.values[0]]
    for place, each in enumerate(stack, 1):
        config = each.get("config") if isinstance(each, dict) else None
        kind = _CELLS.get(class_of(each))
        if kind is None or not isinstance(config, dict):
            raise call.error(
                f"of the cell {shown(class_of(each))} is not known: LSTM, GRU and simple ones are"
            )
        whole = place < len(stack) or call.flag("return_sequences", False)
        inside = call._replace(given=Given(tuple(made)))
        made = _read(inside, kind, config, way, whole, f".{place}" if len(stack) > 1 else "")
    return made


def bidirectional(call: LayerCall) -> list[KerasTensor]:
    """Bidirectional: one layer in both directions; the results side by side, or joined otherwise."""
    kind, config = _inner(call)
    if kind not in _KINDS or not _is_alike(call, kind, config, call.get("backward_layer")):
        raise call.error("of another layer than LSTM, GRU and SimpleRNN, or of two that differ, is not known")
    inner = call._replace(config={**config, "return_state": False})
    whole, merge = inner.flag("return_sequences", False), call.get("merge_mode", "concat")
    if merge == "concat":
        return _read(inner, kind, config, {"direction": "both"}, whole)
    ways = [
        _read(inner, kind, config, way, whole, suffix)[0]
        for way, suffix in (({}, ".forward"), ({"direction": "backward"}, ".backward"))
    ]
    if merge is None:
        return ways
    if merge not in _MERGES:
        raise call.error(f"its merge_mode {shown(str(merge))} is not known")
    return [call.emit(_MERGES[merge], *ways)]


def _is_alike(call: LayerCall, kind: str, config: Mapping[str, Any], other: Any) -> bool:
    """Whether the layer that reads backwards, where it is another one, has matrices and biases as this one has."""
    if not isinstance(other, dict):
        return True
    inner = other.get("config")
    if class_of(other) != kind or not isinstance(inner, dict):
        return False
    return _fields(call, kind, inner) == _fields(call, kind, config)


def _inner(call: LayerCall) -> tuple[str, Mapping[str, Any]]:
    """The class and config of the layer inside."""
    inner = call.get("layer")
    config = inner.get("config") if isinstance(inner, dict) else None
    if not isinstance(config, dict):
        raise call.error("wraps no layer")
    return class_of(inner), config


def embedding(call: LayerCall) -> KerasTensor:
    """Embedding: a vector for each index."""
    return call.emit(
        "embedding",
        call.value,
        num_embeddings=call.number("input_dim"),
        embedding_dim=call.number("output_dim"),
    )


#: Layers that do the same at each step by themselves.
_AT_EACH_STEP: Mapping[str, Handler] = {
    **{key: convolutions.HANDLERS[key] for key in ("Dense",)},
    **{key: norms.HANDLERS[key] for key in ("LayerNormalization", "BatchNormalization", "RMSNormalization")},
    **activations.HANDLERS,
    "Dropout": shapes.HANDLERS["Dropout"],
    "Identity": shapes.HANDLERS["Identity"],
}
_WINDOWS: Mapping[str, Handler] = {**convolutions.HANDLERS, **pools.HANDLERS}


def time_distributed(call: LayerCall) -> KerasTensor:
    """TimeDistributed: a layer at each step. A window is one with a further axis that it does not reach along."""
    kind, config = _inner(call)
    inner = call._replace(kind=kind, config=config)
    if kind in _AT_EACH_STEP:
        return _AT_EACH_STEP[kind](inner)
    if kind == "Flatten":
        steps, *rest = call.value.dims
        sizes = [steps, math.prod(rest)]
        return shapes.HANDLERS["Reshape"](call._replace(kind="Reshape", config={"target_shape": sizes}))
    rank = len(call.value.dims) - 2
    higher = kind.replace(f"{rank}D", f"{rank + 1}D")
    if higher == kind or higher not in _WINDOWS or config.get("padding") == "causal":
        raise call.error(f"of {shown(kind)} is not known")
    longer = dict(config)
    for key in ("kernel_size", "strides", "dilation_rate", "pool_size"):
        if config.get(key) is not None:
            longer[key] = [1, *inner.sizes(key, rank)]
    if kind.startswith("Global"):
        raise call.error(f"of {shown(kind)} is not known")
    return _WINDOWS[higher](inner._replace(kind=higher, config=longer))


HANDLERS: Mapping[str, Handler] = {"Embedding": embedding, "TimeDistributed": time_distributed}
#: Those that may return several values.
SEVERAL: Mapping[str, Callable[[LayerCall], list[KerasTensor]]] = {
    **dict.fromkeys(_KINDS, recurrent),
    "RNN": cells,
    "Bidirectional": bidirectional,
}
