#!/usr/bin/env python3
"""Write the specs of EfficientNet-B0 to B7: one base network, scaled in width, depth and resolution.

    python specs/generate_efficientnet.py    (over)writes efficientnet_b0.yaml ... b7.yaml beside this file

Source: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
arXiv:1905.11946: the base network is Table 1's, the published figures are Table 2's. The coefficients and the
resolutions are those of the authors' code, but for B2, which torchvision runs at 288 (the authors: at 260).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path


@dataclass(frozen=True)
class Stage:
    """A row of Table 1: a stack of inverted residuals, the first of which has the stride."""

    expansion: int
    kernel_size: int
    stride: int
    out_channels: int
    depth: int


STEM_CHANNELS = 32
STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)
HEAD_CHANNELS = 1280


@dataclass(frozen=True)
class Variant:
    """The coefficients of one network, and what Table 2 and torchvision's table print of it."""

    width: str
    depth: str
    resolution: int
    dropout: str
    paper: tuple[str, str]
    torchvision: tuple[str, int]


def _noted(value: str, note: str) -> str:
    return f'{{value: {value}, note: "{note}"}}'


_LESS = "less than the authors' code builds, for no given reason"
VARIANTS = {
    "b0": Variant("1.0", "1.0", 224, "0.2", ("0.39G", "5.3M"), ("0.386G", 5288548)),
    "b1": Variant("1.0", "1.1", 240, "0.2", (_noted("0.70G", "rounded up"), "7.8M"), ("0.687G", 7794184)),
    "b2": Variant(
        "1.1",
        "1.2",
        288,
        "0.3",
        (_noted("1.0G", "at 260, the authors' resolution"), _noted("9.2M", "rounded up")),
        ("1.088G", 9109994),
    ),
    "b3": Variant("1.2", "1.4", 300, "0.3", ("1.8G", "12M"), ("1.827G", 12233232)),
    "b4": Variant("1.4", "1.8", 380, "0.4", (_noted("4.2G", _LESS), "19M"), ("4.394G", 19341616)),
    "b5": Variant("1.6", "2.2", 456, "0.4", (_noted("9.9G", _LESS), "30M"), ("10.266G", 30389784)),
    "b6": Variant("1.8", "2.6", 528, "0.5", ("19G", "43M"), ("19.068G", 43040704)),
    "b7": Variant("2.0", "3.1", 600, "0.5", ("37G", "66M"), ("37.746G", 66347960)),
}

_HEAD = """\
# EfficientNet-{NAME}: {what}. Written by generate_efficientnet.py.
name: EfficientNet-{NAME}
source: "arXiv:1905.11946, Table 1; figures from Table 2"
input: {resolution}x{resolution}x3
channel_divisor: 8
defaults: {{norm: batch, activation: swish}}
blocks:
  mbconv: # squeezed to a quarter of the channels that come in: expansion times 4
    parameters: {{expansion: 6, reduction: 24, kernel: required, out: required, stride: 1}}
    layers:
      - type: inverted_residual
        expansion: $expansion
        kernel_size: $kernel
        out_channels: $out
        stride: $stride
        squeeze_excite: {{reduction: $reduction, activation: swish}}
layers:
  - {{type: conv, name: stem, out_channels: {stem}, kernel_size: 3, stride: 2}}
"""
_TAIL = """\
  - {{type: conv, name: head, out_channels: {head}, kernel_size: 1}}
  - global_avg_pool
  - {{type: dropout, rate: {dropout}}}
  - {{type: linear, out_features: 1000}}
published:
  - multiplies: {paper[0]}
    params: {paper[1]}
  - {{source: torchvision, multiplies: {torchvision[0]}, params: {torchvision[1]}}}
"""


def spec(name: str) -> str:
    """The text of the spec of ``b0`` ... ``b7``."""
    variant = VARIANTS[name]
    growth = f"B0 with {variant.width}x the width and {variant.depth}x the depth"
    head = _HEAD.format(
        NAME=name.upper(),
        what="the base network" if name == "b0" else growth,
        resolution=variant.resolution,
        stem=scaled_width(STEM_CHANNELS, variant.width),
    )
    body = "".join(_stage(stage, variant) for stage in STAGES)
    tail = _TAIL.format(
        head=scaled_width(HEAD_CHANNELS, variant.width),
        dropout=variant.dropout,
        paper=variant.paper,
        torchvision=variant.torchvision,
    )
    return head + body + tail


def scaled_width(channels: int, coefficient: str) -> int:
    """Channels times the coefficient, to the nearest multiple of 8 and never below 0.9 of it."""
    exact = channels * Fraction(coefficient)
    rounded = max(8, int(exact + 4) // 8 * 8)
    return rounded + 8 if rounded < exact * Fraction(9, 10) else rounded


def scaled_depth(blocks: int, coefficient: str) -> int:
    """Blocks times the coefficient, rounded up."""
    return ceil(blocks * Fraction(coefficient))


def _stage(stage: Stage, variant: Variant) -> str:
    block = (
        f"type: mbconv, kernel: {stage.kernel_size}, out: {scaled_width(stage.out_channels, variant.width)}"
    )
    if stage.expansion != 6:
        block += f", expansion: {stage.expansion}, reduction: {4 * stage.expansion}"
    depth = scaled_depth(stage.depth, variant.depth)
    if stage.stride == 1:
        return _line(block, depth)
    return _line(f"{block}, stride: {stage.stride}", 1) + _line(block, depth - 1)


def _line(block: str, repeat: int) -> str:
    return f"  - {{{block}, repeat: {repeat}}}\n" if repeat > 1 else f"  - {{{block}}}\n"


def main() -> None:
    """Write all eight."""
    for name in VARIANTS:
        path = Path(__file__).with_name(f"efficientnet_{name}.yaml")
        path.write_text(spec(name), encoding="utf-8")


if __name__ == "__main__":
    main()
