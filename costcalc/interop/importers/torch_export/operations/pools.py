"""Pooling and resizing."""

from __future__ import annotations

from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Layout, atom, size
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall, lead
from costcalc.interop.importers.torch_export.operations.convolutions import per_axis


def pool(call: OperatorCall) -> Value | list[Value]:
    """``max_pool`` and ``avg_pool`` of any rank."""
    word = call.step.operation
    rank = _rank(call)
    value = call.windowed(call.value("self"), rank)
    kernel, dilation = per_axis(call, "kernel_size", rank), per_axis(call, "dilation", rank)
    fields: dict[str, Any] = {
        "kernel_size": kernel,
        "stride": per_axis(call, "stride", rank) if call.argument("stride", []) else None,
        "padding": _explicit(per_axis(call, "padding", rank, 0)),
        "dilation": dilation if set(dilation) != {1} else None,
        "ceil_mode": bool(call.argument("ceil_mode", False)),
    }
    if fields["stride"] == kernel:
        del fields["stride"]
    kind = "max_pool" if word.startswith("max") else "avg_pool"
    return _results(call, _made(call, value, kind, rank, {k: v for k, v in fields.items() if v is not None}))


def adaptive(call: OperatorCall) -> Value | list[Value]:
    """To a given size: to 1 it is a global pool."""
    rank = _rank(call)
    value = call.windowed(call.value("self"), rank)
    sizes, wanted = value.dims[2:], call.sizes[-rank:]
    largest = "max" in call.step.operation
    if set(wanted) == {1}:
        return _results(
            call, _made(call, value, "global_max_pool" if largest else "global_avg_pool", rank, {})
        )
    if not largest:
        return _made(call, value, "adaptive_avg_pool", rank, {"output_size": list(wanted)})
    if any(size % target for size, target in zip(sizes, wanted, strict=True)):
        raise RefusedError(f"pools {list(sizes)} to {list(wanted)} with windows of different sizes")
    kernel = [size // target for size, target in zip(sizes, wanted, strict=True)]
    return _results(call, _made(call, value, "max_pool", rank, {"kernel_size": kernel}))


def resized(call: OperatorCall) -> Value:
    """``interpolate``: by a whole factor where it is one."""
    rank = len(call.sizes) - 2
    value = call.windowed(call.value("self" if call.has("self") else "input"), rank)
    sizes, wanted = value.dims[2:], call.sizes[2:]
    if sizes == wanted:
        return value
    factors = [target // size for size, target in zip(sizes, wanted, strict=True)]
    exact = all(size * factor == target for size, factor, target in zip(sizes, factors, wanted, strict=True))
    fields: dict[str, Any] = {"scale": factors} if exact else {"size": list(wanted)}
    mode = next(mode for word, mode in _MODES.items() if word in call.step.operation)
    return _made(call, value, "upsample", rank, fields if mode == "nearest" else {**fields, "mode": mode})


_MODES = {
    "nearest": "nearest",
    "bilinear": "bilinear",
    "trilinear": "trilinear",
    "bicubic": "bicubic",
    "linear": "linear",
}


def _made(call: OperatorCall, value: Value, kind: str, rank: int, fields: dict[str, Any]) -> Value:
    spatial = tuple(atom(size) for size in call.sizes[-rank:])
    channels, further = value.axes[1], lead(value.axes[0])
    if further:
        if kind == "global_avg_pool":
            kind, fields = "adaptive_avg_pool", {"output_size": [1] * rank}
        elif kind == "global_max_pool":
            kind, fields = "max_pool", {"kernel_size": list(value.dims[2:])}
        whole = size(further[0])
        beside = {"padding": 0, "output_size": whole, "size": whole}
        fields = {
            name: [beside.get(name, 1), *found] if isinstance(found, list) else found
            for name, found in fields.items()
        }
    producer = call.emit(kind, [value.producer], Layout((*further, *spatial), channels), **fields)
    return call.unbatched(Value((value.axes[0], channels, *spatial), producer))


def _results(call: OperatorCall, value: Value) -> Value | list[Value]:
    """One result, or two where the operation also tells where the largest values were."""
    return [value, value] if len(call.step.sizes) > 1 else value


def _rank(call: OperatorCall) -> int:
    return int(next(letter for letter in call.step.operation if letter.isdigit()))


def _explicit(padding: list[int]) -> Any:
    return padding if any(padding) else None


_SLIDING = [
    f"{kind}_pool{rank}d{more}"
    for kind in ("max", "avg")
    for rank in (1, 2, 3)
    for more in ("", "_with_indices")
]
_ADAPTIVE = [
    f"{under}adaptive_{kind}_pool{rank}d"
    for under in ("", "_")
    for kind in ("max", "avg")
    for rank in (1, 2, 3)
]
_RESIZED = [
    f"{under}upsample_{mode}{more}"
    for under in ("", "_")
    for more in ("", "_aa")
    for mode in (
        *(f"nearest{exact}{rank}d" for exact in ("", "_exact") for rank in (1, 2, 3)),
        "linear1d",
        "bilinear2d",
        "bicubic2d",
        "trilinear3d",
        "nearest-exact",
    )
]

HANDLERS = {
    **dict.fromkeys(_SLIDING, pool),
    **dict.fromkeys(_ADAPTIVE, adaptive),
    **dict.fromkeys(_RESIZED, resized),
}
