"""What each operation of ``keras.ops`` is here, and what operators between Keras' tensors become.

Source: https://keras.io/api/ops; what their configs hold, in https://github.com/keras-team/keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from costcalc.interop.importers.keras_archive.building import Handler, KerasTensor, LayerCall
from costcalc.interop.importers.keras_archive.layers import HANDLERS
from costcalc.interop.importers.keras_archive.layers.activations import plain
from costcalc.interop.importers.keras_archive.layers.joins import along, axis_of
from costcalc.interop.importers.keras_archive.layers.pools import pool
from costcalc.interop.importers.keras_archive.layers.shapes import to

_ACTIVATIONS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Celu": "elu",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "HardSigmoid": "hard_sigmoid",
    "Tanh": "tanh",
    "Silu": "swish",
    "HardSilu": "hard_swish",
    "Gelu": "gelu",
    "Softplus": "softplus",
}
#: Functions of every element that there is no kind for, and the same elements in other places.
_FREE = (
    "Absolute Abs Negative Exp Expm1 Exp2 Log Log1p Log2 Log10 Sqrt Rsqrt Square Reciprocal Sign Sin Cos Tan Sinh Cosh "
    "Arcsin Arccos Arctan Arcsinh Arccosh Arctanh Erf Erfinv Floor Ceil Round Trunc NanToNum Softsign LogSigmoid "
    "HardTanh HardShrink SoftShrink TanhShrink SoftThreshold Threshold SparsePlus SparseSigmoid Squareplus "
    "Cast StopGradient Flip Roll"
)


def _number(call: LayerCall) -> Any:
    """The only constant of an operation on one value."""
    if len(call.values) != 1 or len(call.given.constants) != 1:
        raise call.error("of two values is not known")
    number = call.given.constants[0]
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise call.error("a constant other than a number is not known")
    return number


def _with_number(call: LayerCall) -> KerasTensor:
    """A power: a function of every element."""
    _number(call)
    return call.value


def _clip(call: LayerCall) -> KerasTensor:
    """Between 0 and 6 it is relu6; else it only cuts values off."""
    limits = call.get("x_min"), call.get("x_max")
    return plain("relu6")(call) if limits == (0, 6) else call.value


def _log_softmax(call: LayerCall) -> KerasTensor:
    rank = len(call.value.dims)
    if axis_of(call, call.get("axis", -1), rank) != (1 if call.builder.channels_first else rank):
        raise call.error("along another axis than that of the channels is not known")
    return plain("log_softmax")(call)


def _reduced(kind: str) -> Handler:
    """A mean, sum or maximum over spatial axes is a pool."""

    def handle(call: LayerCall) -> KerasTensor:
        value = call.value
        rank = len(value.dims)
        spatial = range(2, rank + 1) if call.builder.channels_first else range(1, rank)
        axis = call.get("axis", call.given.keywords.get("axis"))
        axes = axis if isinstance(axis, list) else [axis]
        found = [each % (rank + 1) for each in axes if type(each) is int and -rank - 1 <= each <= rank]
        if not found or len(set(found)) != len(axes) or not set(found) <= set(spatial):
            raise call.error("over other axes than spatial ones is not known")
        if len(found) == len(spatial):
            made = call.emit(f"global_{kind}", value)
        else:
            kernel = [value.dims[each - 1] if each in found else 1 for each in spatial]
            made = call.emit(kind, value, kernel_size=kernel)
        if call.get("keepdims", call.given.keywords.get("keepdims", False)):
            return made
        kept = tuple(size for place, size in enumerate(made.dims, 1) if place not in found)
        return _seen(call, made, kept)

    return handle


def _pooled(kind: str) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        return pool(kind, len(call.value.dims) - 1)(call)

    return handle


# Axes


def _transposed(call: LayerCall) -> KerasTensor:
    rank = len(call.value.dims)
    axes = call.get("axes")
    axes = list(range(rank, -1, -1)) if axes is None else axes
    if (
        not isinstance(axes, list)
        or sorted(map(str, axes)) != sorted(map(str, range(rank + 1)))
        or axes[0] != 0
    ):
        raise call.error("its axes must name every axis once, and the batch first")
    return to(call, tuple(call.value.dims[each - 1] for each in axes[1:]))


def _swapped(call: LayerCall) -> KerasTensor:
    dims = list(call.value.dims)
    one, other = (axis_of(call, call.get(key), len(dims)) - 1 for key in ("axis1", "axis2"))
    dims[one], dims[other] = dims[other], dims[one]
    return to(call, tuple(dims))


def _moved(call: LayerCall) -> KerasTensor:
    dims = list(call.value.dims)
    source, goal = (axis_of(call, call.get(key), len(dims)) - 1 for key in ("source", "destination"))
    dims.insert(goal, dims.pop(source))
    return to(call, tuple(dims))


def _expanded(call: LayerCall) -> KerasTensor:
    dims = list(call.value.dims)
    axis = call.get("axis")
    axes = axis if isinstance(axis, list) else [axis]
    if len(axes) != 1:
        raise call.error("by several axes is not known")
    dims.insert(axis_of(call, axes[0], len(dims) + 1) - 1, 1)
    return to(call, tuple(dims))


def _squeezed(call: LayerCall) -> KerasTensor:
    dims = call.value.dims
    axis = call.get("axis")
    axes = axis if isinstance(axis, list) else [axis]
    gone = {axis_of(call, each, len(dims)) for each in axes}
    if any(dims[each - 1] != 1 for each in gone):
        raise call.error("its axis is longer than 1")
    return to(call, tuple(size for place, size in enumerate(dims, 1) if place not in gone))


def _depth_to_space(call: LayerCall) -> KerasTensor:
    block, (*spatial, channels) = call.number("block_size"), _last(call)
    if channels % block**2:
        raise call.error(f"its block_size {block} does not divide the channels (={channels})")
    return _laid_out(call, [size * block for size in spatial], channels // block**2)


def _space_to_depth(call: LayerCall) -> KerasTensor:
    block, (*spatial, channels) = call.number("block_size"), _last(call)
    if any(size % block for size in spatial):
        raise call.error(f"its block_size {block} does not divide the map")
    return _laid_out(call, [size // block for size in spatial], channels * block**2)


def _last(call: LayerCall) -> tuple[int, ...]:
    shape = call.value.shape
    if len(shape.spatial) != 2:
        raise call.error("takes a map of 2 spatial axes")
    return (*shape.spatial, shape.channels)


def _laid_out(call: LayerCall, spatial: Sequence[int], channels: int) -> KerasTensor:
    return to(call, (channels, *spatial) if call.builder.channels_first else (*spatial, channels))


def _padded(call: LayerCall) -> KerasTensor:
    width = call.get("pad_width")
    value = call.value
    pairs = width if isinstance(width, list) else []
    if len(pairs) != len(value.dims) + 1 or not all(
        isinstance(each, list) and len(each) == 2 for each in pairs
    ):
        raise call.error("its pad_width must have a pair for each axis, and one for the batch")
    amounts = [[call.whole(each, "pad_width", 0) for each in pair] for pair in pairs]
    if any(amounts[0]):
        raise call.error("pads the batch")
    first = call.builder.channels_first
    channels, spatial = (amounts[1], amounts[2:]) if first else (amounts[-1], amounts[1:-1])
    fields: dict[str, Any] = {}
    if any(map(any, spatial)):
        fields["padding"] = [each for pair in spatial for each in pair]
    if any(channels):
        fields["channels"] = channels
    return call.emit("pad", value, **fields) if fields else value


# Pieces


def _cut(call: LayerCall, pieces: Sequence[tuple[int, int]], suffix: str = "") -> KerasTensor:
    """A piece: from and to, along each axis in Keras' order."""
    value = call.value
    whole = [(0, size) for size in value.dims]
    if list(pieces) == whole:
        return value
    first = call.builder.channels_first
    channels, spatial = (pieces[0], pieces[1:]) if first else (pieces[-1], pieces[:-1])
    fields: dict[str, Any] = {}
    if channels != (0, value.shape.channels):
        fields["channels"] = list(channels)
    if [*spatial] != [(0, size) for size in value.shape.spatial] and len(value.dims) > 1:
        fields["spatial"] = [list(each) for each in spatial]
    made = call.emit("slice", value, suffix=suffix, **fields)
    return made if len(value.dims) > 1 else made._replace(dims=(made.shape.channels,))


def _item(call: LayerCall) -> KerasTensor:
    """``x[…]``: ranges and single numbers along the axes."""
    value = call.builder.vector(call, call.value)
    picks = list(call.given.constants)
    if picks.count(...) > 1 or any(each is None for each in picks):
        raise call.error("a new axis is not known: use keras.ops.expand_dims")
    missing = len(value.dims) + 1 - len(picks)
    if ... in picks:
        place = picks.index(...)
        picks[place : place + 1] = [slice(None)] * (missing + 1)
    else:
        picks += [slice(None)] * missing
    if len(picks) != len(value.dims) + 1 or picks[0] != slice(None):
        raise call.error("takes a piece of the batch, or of more axes than there are")
    pieces = [_piece(call, pick, size) for pick, size in zip(picks[1:], value.dims, strict=True)]
    inner = call._replace(given=call.given._replace(values=(value,)))
    made = _cut(inner, pieces)
    kept = tuple(size for pick, size in zip(picks[1:], made.dims, strict=True) if isinstance(pick, slice))
    if not kept:
        raise call.error("takes a single number of each example")
    return _seen(inner, made, kept)


def _piece(call: LayerCall, pick: Any, size: int) -> tuple[int, int]:
    if type(pick) is int and -size <= pick < size:
        return pick % size, pick % size + 1
    parts = (pick.start, pick.stop, pick.step) if isinstance(pick, slice) else (None, None, 0)
    if not all(each is None or type(each) is int for each in parts) or parts[2] not in (None, 1):
        raise call.error("only single numbers and ranges without a step are known")
    start, stop, _ = slice(parts[0], parts[1]).indices(size)
    if start >= stop:
        raise call.error("takes nothing of an axis")
    return start, stop


def _split(call: LayerCall) -> list[KerasTensor]:
    """Pieces along an axis: so many equal ones, or cut at places."""
    dims = call.value.dims
    place = axis_of(call, call.get("axis", 0), len(dims)) - 1
    cuts = call.get("indices_or_sections")
    size = dims[place]
    if type(cuts) is int and 1 <= cuts <= size and not size % cuts:
        cuts = [size // cuts * index for index in range(1, cuts)]
    if not isinstance(cuts, list) or not all(type(each) is int for each in cuts):
        raise call.error("its sections are no equal ones, and no list of places")
    edges = [0, *cuts, size]
    if any(start >= stop for start, stop in pairwise(edges)):
        raise call.error("its places are not in order within the axis")
    whole = [(0, each) for each in dims]
    return [
        _cut(call, [*whole[:place], (start, stop), *whole[place + 1 :]], f".{number}")
        for number, (start, stop) in enumerate(pairwise(edges), 1)
    ]


def _stacked(call: LayerCall) -> KerasTensor:
    """Side by side along a new axis."""
    values = []
    for value in call.values:
        dims = list(value.dims)
        place = axis_of(call, call.get("axis", 0), len(dims) + 1)
        dims.insert(place - 1, 1)
        values.append(_seen(call, value, tuple(dims)))
    return values[0] if len(values) == 1 else along(call, call.get("axis", 0), values)


# Products


def _matmul(call: LayerCall) -> KerasTensor:
    """Of two tables, positions by channels; axes of size 1 before those change nothing."""
    ranks = {len(value.dims) for value in call.values}
    alike = len(call.values) == 2 and len(ranks) == 1 and min(ranks) > 1
    if call.builder.channels_first or not alike or any(set(value.dims[:-2]) - {1} for value in call.values):
        raise call.error("of other values than two of two axes is not known")
    before = call.values[0].dims[:-2]
    left, right = (_seen(call, value, value.dims[-2:]) for value in call.values)
    made = call.emit("matmul", left, right)
    return _seen(call, made, (*before, *made.dims))


def _seen(call: LayerCall, value: KerasTensor, dims: tuple[int, ...]) -> KerasTensor:
    """A value under other sizes."""
    return to(call._replace(given=call.given._replace(values=(value,))), dims)


SPLITTING: Mapping[str, Callable[[LayerCall], list[KerasTensor]]] = {"Split": _split}

OPERATIONS: Mapping[str, Handler] = {
    **{name: plain(kind) for name, kind in _ACTIVATIONS.items()},
    **dict.fromkeys(_FREE.split(), HANDLERS["Identity"]),
    "Power": _with_number,
    "Clip": _clip,
    "LogSoftmax": _log_softmax,
    "Mean": _reduced("avg_pool"),
    "Sum": _reduced("avg_pool"),
    "Max": _reduced("max_pool"),
    "Amax": _reduced("max_pool"),
    "MaxPool": _pooled("max_pool"),
    "AveragePool": _pooled("avg_pool"),
    "Transpose": _transposed,
    "Swapaxes": _swapped,
    "Moveaxis": _moved,
    "ExpandDims": _expanded,
    "Squeeze": _squeezed,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
    "Pad": _padded,
    "GetItem": _item,
    "Stack": _stacked,
    "Matmul": _matmul,
}
