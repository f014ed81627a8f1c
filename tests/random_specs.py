"""Random valid specs for the laws: layers drawn one after the other, each of a kind that fits what came before.

Shapes are tracked here by hand (all padding is ``same``), so that nothing rests on what is tested.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hypothesis import strategies as st

Entry = dict[str, Any]
Draw = st.DrawFn


class Size(NamedTuple):
    """H, W, C."""

    height: int
    width: int
    channels: int

    def strided(self, stride: int, channels: int) -> Size:
        return Size(-(-self.height // stride), -(-self.width // stride), channels)


@dataclass
class RandomSpec:
    """A spec as it was written, and the same with its blocks written out by hand and its repeats as copies."""

    head: Entry
    written: list[Entry] = field(default_factory=list)
    inlined: list[Entry] = field(default_factory=list)

    @property
    def text(self) -> str:
        return json.dumps({**self.head, "layers": self.written})

    @property
    def text_by_hand(self) -> str:
        """Without blocks and repeats."""
        head = {key: value for key, value in self.head.items() if key != "blocks"}
        return json.dumps({**head, "layers": self.inlined})


channels = st.sampled_from([1, 2, 3, 4, 6, 8, 12])
kernels = st.sampled_from([1, 2, 3, 5, [1, 3], [3, 1], [1, 1]])
strides = st.sampled_from([1, 1, 1, 2])
norms = st.sampled_from(
    ["none", "batch", "layer", {"type": "group", "groups": 1}, {"type": "batch", "affine": False}]
)
activations = st.sampled_from(["none", "relu", "prelu", "swish", {"type": "prelu", "shared": True}])
SIMPLE = ["relu", "prelu", "batch_norm", "layer_norm", "dropout", "sigmoid", "lrn"]


def dressing(draw: Draw) -> Entry:
    """Bias, norm and activation, or nothing of it, so that the defaults reach the layer."""
    fields: Entry = {}
    if draw(st.booleans()):
        fields["norm"] = draw(norms)
    if draw(st.booleans()):
        fields["activation"] = draw(activations)
    if draw(st.booleans()):
        fields["bias"] = draw(st.booleans())
    return fields


def convolution(draw: Draw, size: Size) -> tuple[Entry, Size]:
    out, stride = draw(channels), draw(strides)
    entry = {
        "type": "conv",
        "out_channels": out,
        "kernel_size": draw(kernels),
        "stride": stride,
        **dressing(draw),
    }
    if draw(st.integers(0, 4)) == 0:
        entry["groups"] = draw(
            st.sampled_from([g for g in range(1, 13) if not size.channels % g and not out % g])
        )
    if draw(st.integers(0, 4)) == 0:
        entry["separable"] = "never"
    if draw(st.integers(0, 4)) == 0:
        entry["dilation"] = 2
    return entry, size.strided(stride, out)


def depthwise(draw: Draw, size: Size) -> tuple[Entry, Size]:
    multiplier, stride = draw(st.sampled_from([1, 1, 2])), draw(strides)
    entry = {"type": "depthwise_conv", "stride": stride, "depth_multiplier": multiplier, **dressing(draw)}
    return entry, size.strided(stride, size.channels * multiplier)


def separable(draw: Draw, size: Size) -> tuple[Entry, Size]:
    out, stride = draw(channels), draw(strides)
    entry = {"type": "separable_conv", "out_channels": out, "stride": stride, **dressing(draw)}
    if draw(st.booleans()):
        entry["between"] = draw(
            st.sampled_from(["none", {"norm": "none"}, {"activation": "relu", "bias": True}])
        )
    return entry, size.strided(stride, out)


def inverted(draw: Draw, size: Size) -> tuple[Entry, Size]:
    out, stride = draw(channels), draw(strides)
    entry = {
        "type": "inverted_residual",
        "out_channels": out,
        "stride": stride,
        "expansion": draw(st.sampled_from([1, 2, 6])),
        **dressing(draw),
    }
    if draw(st.booleans()):
        entry["squeeze_excite"] = {"reduction": draw(st.sampled_from([1, 4]))}
    return entry, size.strided(stride, out)


def transposed(draw: Draw, size: Size) -> tuple[Entry, Size]:
    out = draw(channels)
    entry = {"type": "conv_transpose", "out_channels": out, "kernel_size": 2, "stride": 2, **dressing(draw)}
    return entry, Size(size.height * 2, size.width * 2, out)


def pool(draw: Draw, size: Size) -> tuple[Entry, Size]:
    entry = {"type": draw(st.sampled_from(["max_pool", "avg_pool"])), "kernel_size": 2, "padding": "same"}
    return entry, size.strided(2, size.channels)


def simple(draw: Draw, size: Size) -> tuple[Entry, Size]:
    return {"type": draw(st.sampled_from([*SIMPLE, "squeeze_excite"]))}, size


def residual(draw: Draw, size: Size, depth: int) -> tuple[Entry, Size]:
    body, made = layers(draw, size, depth - 1)
    if made == size:
        shortcut = draw(st.sampled_from(["identity", "projection"]))
    elif has_no_stride(body):
        body.append({"type": "conv", "out_channels": size.channels, "kernel_size": 3})
        made = made._replace(channels=size.channels)
        shortcut = "identity" if made == size else "unknown"
    else:
        shortcut = "projection"
    if shortcut == "unknown":
        return simple(draw, size)
    return {"type": "residual", "body": body, "shortcut": shortcut, "activation": draw(activations)}, made


def has_no_stride(body: list[Entry]) -> bool:
    """Whether a 1×1 convolution may miss the size that a body makes: rounding up twice, or growing."""
    return any(item["type"] == "conv_transpose" or "body" in item or "paths" in item for item in body)


def branches(draw: Draw, size: Size, depth: int) -> tuple[Entry, Size]:
    """Paths that keep the map's size."""
    paths, total = [], 0
    for _ in range(draw(st.integers(2, 3))):
        path = [simple(draw, size)[0] for _ in range(draw(st.integers(0, 1)))]
        made = size.channels
        if draw(st.booleans()):
            made = draw(channels)
            path.append(
                {"type": "conv", "out_channels": made, "kernel_size": draw(kernels), **dressing(draw)}
            )
        paths.append(path)
        total += made
    return {"type": "branches", "merge": "concat", "paths": paths}, size._replace(channels=total)


def one(draw: Draw, size: Size, depth: int) -> tuple[Entry, Size]:
    """One layer that fits."""
    kinds = [convolution, convolution, separable, depthwise, inverted, simple, pool, transposed]
    choice = draw(st.integers(0, len(kinds) + (2 if depth else 0) - 1))
    if choice < len(kinds):
        return kinds[choice](draw, size)
    return (residual if choice == len(kinds) else branches)(draw, size, depth)


def layers(draw: Draw, size: Size, depth: int) -> tuple[list[Entry], Size]:
    """A few layers, and the size they make."""
    made = []
    for _ in range(draw(st.integers(1, 3))):
        entry, size = one(draw, size, depth)
        made.append(entry)
    return made, size


def filled(entry: Any, words: dict[str, Any]) -> Any:
    """An entry with its ``$word``s replaced."""
    if isinstance(entry, dict):
        return {key: filled(value, words) for key, value in entry.items()}
    if isinstance(entry, list):
        return [filled(value, words) for value in entry]
    return words[entry[1:]] if isinstance(entry, str) and entry.startswith("$") else entry


def block_body(draw: Draw) -> list[Entry]:
    """The layers of a block with the parameters ``w`` and ``s``."""
    body: list[Entry] = [
        {"type": "conv", "out_channels": "$w", "kernel_size": 3, "stride": "$s", **dressing(draw)}
    ]
    for _ in range(draw(st.integers(0, 2))):
        body.append(
            draw(
                st.sampled_from(
                    [
                        {"type": "separable_conv", "out_channels": "$w"},
                        {
                            "type": "residual",
                            "body": [{"type": "conv", "out_channels": "$w", "kernel_size": 3}],
                        },
                        {"type": "depthwise_conv"},
                        {"type": "relu"},
                    ]
                )
            )
        )
    return body


@st.composite
def specs(draw: Draw) -> RandomSpec:
    """A spec with blocks, repeats and shares."""
    size = Size(draw(st.integers(1, 9)), draw(st.integers(1, 9)), draw(channels))
    defaults = {
        key: draw(values)
        for key, values in (("norm", norms), ("activation", activations), ("bias", st.booleans()))
        if draw(st.booleans())
    }
    body = block_body(draw)
    head: Entry = {
        "input": "x".join(map(str, size)),
        "defaults": defaults,
        "blocks": {"piece": {"parameters": {"w": "required", "s": 1}, "layers": body}},
    }
    spec = RandomSpec(head)
    shareable: dict[str, int] = {}  # names of convolutions that keep the size, with their channels
    for number in range(draw(st.integers(1, 6))):
        choice = draw(st.integers(0, 9))
        candidates = [name for name, count in shareable.items() if count == size.channels]
        if choice == 0 and candidates:
            entry: Entry = {"shares": draw(st.sampled_from(candidates))}
            if draw(st.booleans()):
                entry["stride"] = draw(strides)
                size = size.strided(entry["stride"], size.channels)
            spec.written.append(entry)
            spec.inlined.append(entry)
        elif choice == 1:
            words = {"w": draw(channels), "s": draw(strides)}
            use: Entry = {"type": "piece", "w": words["w"]} | ({"s": 2} if words["s"] == 2 else {})
            spec.written.append(use)
            spec.inlined += filled(body, words)
            size = size.strided(words["s"], words["w"])
        elif choice == 2:
            out, count = draw(channels), draw(st.integers(2, 4))
            entry = {
                "type": draw(st.sampled_from(["conv", "separable_conv"])),
                "out_channels": out,
                "kernel_size": 3,
            }
            spec.written.append({**entry, "repeat": count})
            spec.inlined += [entry] * count
            size = size._replace(channels=out)
        elif choice == 3:
            kind = draw(st.sampled_from(["conv", "separable_conv"]))
            entry = {"type": kind, "name": f"n{number}", "out_channels": size.channels, "kernel_size": 3}
            entry |= dressing(draw)
            shareable[entry["name"]] = size.channels
            spec.written.append(entry)
            spec.inlined.append(entry)
        else:
            entry, size = one(draw, size, 2)
            spec.written.append(entry)
            spec.inlined.append(entry)
    return spec
