"""A convolution as standard and as depthwise-separable, against the theory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from costcalc.analysis.explanation.formula import (
    Factor,
    Formula,
    number,
    positions_factor,
    product,
    taps_factor,
    unless_one,
)
from costcalc.layers.conv import Conv
from costcalc.layers.fields import per_axis
from costcalc.network import Node
from costcalc.rewrite.version import Replacement, is_depthwise

#: Whether a node belongs to what is explained.
Choice = Callable[[Node], bool]


@dataclass(frozen=True, slots=True)
class Convolution:
    """One of the three: where it stands, its multiplies, and its weights (also where it shares them)."""

    path: str
    multiplies: Formula
    weights: Formula


@dataclass(frozen=True, slots=True)
class Theory:
    """m·(1/C_out + 1/K²), what separable ÷ standard is by multiplies and by weights."""

    symbols: str
    numbers: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class Pair:
    """One convolution in both forms; ``count`` of them are equal, this is the first.

    ``whole`` says whether all of it belongs to what is explained: a depthwise and its 1×1 may be two layers.
    """

    standard: Convolution
    depthwise: Convolution
    pointwise: Convolution
    theory: Theory
    whole: bool
    count: int = 1

    @property
    def name(self) -> str:
        """What holds both of its parts, or their two paths."""
        first, second = self.depthwise.path, self.pointwise.path
        common = first.removesuffix("/depthwise")
        return common if second == f"{common}/pointwise" else f"{first} and {second}"

    @property
    def multiplies(self) -> tuple[int, int]:
        """Separable and standard."""
        return (
            self.depthwise.multiplies.value + self.pointwise.multiplies.value,
            self.standard.multiplies.value,
        )

    @property
    def weights(self) -> tuple[int, int]:
        """Separable and standard."""
        return self.depthwise.weights.value + self.pointwise.weights.value, self.standard.weights.value

    def formulas(self) -> Iterator[Formula]:
        """Multiplies, then weights, of the three."""
        parts = (self.standard, self.depthwise, self.pointwise)
        yield from (part.multiplies for part in parts)
        yield from (part.weights for part in parts)


class _Nodes(NamedTuple):
    standard: Node
    depthwise: Node
    pointwise: Node


def explain_pairs(
    replacements: Iterable[Replacement], standard: Sequence[Node], separable: Sequence[Node], chosen: Choice
) -> list[Pair]:
    """The replaced convolutions of which a part is chosen; equal ones once, with their number.

    ``standard`` and ``separable`` are all nodes of those versions of the network.
    """
    standard_at = {(node.row, node.path): node for node in standard}
    separable_at = {(node.row, node.path): index for index, node in enumerate(separable)}
    found: dict[object, Pair] = {}
    for replacement in replacements:
        nodes = _nodes(replacement, standard_at, separable, separable_at)
        parts = [chosen(node) for node in nodes]
        if any(parts):
            source, output, kernel = _geometry(nodes.standard)
            key = (source, output, kernel, replacement.depth_multiplier, all(parts))
            same = found.get(key)
            found[key] = (
                replace(same, count=same.count + 1) if same else _pair(nodes, replacement, all(parts))
            )
    return list(found.values())


def _nodes(
    replacement: Replacement,
    standard_at: Mapping[tuple[int, str], Node],
    separable: Sequence[Node],
    separable_at: Mapping[tuple[int, str], int],
) -> _Nodes:
    """The pointwise keeps the path of a written pair; a replaced convolution's is below its path."""
    row, path = replacement.row, replacement.path
    at = separable_at.get((row, path))
    pointwise = separable[separable_at[row, f"{path}/pointwise"] if at is None else at]
    depthwise = separable[pointwise.inputs[0]]
    while not is_depthwise(depthwise):  # norms and activations stand between
        depthwise = separable[depthwise.inputs[0]]
    return _Nodes(standard_at[row, path], depthwise, pointwise)


def _geometry(standard: Node) -> tuple[object, object, tuple[int, ...]]:
    source, layer = standard.input_shapes[0], standard.layer
    assert isinstance(layer, Conv)
    return source, standard.output, per_axis(layer.kernel_size, len(source.spatial), "kernel_size")


def _pair(nodes: _Nodes, replacement: Replacement, whole: bool) -> Pair:
    source, output = nodes.standard.input_shapes[0], nodes.standard.output
    kernel = taps_factor(_geometry(nodes.standard)[2])
    fan_in, fan_out = number("C_in", source.channels), number("C_out", output.channels)
    multiplier = unless_one("m", replacement.depth_multiplier)
    positions = positions_factor(output.spatial)
    return Pair(
        _convolution(nodes.standard, [kernel, fan_in, fan_out], positions),
        _convolution(nodes.depthwise, [kernel, fan_in, multiplier], positions),
        _convolution(nodes.pointwise, [multiplier, fan_in, fan_out], positions),
        _theory(kernel, fan_out, multiplier, replacement.theory),
        whole,
    )


def _convolution(node: Node, weights: Sequence[Factor | None], positions: Factor | None) -> Convolution:
    own = node.layer.tally(node.input_shapes)  # with the weights, if the node itself shares another's
    return Convolution(
        node.path,
        product([*weights, positions], own.sum("multiplies")),
        product(weights, own.sum("weights")),
    )


def _theory(kernel: Factor | None, fan_out: Factor, multiplier: Factor | None, value: Fraction) -> Theory:
    symbols, numbers = (f"1/{fan_out[form]} + {_inverse(kernel[form] if kernel else '1')}" for form in (0, 1))
    if multiplier is None:
        return Theory(symbols, numbers, value)
    return Theory(f"{multiplier.symbols}·({symbols})", f"{multiplier.numbers}·({numbers})", value)


def _inverse(text: str) -> str:
    if text == "1":
        return text
    return f"1/({text})" if "·" in text else f"1/{text}"
