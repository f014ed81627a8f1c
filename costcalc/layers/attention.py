"""Attention: every position of the queries weighs all positions of the keys and sums up their values.

    multiplies = P·C_in·h·d + Q·C_m·k·(d + d_v) + P·Q·h·(d + d_v) + P·h·d_v·C_out

P, Q: positions of the queries and of what is attended to; h: ``heads``; k: ``kv_heads``, of which each serves h/k
heads (as many as heads unless said); d: ``head_size`` (C_in/h); d_v: ``value_size`` (d); C_out: ``out_channels``
(C_in). Its input attends to itself; a second input is what it attends to instead. It is made of linear layers, matmuls
and a softmax; ``projections: false`` has the two matmuls alone, on queries, keys and values that come in.
``causal`` masks what comes later: all products are computed, so all are counted.

Source: Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, section 3.2; Ainslie et al., "GQA",
arXiv:2305.13245, section 2.2 (kv_heads).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import model_validator

from costcalc.errors import ShapeError
from costcalc.layers.activation import Softmax
from costcalc.layers.base import Composite, Context, Part
from costcalc.layers.concat import Concat
from costcalc.layers.fields import Flag, Size
from costcalc.layers.linear import Linear
from costcalc.layers.matmul import Matmul
from costcalc.shape import Shape


class Attention(Composite):
    """Scaled dot products in heads, between linear layers."""

    arity: ClassVar[tuple[int, int | None]] = (1, 3)
    absent: ClassVar[Mapping[str, str]] = {
        "kv_heads": "heads",
        "head_size": "channels / heads",
        "value_size": "head_size",
        "out_channels": "channels",
    }

    heads: Size
    kv_heads: Size | None = None
    head_size: Size | None = None
    value_size: Size | None = None
    out_channels: Size | None = None
    bias: Flag = True
    projections: Flag = True
    causal: Flag = False

    @model_validator(mode="after")
    def _sizes_of_projections(self) -> Attention:
        said = [
            name for name in ("head_size", "value_size", "out_channels") if getattr(self, name) is not None
        ]
        if said and not self.projections:
            raise ValueError(f"has no projections, so its inputs say {said[0]}")
        return self

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """``query``, ``key``, ``value``, ``scores``, ``weights``, ``values``, ``output``; raises ShapeError."""
        shared = self.kv_heads or self.heads
        if self.heads % shared:
            raise ShapeError(f"heads (={self.heads}) must be divisible by kv_heads (={shared})", "kv_heads")
        names = ["input", "input_2", "input_3"][: len(inputs)]
        query, key, value = [*names, *names[-1:] * 2][:3]
        parts: list[Part] = []
        if self.projections:
            parts += self._projected(inputs[0].channels, shared, (query, key, value))
            query, key, value = "query", "key", "value"
        parts += self._products(shared, query, key, value)
        if self.projections:
            parts.append(Part("output", self._linear(self.out_channels or inputs[0].channels)))
        return parts

    def _projected(self, channels: int, shared: int, sources: tuple[str, str, str]) -> list[Part]:
        """The linear layers of queries, keys and values."""
        if self.head_size is None and channels % self.heads:
            raise ShapeError(f"channels (={channels}) must be divisible by heads (={self.heads})", "heads")
        size = self.head_size or channels // self.heads
        widths = self.heads * size, shared * size, shared * (self.value_size or size)
        return [
            Part(name, self._linear(width), (source,))
            for name, width, source in zip(("query", "key", "value"), widths, sources, strict=True)
        ]

    def _products(self, shared: int, query: str, key: str, value: str) -> list[Part]:
        """Scores, their softmax, and the sums of values; keys and values once for every head that reads them."""
        parts: list[Part] = []
        times = self.heads // shared
        if times > 1:
            parts += [
                Part("keys_of_all_heads", Concat(type="concat"), (key,) * times),
                Part("values_of_all_heads", Concat(type="concat"), (value,) * times),
            ]
            key, value = "keys_of_all_heads", "values_of_all_heads"
        scores = Matmul(type="matmul", transpose=True, heads=self.heads)
        return [
            *parts,
            Part("scores", scores, (query, key)),
            Part("weights", Softmax(type="softmax")),
            Part("values", Matmul(type="matmul", heads=self.heads), ("weights", value)),
        ]

    def _linear(self, width: int) -> Linear:
        return Linear(type="linear", out_features=width, bias=self.bias, per_position=True)
