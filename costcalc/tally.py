"""Tally: the facts of a layer. What a fact weighs is for a convention to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias, TypeVar

#: (kind, quantity), such as ``("conv", "multiplies")`` or ``("batch_norm", "affine")``.
Fact: TypeAlias = tuple[str, str]

#: Every quantity that a layer may count, and what it means.
QUANTITIES: dict[str, str] = {
    "multiplies": "multiplications of a convolution, a linear layer or a matrix product",
    "output_grid_multiplies": "the same, a transposed convolution taken on its output's positions",
    "bias_additions": "outputs that a bias is added to",
    "inputs": "elements that come in",
    "inputs_2d": "elements that come into a pool over two spatial axes",
    "affine_inputs": "elements that come into a norm that scales and shifts",
    "padded_inputs": "elements that come in, with the channels that a local response norm pads",
    "scaled_inputs": "elements that come into an upsampling by a scale",
    "outputs": "elements that go out",
    "nearest_outputs": "elements that go out of an upsampling of this mode",
    "nearest_outputs_2d": "the same, over two spatial axes",
    "linear_outputs": "elements that go out of an upsampling of this mode",
    "bilinear_outputs": "elements that go out of an upsampling of this mode",
    "trilinear_outputs": "elements that go out of an upsampling of this mode",
    "bicubic_outputs": "elements that go out of an upsampling of this mode",
    "area_outputs": "elements that go out of an upsampling of this mode",
    "positions": "positions that a softmax normalises one by one",
    "sized_positions": "positions that go out of an upsampling to a size",
    "gate_values": "values that the gates of a recurrent layer have, at all steps",
    "gate_bias_additions": "biases that are added to them",
    "states": "values that a recurrent layer computes of its gates, at all steps",
    "powers": "powers and roots of elements",
    "divisions": "divisions of elements",
    "window_reads": "elements that all windows of a pool read",
    "interpolations": "elements that are interpolated between others, at moved taps",
    "kernel_reads": "the same, each window as large as the truncated ratio of the sizes",
    "param_reads": "params that a linear layer, norm or prelu reads, again where they are shared",
    "weights": "weights, once however often they are used",
    "biases": "biases, likewise",
    "affine": "scales and shifts of norms, likewise",
    "slopes": "slopes of prelu, likewise",
    "statistics": "running means and variances of batch norms, likewise",
    "norm_channels": "channels of norms, each with up to four numbers, likewise",
}

#: Quantities that count trainable or stored tensors: once per weight, however often it is used.
TENSOR_QUANTITIES = frozenset({"weights", "biases", "affine", "statistics", "slopes", "norm_channels"})


#: A fact, and how the layers that it is of are called: ``("relu", "inputs", "F.relu")``.
CalledFact: TypeAlias = tuple[str, str, str]

_Key = TypeVar("_Key", bound=tuple[str, ...])
_NONE: Mapping[CalledFact, int] = MappingProxyType({})


class Tally:
    """Exact counts by fact; adds up with ``+``. Facts that are absent are zero.

    ``called`` is how much of ``facts`` is of layers that say how a model calls them.
    """

    __slots__ = ("called", "facts")

    def __init__(
        self, facts: Mapping[Fact, int] | None = None, called: Mapping[CalledFact, int] = _NONE
    ) -> None:
        self.facts: Mapping[Fact, int] = facts or {}
        self.called = called

    def __add__(self, other: Tally) -> Tally:
        return Tally.total((self, other))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tally):
            return False
        return _nonzero(self.facts) == _nonzero(other.facts) and _nonzero(self.called) == _nonzero(
            other.called
        )

    def __hash__(self) -> int:
        return hash(frozenset(_nonzero(self.facts).items()))

    def __reduce__(self) -> tuple[type[Tally], tuple[dict[Fact, int], dict[CalledFact, int]]]:
        return Tally, (dict(self.facts), dict(self.called))

    def __repr__(self) -> str:
        return f"Tally({dict(self.facts)!r})"

    @staticmethod
    def total(tallies: Iterable[Tally]) -> Tally:
        """The sum of many tallies."""
        facts: dict[Fact, int] = {}
        called: dict[CalledFact, int] = {}
        for tally in tallies:
            for fact, count in tally.facts.items():
                facts[fact] = facts.get(fact, 0) + count
            for each, count in tally.called.items():
                called[each] = called.get(each, 0) + count
        return Tally(facts, called or _NONE)

    @staticmethod
    def of(kind: str, **quantities: int) -> Tally:
        """The facts of one primitive: ``Tally.of("conv", multiplies=9, outputs=4)``."""
        return Tally({(kind, quantity): count for quantity, count in quantities.items()})

    def sum(self, quantity: str) -> int:
        """One quantity over all kinds."""
        return sum(count for (_, name), count in self.facts.items() if name == quantity)

    def by_kind(self) -> dict[str, Tally]:
        """The facts of each kind by themselves."""
        kinds: dict[str, dict[Fact, int]] = {}
        called: dict[str, dict[CalledFact, int]] = {}
        for fact, count in self.facts.items():
            kinds.setdefault(fact[0], {})[fact] = count
        for each, count in self.called.items():
            called.setdefault(each[0], {})[each] = count
        return {kind: Tally(facts, called.get(kind, _NONE)) for kind, facts in kinds.items()}

    def called_as(self, call: str) -> Tally:
        """The same facts of layers that a model calls so."""
        return Tally(self.facts, {(*fact, call): count for fact, count in self.facts.items()})

    def without_tensors(self) -> Tally:
        """The facts of using weights that are already counted elsewhere."""
        return self._only(lambda quantity: quantity not in TENSOR_QUANTITIES)

    def tensors(self) -> Tally:
        """Only the weights, biases, norm vectors and statistics."""
        return self._only(lambda quantity: quantity in TENSOR_QUANTITIES)

    def _only(self, wanted: Callable[[str], bool]) -> Tally:
        facts = {fact: count for fact, count in self.facts.items() if wanted(fact[1])}
        if not self.called:
            return Tally(facts)
        return Tally(facts, {each: count for each, count in self.called.items() if wanted(each[1])})


def _nonzero(counts: Mapping[_Key, int]) -> dict[_Key, int]:
    return {key: count for key, count in counts.items() if count}
