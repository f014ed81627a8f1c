"""The width multiplier α of MobileNet (arXiv:1704.04861, section 3.3): every layer's channels scaled."""

from __future__ import annotations

from fractions import Fraction

from costcalc.layers.channels import ChannelScaling
from costcalc.layers.conv import Conv
from costcalc.network import Network
from costcalc.quantity import Numeral, parse_decimal, shown
from costcalc.spec import NetworkSpec

#: So many widths at most are looked at in one run.
_MOST = 1000


def parse_width_multiplier(text: str) -> Fraction:
    """An exact decimal above 0, such as ``0.75``; raises ValueError."""
    multiplier = parse_decimal(text)
    if not 0 < multiplier <= 1000:
        raise ValueError(f"must be above 0 and at most 1000, not {shown(Numeral(text))}")
    return multiplier


def parse_width_multipliers(text: str) -> list[Fraction]:
    """``0.5,0.75,1``, or ``0.5:1:0.25`` for all from one to another by steps; raises ValueError."""
    parts = text.split(":")
    if len(parts) == 1:
        return [parse_width_multiplier(part) for part in text.split(",")]
    if len(parts) != 3:
        raise ValueError(f"must be multipliers such as 0.5,1 or FROM:TO:STEP, not {shown(text)}")
    first, last, step = map(parse_width_multiplier, parts)
    count = (last - first) // step + 1
    if not 1 <= count <= _MOST:
        raise ValueError(f"must be from 1 to {_MOST} multipliers, and {shown(text)} is {max(0, count)}")
    return [first + number * step for number in range(count)]


def at_width(spec: NetworkSpec, unscaled: Network, multiplier: Fraction) -> NetworkSpec:
    """The same network at a width; ``unscaled`` is the spec resolved as it was written.

    It tells which grouped convolutions are depthwise, so that they stay so.
    """
    if multiplier == 1:
        return spec
    depthwise = frozenset(
        node.path
        for node in unscaled.nodes
        if isinstance(node.layer, Conv) and node.layer.groups == node.input_shapes[0].channels > 1
    )
    scaling = ChannelScaling(multiplier, spec.channel_divisor, depthwise)
    return spec.scaled_by(scaling).noted(f"width multiplier α = {float(multiplier):g}: {scaling.rule}")
