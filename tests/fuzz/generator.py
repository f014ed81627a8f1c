"""Random specs that make sense, and the cost that the evaluator finds: maps of one to three axes, nested and shared.

Layers are drawn one after the other; what the evaluator calls invalid is drawn again. A number (the seed) makes the
same spec each time.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from fuzz.evaluator import Evaluator
from fuzz.kinds import AXES, Entry, InvalidError, Made, Shape

CHANNELS = [1, 2, 3, 4, 6, 8, 12, 16, 24]
NORMS: list[Any] = [
    "none",
    "batch",
    "layer",
    {"type": "group", "groups": 1},
    {"type": "batch", "affine": False},
    {"type": "instance", "affine": "scale"},
]
ACTIVATIONS: list[Any] = ["none", "relu", "prelu", "swish", {"type": "prelu", "shared": True}]
SIMPLE = [
    "relu",
    "relu6",
    "prelu",
    "sigmoid",
    "batch_norm",
    "layer_norm",
    "dropout",
    "gelu",
    "squeeze_excite",
    "instance_norm",
    "rms_norm",
]
#: What a projection can stride along with.
STRAIGHT = ["conv", "conv", "depthwise_conv", "separable_conv", "inverted_residual", "max_pool", "simple"]
KINDS = [
    *(
        *STRAIGHT,
        *STRAIGHT,
        "conv",
        "conv_transpose",
        "group_norm",
        "channel_shuffle",
        "upsample",
        "avg_pool",
    ),
    *("elementwise", "reduce", "transpose", "depth_to_space", "space_to_depth", "attention", "linear"),
    *("rnn", "gru", "lstm", "embedding"),
]
FUNCTIONS = ["sqrt", "rsqrt", "pow", "abs", "exp", "reciprocal", "cumsum"]
REDUCTIONS = ["mean", "sum", "max", "l2", "variance", "argmax"]
TWO_INPUTS = ["add", "multiply", "concat", "subtract", "divide", "maximum", "minimum", "compare", "attention"]
DTYPES: list[Any] = ["float32", "int8", "bfloat16", "int1", {"weights": "int4", "activations": "int16"}]
#: Fields whose value may be left open.
OPEN = [
    "out_channels",
    "kernel_size",
    "stride",
    "groups",
    "bias",
    "repeat",
    "hidden_size",
    "heads",
    "function",
]


class Generator:
    """One random spec."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.axes = self.random.choice([1, 2, 2, 2, 3])
        source = [self.random.randint(1, 12) for _ in range(self.axes)] + [self.random.choice(CHANNELS)]
        text = "x".join(map(str, source))
        self.spec: Entry = {
            **(
                {"inputs": {"new": text, "kept": text}, "state": ["kept"]}
                if self.chance(0.1)
                else {"input": text}
            ),
            **self.some(dtype=DTYPES),
            "defaults": self.some(norm=NORMS, activation=ACTIVATIONS, bias=[True, False]),
        }
        if self.chance(0.3):
            body = [
                {"type": "conv", "out_channels": "$w", "kernel_size": self.kernel(), "stride": "$s"},
                *([{"type": "depthwise_conv"}] if self.chance(0.5) else []),
                {"type": "residual", "body": [{"type": "separable_conv", "out_channels": "$w"}]},
            ]
            self.spec["blocks"] = {"piece": {"parameters": {"w": "required", "s": 1}, "layers": body}}
        self.evaluator = Evaluator(self.spec)
        self.spec["layers"] = []

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def some(self, **choices: list[Any]) -> Entry:
        """Some of the fields, each with one of its values."""
        return {key: self.random.choice(values) for key, values in choices.items() if self.chance(0.35)}

    def kernel(self) -> Any:
        each = [self.random.choice([1, 2, 3, 3, 5]) for _ in range(self.axes)]
        return each[0] if self.chance(0.7) else each

    def padding(self) -> Any:
        count = self.axes if self.chance(0.5) else 2 * self.axes
        each = [self.random.randint(0, 2) for _ in range(count)]
        return self.random.choice(["same", "valid", 0, 1, 2, each])

    def fused(self) -> Entry:
        return self.some(norm=NORMS, activation=ACTIVATIONS, bias=[True, False])

    def sliding(self, straight: bool) -> Entry:
        stride = [self.random.choice([1, 1, 1, 2, 3]) for _ in range(self.axes)]
        fields = {"stride": stride[0] if self.chance(0.8) else stride} if self.chance(0.4) else {}
        if straight:
            return fields
        return fields | ({"padding": self.padding()} if self.chance(0.4) else {})

    def one(self, shape: Shape, depth: int, straight: bool = False) -> Entry:
        """A layer, which need not fit."""
        if depth and not straight and self.chance(0.2):
            return self.residual(shape, depth) if self.chance(0.6) else self.branches(shape, depth)
        kind = self.random.choice(STRAIGHT if straight else KINDS)
        if kind == "simple":
            return {"type": self.random.choice(SIMPLE)}
        channels = {"out_channels": self.random.choice(CHANNELS)}
        dilation = {} if straight else self.some(dilation=[1, 2])
        match kind:
            case "conv":
                fields = channels | {"kernel_size": self.kernel()} | dilation
                fields |= self.some(groups=[1, 2, 3, 4, shape[-1]], separable=["auto", "never"])
            case "depthwise_conv":
                fields = dilation | self.some(kernel_size=[1, 3, 5], depth_multiplier=[1, 2])
            case "separable_conv":
                fields = channels | dilation | self.some(kernel_size=[1, 2, 3, 5], depth_multiplier=[1, 2])
                fields |= self.some(between=["none", {"norm": "none"}, {"activation": "prelu", "bias": True}])
            case "inverted_residual":
                fields = channels | self.random.choice(
                    [
                        {"expansion": self.random.choice([1, 2, 1.5, 6])},
                        {"expanded_channels": shape[-1]},
                        {"expanded_channels": 7},
                    ]
                )
                fields |= self.some(
                    kernel_size=[1, 3, 5], squeeze_excite=[{}, {"reduction": 2}, {"squeeze_channels": 3}]
                )
            case "conv_transpose":
                fields = channels | {"kernel_size": self.kernel()} | dilation | self.some(groups=[1, 2])
                if self.chance(0.3):
                    fields |= {"stride": 2, "padding": 1, "output_padding": 1}
            case "max_pool" | "avg_pool":
                fields = {"kernel_size": self.random.choice([1, 2, 3]), "padding": "same"}
            case _:
                return {"type": kind, **self.unfused(kind, shape)}
        if "pool" not in kind:
            fields |= self.fused()
        return {
            "type": kind,
            **fields,
            **{k: v for k, v in self.sliding(straight).items() if k not in fields},
        }

    def unfused(self, kind: str, shape: Shape) -> Entry:
        """The fields of what is no convolution."""
        match kind:
            case "group_norm" | "channel_shuffle":
                return {"groups": self.random.choice([1, 2, 3])}
            case "elementwise":
                return {"function": self.random.choice(FUNCTIONS)}
            case "reduce":
                axes = self.random.sample(AXES, self.random.randint(1, 2))
                return {
                    "function": self.random.choice(REDUCTIONS),
                    **self.some(axes=[axes], keep=[True, False]),
                }
            case "transpose":
                named = AXES[-len(shape) :]
                return {"order": self.random.sample(named, len(named))}
            case "depth_to_space" | "space_to_depth":
                return {"block_size": self.random.choice([1, 2, 2, 3, [2] * self.axes])}
            case "upsample":
                return {"scale": self.random.choice([1, 2, [2] * self.axes])}
        return self.learned(kind)

    def learned(self, kind: str) -> Entry:
        """The fields of what is no convolution and has weights."""
        match kind:
            case "attention":
                heads = self.random.choice([1, 2, 3, 4])
                fields = self.some(kv_heads=[1, 2, heads], head_size=[1, 5], value_size=[3], out_channels=[7])
                return {"heads": heads, **fields, **self.some(bias=[False], causal=[True])}
            case "embedding":
                fields = {
                    "num_embeddings": self.random.randint(1, 99),
                    "embedding_dim": self.random.choice([1, 4, 9]),
                }
                return fields | self.some(trainable=[False])
            case "linear":
                return {"out_features": 5, "per_position": True} | self.some(
                    bias=[False], activation=ACTIVATIONS
                )
        fields = {"hidden_size": self.random.choice([1, 3, 8])} | self.some(
            layers=[1, 2, 3], biases=[0, 1, 2]
        )
        fields |= self.some(direction=["forward", "backward", "both"], returns=["sequence", "last"])
        return fields | (self.some(projection=[1, 2], peepholes=[True]) if kind == "lstm" else {})

    def residual(self, shape: Shape, depth: int) -> Entry:
        shortcut = self.random.choice(["identity", "projection", "projection", "layers"])
        body = self.layers(shape, depth - 1, straight=shortcut == "projection")
        if shortcut == "identity":
            body.append({"type": "conv", "out_channels": shape[-1], "kernel_size": 1})
        entry: Entry = {"type": "residual", "body": body, **self.some(activation=ACTIVATIONS)}
        return entry | {"shortcut": self.layers(shape, 0) if shortcut == "layers" else shortcut}

    def branches(self, shape: Shape, depth: int) -> Entry:
        paths = [
            self.layers(shape, depth - 1) if self.chance(0.7) else []
            for _ in range(self.random.randint(2, 3))
        ]
        return {
            "type": "branches",
            "paths": paths,
            "merge": self.random.choice(["concat", "add", "multiply"]),
        }

    def layers(self, shape: Shape, depth: int, straight: bool = False) -> list[Entry]:
        """A few layers that fit, one after the other."""
        made: list[Entry] = []
        for _ in range(self.random.randint(1, 3)):
            entry = self.fitting(shape, depth, straight)
            if entry is not None:
                made.append(entry)
                shape = self.evaluator.layer(entry, [shape], {}).shape
        return made or [{"type": "relu"}]

    def fitting(self, shape: Shape, depth: int, straight: bool = False) -> Entry | None:
        for _ in range(4):
            entry = self.one(shape, depth, straight)
            try:
                self.evaluator.layer(entry, [shape], {})
            except InvalidError:
                continue
            return entry
        return None

    def row(self, shape: Shape, number: int) -> Entry | None:
        """A layer of the top level: a use of the block, a join, shared, repeated or plain."""
        names, made = self.evaluator.names, self.evaluator.made
        choice = self.random.random()
        if choice < 0.1 and "blocks" in self.spec:
            return {"type": "piece", "w": self.random.choice(CHANNELS), **self.some(s=[2])}
        if choice < 0.2 and made:
            return {"shares": self.random.choice([*made])}
        if choice < 0.3 and len(names) > 1:
            kind = self.random.choice([*TWO_INPUTS, "where"])
            inputs = [self.random.choice([*names]) for _ in range(3 if kind == "where" else 2)]
            return {"type": kind, "inputs": inputs, **(self.learned(kind) if kind == "attention" else {})}
        entry = self.fitting(shape, 2)
        if entry is None:
            return None
        if self.chance(0.3):
            entry["name"] = f"n{number}"
        if self.chance(0.15):
            entry["repeat"] = self.random.randint(2, 5)
        return entry | (self.some(dtype=DTYPES) if self.chance(0.2) else {})

    def left_open(self) -> None:
        """Say values of layers as choices, of which the first is taken."""
        for number, entry in enumerate(self.spec["layers"]):
            for field in OPEN:
                if field in entry and self.chance(0.3):
                    others = [value for value in (1, 2) if value != entry[field]]
                    self.spec.setdefault("choices", {})[f"c{number}_{field}"] = [entry[field], *others]
                    entry[field] = f"$c{number}_{field}"

    def start(self) -> list[Made]:
        """Where there are two inputs, the first layer takes one by its name."""
        if "inputs" not in self.spec:
            return []
        self.spec["layers"].append({"type": "relu", "inputs": ["new"], "name": "start"})
        return [self.evaluator.row(self.spec["layers"][0], self.evaluator.source)]

    def end(self, shape: Shape) -> list[Made]:
        """A classifier, as most networks have one."""
        entries = [
            *([{"type": "global_avg_pool"}] if len(shape) > 1 else []),
            {"type": "linear", "out_features": 10, **self.some(bias=[False])},
        ]
        made = []
        for entry in entries:
            self.spec["layers"].append(entry if len(entry) > 1 else entry["type"])
            made.append(self.evaluator.row(entry, shape))
            shape = made[-1].shape
        return made

    def run(self) -> tuple[str, list[Made]]:
        """The spec's text, and each row's output and cost."""
        shape, rows = self.evaluator.source, self.start()
        for number in range(self.random.randint(1, 7)):
            entry = self.row(shape, number)
            try:
                made = None if entry is None else self.evaluator.row(entry, shape)
            except InvalidError:
                continue
            if made is not None:
                shape = made.shape
                self.spec["layers"].append(entry)
                rows.append(made)
        if not rows or self.chance(0.3):
            rows += self.end(shape)
        if self.chance(0.2):
            self.left_open()
        return json.dumps(self.spec), rows
