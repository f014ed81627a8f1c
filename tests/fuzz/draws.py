"""What is drawn of each kind: its fields, which make sense more often than not."""

from __future__ import annotations

from math import prod
from random import Random
from typing import Any

from fuzz.kinds import Entry, Shape
from fuzz.moves import AXES

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
#: What needs no fields.
SIMPLE = [
    "relu", "relu6", "leaky_relu", "prelu", "elu", "selu", "sigmoid", "hard_sigmoid", "tanh", "swish", "hard_swish",
    "gelu", "mish", "softplus", "softmax", "log_softmax", "batch_norm", "batch_norm", "layer_norm", "instance_norm",
    "rms_norm", "dropout", "lrn", "squeeze_excite", "squeeze_excite",
]  # fmt: skip
#: What a projection can stride along with.
STRAIGHT = ["conv", "conv", "depthwise_conv", "separable_conv", "inverted_residual", "max_pool", "simple"]
KINDS = [
    *STRAIGHT, *STRAIGHT, *STRAIGHT, "conv", "conv_transpose", "group_norm", "channel_shuffle", "upsample", "avg_pool",
    "elementwise", "reduce", "transpose", "depth_to_space", "space_to_depth", "attention", "linear", "rnn", "gru",
    "lstm", "embedding", "unfold", "fold", "top_k", "pad", "slice", "gather", "reshape", "flatten", "adaptive_avg_pool",
    "global_avg_pool", "global_max_pool", "lp_pool",
]  # fmt: skip
#: What is a few layers: one makes the second input of another.
PIECES = ["dynamic_conv", "deformable_conv", "unfold", "matmul"]
FUNCTIONS = ["sqrt", "rsqrt", "pow", "abs", "exp", "reciprocal", "cumsum"]
REDUCTIONS = ["mean", "sum", "max", "l2", "variance", "argmax"]
TWO_INPUTS = [
    "add",
    "multiply",
    "concat",
    "subtract",
    "divide",
    "maximum",
    "minimum",
    "compare",
    "attention",
    "matmul",
]
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


class Draws:
    """Draws for maps of so many axes."""

    axes: int

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

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

    def sliding(self, straight: bool = False) -> Entry:
        stride = [self.random.choice([1, 1, 1, 2, 3]) for _ in range(self.axes)]
        fields = {"stride": stride[0] if self.chance(0.8) else stride} if self.chance(0.4) else {}
        if straight:
            return fields
        return fields | ({"padding": self.padding()} if self.chance(0.4) else {})

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
            case "embedding" | "linear" | "attention" | "rnn" | "gru" | "lstm":
                return self.learned(kind)
        return self.moving(kind, shape)

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

    def joining(self, kind: str, shape: Shape) -> Entry:
        """The fields of what has two inputs."""
        match kind:
            case "attention":
                return self.learned(kind)
            case "matmul":
                return {"transpose": True, **self.some(heads=[1, 2])}
            case "concat":
                return self.some(axis=[*AXES[-len(shape) :]])
        return {}

    def moving(self, kind: str, shape: Shape) -> Entry:
        """The fields of what only moves elements."""
        match kind:
            case "unfold":
                return {"kernel_size": self.kernel(), **self.sliding(), **self.some(dilation=[1, 2])}
            case "fold":
                return self.folding(shape)
            case "top_k":
                axis = self.random.choice(AXES[-len(shape) :])
                return {"k": self.random.randint(1, shape[-1]), **self.some(axis=[axis])}
            case "pad":
                padding = self.padding()
                ways = {"padding": 1 if isinstance(padding, str) else padding}, {"channels": [1, 2]}
                return self.random.choice([*ways, {**ways[0], **ways[1]}])
            case "slice":
                pieces = [self.interval(size) for size in shape]
                spatial = {"spatial": self.random.choice([pieces[:-1] or [pieces[0]], pieces[0]])}
                channels = self.random.choice([{"part": 2, "of": 2}, {"channels": pieces[-1]}])
                return self.random.choice([spatial, channels, {**spatial, **channels}])
            case "gather":
                return {"positions": self.random.randint(1, 20)}
            case "reshape":
                sizes = self.random.sample(shape, len(shape))
                flat = [*sizes[:-2], prod(sizes[-2:])]
                return {"to": "x".join(map(str, self.random.choice([sizes, flat])))}
            case "adaptive_avg_pool":
                return {"output_size": self.random.choice([1, 2, 5])}
        return {}  # flatten and what is pooled as a whole

    def interval(self, size: int) -> list[int]:
        start = self.random.randint(0, size - 1)
        return [start, self.random.randint(start + 1, size)]

    def folding(self, shape: Shape) -> Entry:
        """A fold of so many windows, where the channels are windows of as many taps."""
        kernel = [self.random.choice([1, 2, 3]) for _ in range(self.axes)]
        stride, dilation, padding = self.random.choice([1, 2]), self.random.choice([1, 2]), self.chance(0.3)
        size = []
        for places, taps in zip(shape, kernel, strict=False):
            least = (places - 1) * stride + dilation * (taps - 1) + 1 - 2 * padding
            size.append(max(1, least) + self.random.randrange(stride))
        fields = {"stride": stride, "dilation": dilation, "padding": int(padding)}
        return {"size": size, "kernel_size": kernel, **fields}

    def piece(self, shape: Shape, depth: int) -> Entry:
        """What has two inputs, of which one is made for it; beside it, so that it is a layer, its mean."""
        kind, channels = self.random.choice(PIECES), shape[-1]
        if kind == "matmul":
            heads = self.some(heads=[1, 2, 3, 4])
            layers = [
                {"type": kind, "inputs": ["input", "input"], "transpose": True, "name": "scores", **heads},
                {"type": kind, "inputs": ["scores", "input"], **heads},
            ]
        elif kind == "dynamic_conv":
            layers = self.computed_kernel(channels)
        else:
            layers = self.sampled(kind)
        mean = {"type": "reduce", "function": "mean", "axes": [*AXES[-len(shape) :]]}
        return {"type": "branches", "paths": [layers, [mean]], "merge": "add"}

    def computed_kernel(self, channels: int) -> list[Entry]:
        groups, out = self.random.choice([1, 2, channels]), self.random.choice(CHANNELS)
        kernel = [self.random.choice([1, 2, 3]) for _ in range(self.axes)]
        elements = prod(kernel) * (channels // groups) * out
        shape = self.random.choice([str(elements), f"{prod(kernel)}x{channels // groups * out}"])
        return [
            {"type": "parameter", "name": "kernel", "shape": shape, **self.some(trainable=[False])},
            {
                "type": "dynamic_conv", "inputs": ["input", "kernel"], "out_channels": out, "kernel_size": kernel,
                "groups": groups, **self.sliding(), **self.some(dilation=[1, 2]),
            },
        ]  # fmt: skip

    def sampled(self, kind: str) -> list[Entry]:
        """Samples at moved taps: offsets, and perhaps weights, that convolutions make."""
        kernel = [self.random.choice([1, 2, 3]) for _ in range(self.axes)]
        window = {
            "kernel_size": kernel,
            "padding": self.padding(),
            **self.some(stride=[1, 2], dilation=[1, 2]),
        }
        made = [("offsets", self.axes), ("weights", 1)][: self.random.randint(1, 2)]
        of = {"out_channels": self.random.choice(CHANNELS), **self.fused()}
        return [
            *(
                {"type": "conv", "name": name, "inputs": ["input"], "out_channels": each * prod(kernel), **window}
                for name, each in made
            ),
            {
                "type": kind, "inputs": ["input", *(name for name, _ in made)], **window,
                **(of if kind == "deformable_conv" else {}),
            },
        ]  # fmt: skip
