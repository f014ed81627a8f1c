"""What each kind makes of a shape, and what that costs, by formulas of its own: nothing of costcalc is imported.

A shape is a tuple of sizes, channels last; a vector has one size. ``InvalidError`` says that a layer makes no sense,
such as a map that has shrunk away.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, prod
from typing import Any, NamedTuple

Shape = tuple[int, ...]
Entry = dict[str, Any]


class InvalidError(Exception):
    """No network."""


class Cost(NamedTuple):
    """Multiplies and params, as written, separable and standard."""

    written: tuple[int, int] = (0, 0)
    separable: tuple[int, int] = (0, 0)
    standard: tuple[int, int] = (0, 0)

    @classmethod
    def same(cls, multiplies: int, params: int) -> Cost:
        return cls(*[(multiplies, params)] * 3)

    def __add__(self, other: tuple[Any, ...]) -> Cost:
        return Cost(*((a[0] + b[0], a[1] + b[1]) for a, b in zip(self, other, strict=True)))

    def without_params(self) -> Cost:
        return Cost(*((multiplies, 0) for multiplies, _ in self))


class Made(NamedTuple):
    """What a layer makes of its input, what that costs, and by how much it strides."""

    shape: Shape
    cost: Cost = Cost()
    stride: tuple[int, ...] | int = 1


def per_axis(value: Any, axes: int) -> tuple[int, ...]:
    each = tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes
    if len(each) != axes:
        raise InvalidError(f"{value} for {axes} axes")
    return each


def sides(padding: Any, axes: int) -> list[tuple[int, int]]:
    """Before and after, axis by axis."""
    if padding == "valid":
        return [(0, 0)] * axes
    if isinstance(padding, int):
        return [(padding, padding)] * axes
    if len(padding) == 2 * axes:
        return list(zip(padding[::2], padding[1::2], strict=True))
    return [(size, size) for size in per_axis(padding, axes)]


def window(size: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int]) -> int:
    return (size + sum(pads) - dilation * (kernel - 1) - 1) // stride + 1


def grid(entry: Entry, sizes: Shape, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Shape:
    """The positions of a sliding window."""
    axes, padding = len(sizes), entry.get("padding", "same")
    if padding == "same":
        return tuple(ceil(size / step) for size, step in zip(sizes, stride, strict=True))
    dilation, pads = per_axis(entry.get("dilation", 1), axes), sides(padding, axes)
    return possible(tuple(map(window, sizes, kernel, stride, dilation, pads)))


def possible(shape: Shape) -> Shape:
    if min(shape, default=1) < 1:
        raise InvalidError(f"nothing is left: {shape}")
    if max(shape, default=1) >= 2**31:
        raise InvalidError(f"larger than a size may be: {shape}")
    return shape


def norm_params(norm: Any, channels: int) -> int:
    fields = norm if isinstance(norm, dict) else {"type": norm}
    if fields["type"] == "group" and channels % fields["groups"]:
        raise InvalidError("groups of a norm")
    vectors = {True: 2, False: 0, "scale": 1, "shift": 1}[fields.get("affine", True)]
    return vectors * channels if fields["type"] != "none" else 0


def activation_params(activation: Any, channels: int) -> int:
    fields = activation if isinstance(activation, dict) else {"type": activation}
    return 0 if fields["type"] != "prelu" else 1 if fields.get("shared") else channels


def around(entry: Entry, channels: int) -> int:
    """The params of bias, norm and activation."""
    return (
        channels * bool(entry.get("bias", False))
        + norm_params(entry.get("norm", "none"), channels)
        + activation_params(entry.get("activation", "none"), channels)
    )


def conv(entry: Entry, shape: Shape) -> Made:
    *sizes, channels = spatial(shape)
    axes, out, groups = len(sizes), entry["out_channels"], entry.get("groups", 1)
    kernel, stride = per_axis(entry["kernel_size"], axes), per_axis(entry.get("stride", 1), axes)
    if channels % groups or out % groups:
        raise InvalidError("groups")
    places = grid(entry, tuple(sizes), kernel, stride)
    taps, each = prod(kernel), around(entry, out)
    weights = taps * (channels // groups) * out
    written = (prod(places) * weights, weights + each)
    apart = taps * channels + channels * out
    never = entry.get("separable") == "never" or groups > 1 or taps == 1 or apart >= weights
    made = (prod(places) * apart, apart + around(entry, channels) + each)
    return Made((*places, out), Cost(written, written if never else made, written), stride)


def depthwise_conv(entry: Entry, shape: Shape) -> Made:
    channels = spatial(shape)[-1]
    whole = {"kernel_size": 3, **entry, "groups": channels, "separable": "never"}
    return conv({**whole, "out_channels": channels * entry.get("depth_multiplier", 1)}, shape)


def separable_conv(entry: Entry, shape: Shape) -> Made:
    between = entry.get("between", {})
    bare = {"bias": False, "norm": "none", "activation": "none"}
    depthwise = depthwise_conv({**entry, **(bare if between == "none" else between)}, shape)
    fused = {key: entry[key] for key in ("bias", "norm", "activation") if key in entry}
    one = {**fused, "out_channels": entry["out_channels"], "kernel_size": 1}
    pointwise = conv(one, depthwise.shape)
    kept = {key: value for key, value in entry.items() if key != "separable"}
    standard = conv({"kernel_size": 3, **kept}, shape).cost.written
    cost = (depthwise.cost + pointwise.cost)._replace(standard=standard)
    return Made(pointwise.shape, cost, depthwise.stride)


def conv_transpose(entry: Entry, shape: Shape) -> Made:
    *sizes, channels = spatial(shape)
    axes, out, groups = len(sizes), entry["out_channels"], entry.get("groups", 1)
    kernel, stride = per_axis(entry["kernel_size"], axes), per_axis(entry.get("stride", 1), axes)
    if channels % groups or out % groups:
        raise InvalidError("groups")
    if entry.get("padding", "same") == "same":
        places = tuple(size * step for size, step in zip(sizes, stride, strict=True))
    else:
        dilation, more = per_axis(entry.get("dilation", 1), axes), entry.get("output_padding", 0)
        places = tuple(
            (size - 1) * s + d * (k - 1) + 1 - sum(pads) + extra
            for size, s, k, d, pads, extra in zip(
                sizes,
                stride,
                kernel,
                dilation,
                sides(entry["padding"], axes),
                per_axis(more, axes),
                strict=True,
            )
        )
    weights = prod(kernel) * (channels // groups) * out
    cost = Cost.same(prod(sizes) * weights, weights + around(entry, out))
    return Made((*possible(places), out), cost, 1)


def inverted_residual(entry: Entry, shape: Shape) -> Made:
    channels, out = spatial(shape)[-1], entry["out_channels"]
    wide = entry.get("expanded_channels") or int(entry["expansion"] * channels + 0.5)
    fused = {key: entry[key] for key in ("bias", "norm", "activation") if key in entry}
    total, now = Cost(), shape
    if entry.get("expansion") != 1 and not ("expanded_channels" in entry and wide == channels):
        expand = conv({**fused, "out_channels": wide, "kernel_size": 1}, now)
        total, now = total + expand.cost, expand.shape
    filtered = depthwise_conv({key: value for key, value in entry.items() if key in FILTERED}, now)
    total, now = total + filtered.cost, filtered.shape
    if "squeeze_excite" in entry:
        total += squeeze_excite(entry["squeeze_excite"], now).cost
    project = conv({**fused, "activation": "none", "out_channels": out, "kernel_size": 1}, now)
    return Made(project.shape, total + project.cost, filtered.stride)


FILTERED = {"kernel_size", "stride", "padding", "bias", "norm", "activation"}


def squeeze_excite(entry: Entry, shape: Shape) -> Made:
    channels = spatial(shape)[-1]
    squeezed = entry.get("squeeze_channels") or max(1, channels // entry.get("reduction", 4))
    weights = 2 * channels * squeezed
    return Made(shape, Cost.same(weights, weights + squeezed + channels))


def linear(entry: Entry, shape: Shape) -> Made:
    places = prod(shape[:-1])
    if places > 1 and not entry.get("per_position"):
        raise InvalidError("linear on a map")
    out, weights = entry["out_features"], shape[-1] * entry["out_features"]
    params = (
        weights
        + out * bool(entry.get("bias", True))
        + activation_params(entry.get("activation", "none"), out)
    )
    made = (*shape[:-1], out) if entry.get("per_position") else (out,)
    return Made(made, Cost.same(places * weights, params))


def prelu(entry: Entry, shape: Shape) -> Made:
    return Made(shape, Cost.same(0, activation_params(entry, shape[-1])))


def batch_norm(entry: Entry, shape: Shape) -> Made:
    return Made(shape, Cost.same(0, norm_params({**entry, "type": "batch"}, shape[-1])))


def group_norm(entry: Entry, shape: Shape) -> Made:
    return Made(shape, Cost.same(0, norm_params({**entry, "type": "group"}, shape[-1])))


def spatial(shape: Shape) -> Shape:
    if len(shape) == 1:
        raise InvalidError("a vector has no positions")
    return shape


def instance_norm(entry: Entry, shape: Shape) -> Made:
    spatial(shape)
    return batch_norm(entry, shape)


def rms_norm(entry: Entry, shape: Shape) -> Made:
    return Made(shape, Cost.same(0, shape[-1] * entry.get("affine", True)))


def embedding(entry: Entry, shape: Shape) -> Made:
    places = shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape
    if len(places) > 3:
        raise InvalidError("four axes")
    table = entry["num_embeddings"] * entry["embedding_dim"]
    return Made((*places, entry["embedding_dim"]), Cost.same(0, table * entry.get("trainable", True)))


def rnn(entry: Entry, shape: Shape, gates: int = 1) -> Made:
    *steps, below = spatial(shape)
    cells, layers = entry["hidden_size"], entry.get("layers", 1)
    projected = entry.get("projection", 0)
    back, ways = projected or cells, 2 if entry.get("direction") == "both" else 1
    matrices = 0
    for _ in range(layers):
        matrices += ways * (gates * cells * (below + back) + cells * projected)
        below = ways * back
    vectors = gates * entry.get("biases", 2) + 3 * entry.get("peepholes", False)
    left = steps if entry.get("returns", "sequence") == "sequence" else steps[:-1]
    cost = Cost.same(prod(steps) * matrices, matrices + layers * ways * cells * vectors)
    return Made((*left, below), cost)


def gru(entry: Entry, shape: Shape) -> Made:
    return rnn(entry, shape, gates=3)


def lstm(entry: Entry, shape: Shape) -> Made:
    return rnn(entry, shape, gates=4)


def attention(entry: Entry, queries: Shape, keys: Shape) -> Made:
    heads, channels, out = entry["heads"], queries[-1], entry.get("out_channels", queries[-1])
    shared = entry.get("kv_heads", heads)
    if heads % shared or ("head_size" not in entry and channels % heads):
        raise InvalidError("heads")
    size = entry.get("head_size") or channels // heads
    value = entry.get("value_size", size)
    pairs = prod(queries[:-1]) * prod(keys[:-1])
    possible((*queries[:-1], heads * prod(keys[:-1])))
    multiplies, params = pairs * heads * (size + value), 0
    for source, come, wide in (
        (queries, channels, heads * size),
        (keys, keys[-1], shared * size),
        (keys, keys[-1], shared * value),
        (queries, heads * value, out),
    ):
        multiplies += prod(source[:-1]) * come * wide
        params += (come + entry.get("bias", True)) * wide
    return Made((*queries[:-1], out), Cost.same(multiplies, params))


def dynamic_conv(entry: Entry, source: Shape, kernel: Shape) -> Made:
    """A convolution whose weights are the second input."""
    made = conv({**entry, "separable": "never"}, source)
    if prod(kernel) * prod(made.shape[:-1]) != made.cost.written[0]:
        raise InvalidError("a kernel of other elements")
    return made._replace(cost=made.cost.without_params())


def deformable_conv(entry: Entry, source: Shape, *more: Shape) -> Made:
    """A convolution at other taps: two offsets for each, and a weight if there is a third input."""
    axes = len(spatial(source)) - 1
    whole = {"kernel_size": 3, **entry, "separable": "never"}
    taps, made = prod(per_axis(whole["kernel_size"], axes)), conv(whole, source)
    for each, numbers in zip(more, (axes, 1), strict=False):
        if each[:-1] != made.shape[:-1] or each[-1] % (numbers * taps):
            raise InvalidError("offsets or weights of other taps")
    return made


def matmul(entry: Entry, left: Shape, right: Shape) -> Made:
    """Rows of positions by channels; the second is transposed where that is said."""
    heads, positions, between = entry.get("heads", 1), prod(right[:-1]), right[-1]
    summed = between if entry.get("transpose") else heads * positions
    if left[-1] != summed or between % heads:
        raise InvalidError("matrices that do not fit")
    made = (*left[:-1], heads * positions if entry.get("transpose") else between)
    return Made(possible(made), Cost.same(prod(left[:-1]) * positions * between, 0))


#: Kinds of one input, by name.
KINDS: dict[str, Callable[[Entry, Shape], Made]] = {
    made.__name__: made
    for made in (
        conv, depthwise_conv, separable_conv, conv_transpose, inverted_residual, squeeze_excite, linear, prelu,
        batch_norm, group_norm, instance_norm, rms_norm, embedding, rnn, gru, lstm,
    )
} | {"layer_norm": batch_norm}  # fmt: skip
#: Kinds of two inputs or three.
KINDS_OF_MORE: dict[str, Callable[..., Made]] = {
    made.__name__: made for made in (dynamic_conv, deformable_conv, matmul)
}
