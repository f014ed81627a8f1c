"""Attention: every position of the queries weighs all positions of the keys and sums up their values.

    multiplies = P·C_in·h·d + Q·C_m·k·(d + d_v) + P·(Q/w)·h·(d + d_v) + P·h·d_v·C_out

P, Q: positions of the queries and of what is attended to; h: ``heads``; k: ``kv_heads``, of which each serves h/k
heads (as many as heads unless said); d: ``head_size`` (C_in/h); d_v: ``value_size`` (d); C_out: ``out_channels``
(C_in). Its input attends to itself; a second input is what it attends to instead. It is made of linear layers, matmuls
and a softmax; ``projections: false`` has the two matmuls alone, on queries, keys and values that come in.
``causal`` masks what comes later: all products are computed, so all are counted.

``window_size`` divides the queries into w windows, and what they attend to into as many: a query meets the keys of its
own window alone. Which positions a window has, its neighbours or a grid, costs the same. ``score_bias: true`` adds the
last input to the scores: a table of relative positions, or a mask; one for each pair of positions of a window and each
head, or for all windows, or all heads. ``packed`` says which linear layers are one: ``qkv`` of queries, keys and
values, ``kv`` of keys and values. ``output_bias`` is the last layer's, where that has another bias than the others.

Source: Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, section 3.2; Ainslie et al., "GQA",
arXiv:2305.13245, section 2.2 (kv_heads); Liu et al., "Swin Transformer", arXiv:2103.14030, section 3.2 (windows,
bias of positions).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import Field, model_validator

from costcalc.errors import ShapeError
from costcalc.layers.base import Composite, Context, Part
from costcalc.layers.concat import Concat
from costcalc.layers.elementwise import Elementwise
from costcalc.layers.fields import Flag, OneOf, Size, Sizes, per_axis
from costcalc.layers.linear import Linear
from costcalc.layers.matmul import Matmul
from costcalc.layers.reshape import Reshape
from costcalc.layers.slice import Slice
from costcalc.layers.softmax import Softmax
from costcalc.shape import Shape

Packed = Annotated[str, OneOf("none", "kv", "qkv")]


class _Three(NamedTuple):
    """Queries, keys and values: their names and their shapes."""

    names: list[str]
    shapes: list[Shape]


class AttentionWeights(Softmax):
    """The softmax of an attention's scores, which knows the attention: an exporter may write the whole as one."""

    attention: Any = Field(None, exclude=True, repr=False)


class Attention(Composite):
    """Scaled dot products in heads, between linear layers."""

    arity: ClassVar[tuple[int, int | None]] = (1, 4)
    absent: ClassVar[Mapping[str, str]] = {
        "kv_heads": "heads",
        "head_size": "channels / heads",
        "value_size": "head_size",
        "out_channels": "channels",
        "output_bias": "bias",
        "window_size": "all positions",
    }

    heads: Size
    kv_heads: Size | None = None
    head_size: Size | None = None
    value_size: Size | None = None
    out_channels: Size | None = None
    window_size: Sizes | None = None
    score_bias: Flag = False
    bias: Flag = True
    output_bias: Flag | None = None
    projections: Flag = True
    packed: Packed = "none"
    causal: Flag = False

    @model_validator(mode="after")
    def _sizes_of_projections(self) -> "Attention":
        said = [
            name
            for name in ("head_size", "value_size", "out_channels", "output_bias")
            if getattr(self, name) is not None
        ]
        said += ["packed"] if self.packed != "none" else []
        if said and not self.projections:
            raise ValueError(f"has no projections, so its inputs say {said[0]}")
        return self

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """``query``, ``key``, ``value``, ``scores``, ``weights``, ``values``, ``output``; raises ShapeError."""
        shared = self.kv_heads or self.heads
        if self.heads % shared:
            raise ShapeError(f"heads (={self.heads}) must be divisible by kv_heads (={shared})", "kv_heads")
        names = ["input", "input_2", "input_3", "input_4"][: len(inputs)]
        added = None
        if self.score_bias:
            added, names, inputs = (names[-1], inputs[-1]), names[:-1], inputs[:-1]
        if not 1 <= len(names) <= 3:
            beside = " beside what is added to the scores" if self.score_bias else ""
            raise ShapeError(f"takes queries, keys and values, not {len(names)} inputs{beside}")
        three = _Three([*names, *names[-1:] * 2][:3], [*inputs, *[inputs[-1]] * 2][:3])
        parts: list[Part] = []
        if self.projections:
            three = self._projected(parts, shared, three, alone=len(names) == 1)
        three = self._for_all_heads(parts, shared, three)
        self._products(parts, three, added)
        if self.projections:
            last = self.bias if self.output_bias is None else self.output_bias
            parts.append(Part("output", _linear(self.out_channels or inputs[0].channels, last)))
        return parts

    def _projected(self, parts: list[Part], shared: int, three: _Three, alone: bool) -> _Three:
        """The linear layers of queries, keys and values."""
        channels = three.shapes[0].channels
        if self.head_size is None and channels % self.heads:
            raise ShapeError(f"channels (={channels}) must be divisible by heads (={self.heads})", "heads")
        size = self.head_size or channels // self.heads
        widths = [self.heads * size, shared * size, shared * (self.value_size or size)]
        made = _Three(
            ["query", "key", "value"],
            [Shape(shape.spatial, width) for shape, width in zip(three.shapes, widths, strict=True)],
        )
        first = {"none": 3, "kv": 1, "qkv": 0}[self.packed]
        if first < 3:
            if len({*three.names[first:]}) > 1 or (first == 0 and not alone):
                raise ShapeError(f"what is packed (={self.packed}) must come of one input", "packed")
            whole = "query_key_value" if first == 0 else "key_value"
            parts.append(Part(whole, _linear(sum(widths[first:]), self.bias), (three.names[first],)))
            for at in range(first, 3):
                start = sum(widths[first:at])
                cut = Slice(type="slice", channels=(start, start + widths[at]))
                parts.append(Part(made.names[at], cut, (whole,)))
        for at in range(first):
            parts.append(Part(made.names[at], _linear(widths[at], self.bias), (three.names[at],)))
        return made

    def _for_all_heads(self, parts: list[Part], shared: int, three: _Three) -> _Three:
        """Keys and values once for every head that reads them."""
        times = self.heads // shared
        if times == 1:
            return three
        names, shapes = [three.names[0]], [three.shapes[0]]
        for name, at in (("keys_of_all_heads", 1), ("values_of_all_heads", 2)):
            parts.append(Part(name, Concat(type="concat"), (three.names[at],) * times))
            names.append(name)
            shapes.append(Shape(three.shapes[at].spatial, times * three.shapes[at].channels))
        return _Three(names, shapes)

    def _products(self, parts: list[Part], three: _Three, added: tuple[str, Shape] | None) -> None:
        """Scores, their softmax, and the sums of values, in windows where there are several."""
        windows = self._windows(three)
        if windows > 1:
            for name, at in (("queries", 0), ("keys", 1), ("values", 2)):
                source = three.shapes[at]
                parts.append(_reshaped(f"{name}_by_window", (source.positions // windows,), windows * source.channels,
                                       three.names[at]))  # fmt: skip
            names = ["queries_by_window", "keys_by_window", "values_by_window"]
        else:
            names = [*three.names]
        heads = windows * self.heads
        scores = Matmul(type="matmul", transpose=True, heads=heads)
        parts.append(Part("scores", scores, (names[0], names[1])))
        rows = (three.shapes[0].positions // windows,) if windows > 1 else three.shapes[0].spatial
        keys = three.shapes[1].positions // windows
        softmax = AttentionWeights(type="softmax", attention=self)
        if added is None:
            parts.append(Part("weights", softmax))
        else:
            self._biased(parts, softmax, windows, Shape(rows, heads * keys), added)
        mixed = "mixed" if windows > 1 else "values"
        parts.append(Part(mixed, Matmul(type="matmul", heads=heads), (parts[-1].name, names[2])))
        if windows > 1:
            parts.append(_reshaped("values", three.shapes[0].spatial, three.shapes[2].channels))

    def _biased(
        self, parts: list[Part], softmax: Softmax, windows: int, scores: Shape, added: tuple[str, Shape]
    ) -> None:
        """The softmax of scores and what is added to them, which windows or heads may have in common."""
        name, shape = added
        pairs = scores.elements // (windows * self.heads)
        rows, keys = scores.positions, scores.channels // (windows * self.heads)
        for of_windows, of_heads in ((1, self.heads), (windows, self.heads), (1, 1), (windows, 1)):
            if shape.elements == of_windows * of_heads * pairs:
                break
        else:
            raise ShapeError(
                f"what is added to the scores ({shape}) must have {rows}·{keys} numbers, "
                "for each head and window or for all of them",
                "score_bias",
            )
        if shape == scores:
            parts.append(Part("biased", Elementwise(type="add"), (parts[-1].name, name)))
            parts.append(Part("weights", softmax))
            return
        parts.append(_reshaped("scores_by_head", (rows, windows, self.heads), keys))
        parts.append(_reshaped("score_bias", (rows, of_windows, of_heads), keys, name))
        parts.append(Part("biased", Elementwise(type="add"), ("scores_by_head", "score_bias")))
        parts.append(Part("weights_by_head", softmax))
        parts.append(_reshaped("weights", scores.spatial, scores.channels))

    def _windows(self, three: _Three) -> int:
        """Into how many windows the positions of the queries are divided, and those of keys and values."""
        query = three.shapes[0]
        if self.window_size is None:
            return 1
        sizes = per_axis(self.window_size, len(query.spatial), "window_size")
        if any(length % size for length, size in zip(query.spatial, sizes, strict=True)):
            said = list(sizes) if len({*sizes}) > 1 else self.window_size
            raise ShapeError(f"the map ({query}) must be divisible by window_size (={said})", "window_size")
        windows = query.positions // math.prod(sizes)
        for shape in three.shapes[1:]:
            if shape.positions % windows:
                raise ShapeError(
                    f"what is attended to ({shape}) must be divisible into as many windows ({windows})",
                    "window_size",
                )
        return windows


def _linear(width: int, bias: bool) -> Linear:
    return Linear(type="linear", out_features=width, bias=bias, per_position=True)


def _reshaped(name: str, spatial: Sequence[int], channels: int, source: str | None = None) -> Part:
    layer = Reshape(type="reshape", to=Shape(tuple(spatial), channels))
    return Part(name, layer, () if source is None else (source,))
