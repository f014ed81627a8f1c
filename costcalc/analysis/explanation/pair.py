"""A convolution as standard and as depthwise-separable, against the theory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from costcalc.layers.formula import Formula, formula
from costcalc.layers.products import (
    C_IN,
    C_IN_PER_GROUP,
    C_OUT,
    DEPTH_MULTIPLIER,
    TAPS,
    Factor,
    Factors,
    Symbol,
    Written,
)
from costcalc.network import Node
from costcalc.rewrite.version import Replacement, is_depthwise

#: Whether a node belongs to what is explained.
Choice = Callable[[Node], bool]


@dataclass(frozen=True, slots=True)
class CostedConvolution:
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

    standard: CostedConvolution
    depthwise: CostedConvolution
    pointwise: CostedConvolution
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


class Replaced(NamedTuple):
    """A replaced convolution, with its nodes in both versions."""

    replacement: Replacement
    nodes: _Nodes

    @property
    def rows(self) -> set[int]:
        """The layers that it is a part of."""
        return {node.row for node in self.nodes}


def replaced_nodes(
    replacements: Iterable[Replacement], standard: Sequence[Node], separable: Sequence[Node]
) -> list[Replaced]:
    """The replaced convolutions, of all nodes of those versions of the network."""
    standard_at = {(node.row, node.path): node for node in standard}
    separable_at = {(node.row, node.path): index for index, node in enumerate(separable)}
    return [Replaced(each, _nodes(each, standard_at, separable, separable_at)) for each in replacements]


def explain_pairs(replaced: Iterable[Replaced], chosen: Choice) -> list[Pair]:
    """The replaced convolutions of which a part is chosen; equal ones once, with their number."""
    found: dict[object, Pair] = {}
    for replacement, nodes in replaced:
        parts = [chosen(node) for node in nodes]
        if any(parts):
            alike = nodes.standard.input_shapes[0], nodes.standard.output, _taps(nodes.standard)[2]
            key = (*alike, replacement.depth_multiplier, all(parts))
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


def _pair(nodes: _Nodes, replacement: Replacement, whole: bool) -> Pair:
    """All three in the symbols of the standard convolution, of which the depthwise makes m·C_in channels."""
    source, output = nodes.standard.input_shapes[0], nodes.standard.output
    between = C_IN(source.channels), DEPTH_MULTIPLIER(replacement.depth_multiplier)
    return Pair(
        _convolution(nodes.standard, {}),
        _convolution(nodes.depthwise, {C_IN_PER_GROUP: (), C_OUT: between}),
        _convolution(nodes.pointwise, {C_IN_PER_GROUP: between[::-1]}),
        _theory(_taps(nodes.standard), C_OUT(output.channels), between[1], replacement.theory),
        whole,
    )


def _convolution(node: Node, renamed: Mapping[Symbol, Factors]) -> CostedConvolution:
    """What its kind states of it, with other factors for some; with the weights, if it shares another's."""
    stated = dict(node.layer.products(node.input_shapes, node.output))
    multiplies, weights = (
        formula(tuple(new for factor in stated[quantity] for new in renamed.get(factor[0], (factor,))))
        for quantity in ("multiplies", "weights")
    )
    return CostedConvolution(node.path, multiplies, weights)


def _taps(node: Node) -> Factor:
    weights = dict(node.layer.products(node.input_shapes, node.output))["weights"]
    return next(factor for factor in weights if factor[0] is TAPS)


def _theory(kernel: Factor, fan_out: Factor, multiplier: Factor, value: Fraction) -> Theory:
    taps, out, factor = (
        symbol.written(sizes) or Written("1", "1", {}) for symbol, _, sizes in (kernel, fan_out, multiplier)
    )
    symbols = f"1/{out.symbols} + {_inverse(taps.symbols)}"
    numbers = f"1/{out.numbers} + {_inverse(taps.numbers)}"
    if multiplier[1] == 1:
        return Theory(symbols, numbers, value)
    return Theory(f"{factor.symbols}·({symbols})", f"{factor.numbers}·({numbers})", value)


def _inverse(text: str) -> str:
    if text == "1":
        return text
    return f"1/({text})" if "·" in text else f"1/{text}"
