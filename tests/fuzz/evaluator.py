"""What a spec costs, worked out anew: from plain data to integers, and nothing of costcalc is imported.

It knows the kinds that the generator writes. A shape is a tuple of sizes, channels last; a vector has one size.
``InvalidError`` says that a spec makes no sense, such as a map that has shrunk away.
"""

from __future__ import annotations

from math import ceil, prod
from typing import Any, NamedTuple

Shape = tuple[int, ...]
Entry = dict[str, Any]

FREE = {"relu", "relu6", "sigmoid", "swish", "gelu", "tanh", "hard_swish", "softmax", "dropout", "lrn"}
REACHED = {"conv", "depthwise_conv", "separable_conv", "conv_transpose", "inverted_residual"}


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
    return tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes


def sides(padding: Any, axes: int) -> list[tuple[int, int]]:
    """Before and after, axis by axis."""
    if padding == "valid":
        return [(0, 0)] * axes
    if isinstance(padding, int):
        return [(padding, padding)] * axes
    if len(padding) == 2 * axes:
        return list(zip(padding[::2], padding[1::2], strict=True))
    return [(size, size) for size in padding]


def window(size: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int]) -> int:
    return (size + sum(pads) - dilation * (kernel - 1) - 1) // stride + 1


def grid(entry: Entry, sizes: Shape, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Shape:
    """The positions of a sliding window."""
    axes, padding = len(sizes), entry.get("padding", "same")
    if padding == "same":
        return tuple(ceil(size / step) for size, step in zip(sizes, stride, strict=True))
    dilation, pads = per_axis(entry.get("dilation", 1), axes), sides(padding, axes)
    return positive(tuple(map(window, sizes, kernel, stride, dilation, pads)))


def positive(shape: Shape) -> Shape:
    if min(shape, default=1) < 1:
        raise InvalidError(f"nothing is left: {shape}")
    return shape


def norm_params(norm: Any, channels: int) -> int:
    fields = norm if isinstance(norm, dict) else {"type": norm}
    if fields["type"] == "group" and channels % fields["groups"]:
        raise InvalidError("groups of a norm")
    return 2 * channels if fields["type"] != "none" and fields.get("affine", True) else 0


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


class Evaluator:
    """The costs of one spec."""

    def __init__(self, spec: Entry) -> None:
        self.defaults = spec.get("defaults", {})
        self.blocks = spec.get("blocks", {})
        self.source = tuple(map(int, spec["input"].split("x")))
        self.made: dict[str, tuple[Entry, Shape]] = {}  # by name, with what came in
        self.names: dict[str, Shape] = {"input": self.source}

    def row(self, entry: Entry, shape: Shape) -> Made:
        """A layer of the top level, all of its copies."""
        total, source = Cost(), shape
        for copy in range(entry.get("repeat", 1)):
            first = [self.names[name] for name in entry.get("inputs", [])] if copy == 0 else []
            made = self.layer(entry, first or [shape], self.names)
            shape, total = made.shape, total + made.cost
        if "name" in entry:
            self.names[entry["name"]] = shape
            if "repeat" not in entry:
                self.made[entry["name"]] = entry, source
        return Made(shape, total)

    def sequence(self, entries: list[Any], shape: Shape, names: dict[str, Shape]) -> Made:
        names, total, stride = {**names, "input": shape}, Cost(), (1,) * (len(shape) - 1)
        for entry in entries:
            one = {"type": entry} if isinstance(entry, str) else entry
            made = self.layer(one, [names[name] for name in one.get("inputs", [])] or [shape], names)
            shape, total = made.shape, total + made.cost
            stride = tuple(a * b for a, b in zip(stride, per_axis(made.stride, len(stride)), strict=False))
            if "name" in one:
                names[one["name"]] = shape
        return Made(shape, total, stride)

    def layer(self, entry: Entry, inputs: list[Shape], names: dict[str, Shape]) -> Made:
        if "shares" in entry:
            shared, source = self.made[entry["shares"]]
            if (len(source), source[-1]) != (len(inputs[0]), inputs[0][-1]):
                raise InvalidError("weights of other channels")
            made, original = self.layer(shared, inputs, names), self.layer(shared, [source], names)
            if made.cost.written[1] != original.cost.written[1]:
                raise InvalidError("other weights: a projection that is the identity here")
            return made._replace(cost=made.cost.without_params())
        kind, shape = entry["type"], inputs[0]
        if kind in self.blocks:
            block = self.blocks[kind]
            words = {key: entry.get(key, value) for key, value in block["parameters"].items()}
            return self.sequence(filled(block["layers"], words), shape, {})
        if kind in FREE:
            return Made(shape, stride=1)
        if kind in REACHED:
            entry = {**self.defaults, **entry}
        if kind in ("residual", "branches"):
            return getattr(self, kind)(entry, shape, names)
        if kind in ("add", "multiply", "concat"):
            return join(kind, inputs)
        return globals()[f"_{kind}"](entry, shape)

    def residual(self, entry: Entry, shape: Shape, names: dict[str, Shape]) -> Made:
        body = self.sequence(entry["body"], shape, names)
        other = self.shortcut(entry.get("shortcut", "identity"), shape, body, names)
        made = join("add", [body.shape, other.shape]).shape
        slopes = Cost.same(0, activation_params(entry.get("activation", "none"), made[-1]))
        return Made(made, body.cost + other.cost + slopes, body.stride)

    def shortcut(self, shortcut: Any, shape: Shape, body: Made, names: dict[str, Shape]) -> Made:
        if isinstance(shortcut, list):
            return self.sequence(shortcut, shape, names)
        if body.shape == shape:
            return Made(shape)
        if shortcut == "identity" or len(shape) == 1:
            raise InvalidError("an identity of another shape")
        fields = {key: self.defaults[key] for key in ("norm", "bias") if key in self.defaults}
        one = {**fields, "out_channels": body.shape[-1], "kernel_size": 1, "stride": body.stride}
        projection = _conv(one, shape)
        if projection.shape != body.shape:
            raise InvalidError("a projection of another shape")
        return projection

    def branches(self, entry: Entry, shape: Shape, names: dict[str, Shape]) -> Made:
        paths = [self.sequence(path, shape, names) for path in entry["paths"]]
        total = sum((path.cost for path in paths), Cost())
        return Made(join(entry["merge"], [path.shape for path in paths]).shape, total)


def filled(value: Any, words: Entry) -> Any:
    """With every ``$word`` replaced."""
    if isinstance(value, dict):
        return {key: filled(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, words) for item in value]
    return words[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def join(kind: str, shapes: list[Shape]) -> Made:
    if kind == "concat":
        if len({shape[:-1] for shape in shapes}) > 1:
            raise InvalidError("maps of several sizes")
        return Made((*shapes[0][:-1], sum(shape[-1] for shape in shapes)))
    if len(set(map(len, shapes))) > 1:
        raise InvalidError("maps of several ranks")
    for sizes in zip(*shapes, strict=True):
        if len({*sizes} - {1}) > 1:
            raise InvalidError("sizes that do not broadcast")
    return Made(tuple(max(sizes) for sizes in zip(*shapes, strict=True)))


def _conv(entry: Entry, shape: Shape) -> Made:
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


def _depthwise_conv(entry: Entry, shape: Shape) -> Made:
    channels = spatial(shape)[-1]
    whole = {"kernel_size": 3, **entry, "groups": channels, "separable": "never"}
    return _conv({**whole, "out_channels": channels * entry.get("depth_multiplier", 1)}, shape)


def _separable_conv(entry: Entry, shape: Shape) -> Made:
    between = entry.get("between", {})
    bare = {"bias": False, "norm": "none", "activation": "none"}
    depthwise = _depthwise_conv({**entry, **(bare if between == "none" else between)}, shape)
    fused = {key: entry[key] for key in ("bias", "norm", "activation") if key in entry}
    one = {**fused, "out_channels": entry["out_channels"], "kernel_size": 1}
    pointwise = _conv(one, depthwise.shape)
    kept = {key: value for key, value in entry.items() if key != "separable"}
    standard = _conv({"kernel_size": 3, **kept}, shape).cost.written
    cost = (depthwise.cost + pointwise.cost)._replace(standard=standard)
    return Made(pointwise.shape, cost, depthwise.stride)


def _conv_transpose(entry: Entry, shape: Shape) -> Made:
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
    return Made((*positive(places), out), cost, 1)


def _inverted_residual(entry: Entry, shape: Shape) -> Made:
    channels, out = spatial(shape)[-1], entry["out_channels"]
    wide = entry.get("expanded_channels") or int(entry["expansion"] * channels + 0.5)
    fused = {key: entry[key] for key in ("bias", "norm", "activation") if key in entry}
    total, now = Cost(), shape
    if entry.get("expansion") != 1 and not ("expanded_channels" in entry and wide == channels):
        expand = _conv({**fused, "out_channels": wide, "kernel_size": 1}, now)
        total, now = total + expand.cost, expand.shape
    filtered = _depthwise_conv({key: value for key, value in entry.items() if key in FILTERED}, now)
    total, now = total + filtered.cost, filtered.shape
    if "squeeze_excite" in entry:
        total += _squeeze_excite(entry["squeeze_excite"], now).cost
    project = _conv({**fused, "activation": "none", "out_channels": out, "kernel_size": 1}, now)
    return Made(project.shape, total + project.cost, filtered.stride)


FILTERED = {"kernel_size", "stride", "padding", "bias", "norm", "activation"}


def _squeeze_excite(entry: Entry, shape: Shape) -> Made:
    channels = spatial(shape)[-1]
    squeezed = entry.get("squeeze_channels") or max(1, channels // entry.get("reduction", 4))
    weights = 2 * channels * squeezed
    return Made(shape, Cost.same(weights, weights + squeezed + channels))


def _linear(entry: Entry, shape: Shape) -> Made:
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


def _max_pool(entry: Entry, shape: Shape) -> Made:
    *sizes, channels = spatial(shape)
    kernel = per_axis(entry["kernel_size"], len(sizes))
    stride = per_axis(entry.get("stride", entry["kernel_size"]), len(sizes))
    return Made((*grid({"padding": "valid", **entry}, tuple(sizes), kernel, stride), channels), stride=stride)


_avg_pool = _max_pool


def _global_avg_pool(entry: Entry, shape: Shape) -> Made:
    return Made((*(1 for _ in spatial(shape)[:-1]), shape[-1]))


def _flatten(entry: Entry, shape: Shape) -> Made:
    return Made((prod(shape),))


def _prelu(entry: Entry, shape: Shape) -> Made:
    return Made(shape, Cost.same(0, activation_params(entry, shape[-1])))


def _batch_norm(entry: Entry, shape: Shape) -> Made:
    return Made(shape, Cost.same(0, norm_params({**entry, "type": "batch"}, shape[-1])))


_layer_norm = _batch_norm


def _group_norm(entry: Entry, shape: Shape) -> Made:
    return Made(shape, Cost.same(0, norm_params({**entry, "type": "group"}, shape[-1])))


def _channel_shuffle(entry: Entry, shape: Shape) -> Made:
    if spatial(shape)[-1] % entry["groups"]:
        raise InvalidError("groups of a shuffle")
    return Made(shape)


def _upsample(entry: Entry, shape: Shape) -> Made:
    *sizes, channels = spatial(shape)
    scale = per_axis(entry["scale"], len(sizes))
    return Made((*(size * by for size, by in zip(sizes, scale, strict=True)), channels), stride=0)


def spatial(shape: Shape) -> Shape:
    if len(shape) == 1:
        raise InvalidError("a vector has no positions")
    return shape
