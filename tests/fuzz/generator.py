"""Random specs that make sense, and the cost that the evaluator finds: maps of one to three axes, nested and shared.

Layers are drawn one after the other; what the evaluator calls invalid is drawn again. A number (the seed) makes the
same spec each time.
"""

from __future__ import annotations

import json

from fuzz.draws import ACTIVATIONS, CHANNELS, DTYPES, KINDS, NORMS, OPEN, SIMPLE, STRAIGHT, TWO_INPUTS, Draws
from fuzz.evaluator import Evaluator
from fuzz.kinds import Entry, InvalidError, Made, Shape


class Generator(Draws):
    """One random spec."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
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

    def one(self, shape: Shape, depth: int, straight: bool = False) -> Entry:
        """A layer, which need not fit."""
        if depth and not straight and self.chance(0.25):
            nested = self.random.choices([self.residual, self.branches, self.piece], (5, 3, 2))[0]
            return nested(shape, depth)
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
            case "max_pool" | "avg_pool" | "lp_pool":
                fields = {"kernel_size": self.random.choice([1, 2, 3])}
                fields |= self.some(p=[1, 2, 3]) if kind == "lp_pool" else {}
                fields |= {"padding": "same"} if straight else dilation | self.some(ceil_mode=[True])
            case _:
                return {"type": kind, **self.unfused(kind, shape)}
        if "pool" not in kind:
            fields |= self.fused()
        return {
            "type": kind,
            **fields,
            **{k: v for k, v in self.sliding(straight).items() if k not in fields},
        }

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
            name = self.random.choice([*made])
            slides = made[name][0].get("type") in ("conv", "depthwise_conv", "separable_conv")
            return {"shares": name, **(self.some(stride=[1, 2, 3], dilation=[1, 2]) if slides else {})}
        if choice < 0.3 and len(names) > 1:
            kind = self.random.choice([*TWO_INPUTS, "where"])
            inputs = [self.random.choice([*names]) for _ in range(3 if kind == "where" else 2)]
            return {
                "type": kind,
                "inputs": inputs,
                **self.joining(kind, names[inputs[0]]),
            }
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
