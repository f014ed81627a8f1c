"""What a spec costs, worked out anew: from plain data to integers, and nothing of costcalc is imported.

It knows the kinds that the generator writes; ``InvalidError`` says that a spec makes no sense.
"""

from __future__ import annotations

from math import prod
from typing import Any

from fuzz.kinds import (
    KINDS,
    KINDS_OF_MORE,
    Cost,
    Entry,
    InvalidError,
    Made,
    Shape,
    activation_params,
    attention,
    conv,
    per_axis,
    possible,
)
from fuzz.moves import MOVES, join

#: As it came in, for nothing.
FREE = {
    "relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "hard_sigmoid", "tanh", "swish", "hard_swish", "gelu",
    "mish", "softplus", "softmax", "log_softmax", "dropout", "lrn", "elementwise",
}  # fmt: skip
JOINS = {"add", "multiply", "concat", "subtract", "divide", "maximum", "minimum", "compare", "where"}
#: What is given all of its inputs.
MANY = KINDS_OF_MORE | MOVES
SLIDING = ("stride", "padding", "dilation", "output_padding")
REACHED = {"conv", "depthwise_conv", "separable_conv", "conv_transpose", "inverted_residual"}


class Evaluator:
    """The costs of one spec."""

    def __init__(self, spec: Entry) -> None:
        self.defaults = spec.get("defaults", {})
        self.blocks = spec.get("blocks", {})
        inputs = spec.get("inputs") or {"input": spec["input"]}
        self.names: dict[str, Shape] = {
            name: tuple(map(int, text.split("x"))) for name, text in inputs.items()
        }
        self.source = next(iter(self.names.values()))
        self.made: dict[str, tuple[Entry, Shape]] = {}  # by name, with what came in

    def row(self, entry: Entry, shape: Shape) -> Made:
        """A layer of the top level, all of its copies."""
        total, source = Cost(), shape
        for copy in range(entry.get("repeat", 1)):
            first = [self.names[name] for name in entry.get("inputs", [])] if copy == 0 else []
            made = self.layer(entry, first or [shape], self.names)
            shape, total = possible(made.shape), total + made.cost
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
            shape, total = possible(made.shape), total + made.cost
            stride = tuple(a * b for a, b in zip(stride, per_axis(made.stride, len(stride)), strict=False))
            if "name" in one:
                names[one["name"]] = shape
        return Made(shape, total, stride)

    def layer(self, entry: Entry, inputs: list[Shape], names: dict[str, Shape]) -> Made:
        if "shares" in entry:
            shared, source = self.made[entry["shares"]]
            if (len(source), source[-1]) != (len(inputs[0]), inputs[0][-1]):
                raise InvalidError("weights of other channels")
            again = {**shared, **{key: entry[key] for key in SLIDING if key in entry}}
            made, original = self.layer(again, inputs, names), self.layer(shared, [source], names)
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
        if kind in JOINS:
            return join(kind, inputs, entry.get("axis", "channels"))
        if kind == "parameter":
            shape = tuple(map(int, entry["shape"].split("x")))
            return Made(shape, Cost.same(0, prod(shape) * entry.get("trainable", True)))
        if kind == "attention":
            return attention(entry, shape, inputs[-1])
        return MANY[kind](entry, *inputs) if kind in MANY else KINDS[kind](entry, shape)

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
        projection = conv(one, shape)
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
