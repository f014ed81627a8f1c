"""Tally: the facts of a layer. What a fact weighs is for a convention to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

#: (kind, quantity), such as ``("conv", "multiplies")`` or ``("batch_norm", "affine")``.
Fact: TypeAlias = tuple[str, str]

#: Quantities that count trainable or stored tensors: once per weight, however often it is used.
TENSOR_QUANTITIES = frozenset({"weights", "biases", "affine", "statistics", "slopes", "norm_channels"})


class Tally:
    """Exact counts by fact; adds up with ``+``. Facts that are absent are zero."""

    __slots__ = ("facts",)

    def __init__(self, facts: Mapping[Fact, int] | None = None) -> None:
        self.facts: Mapping[Fact, int] = facts or {}

    def __add__(self, other: Tally) -> Tally:
        return Tally.total((self, other))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self._nonzero() == other._nonzero()

    def __hash__(self) -> int:
        return hash(frozenset(self._nonzero().items()))

    def __repr__(self) -> str:
        return f"Tally({dict(self.facts)!r})"

    @staticmethod
    def total(tallies: Iterable[Tally]) -> Tally:
        """The sum of many tallies."""
        facts: dict[Fact, int] = {}
        for tally in tallies:
            for fact, count in tally.facts.items():
                facts[fact] = facts.get(fact, 0) + count
        return Tally(facts)

    @staticmethod
    def of(kind: str, **quantities: int) -> Tally:
        """The facts of one primitive: ``Tally.of("conv", multiplies=9, outputs=4)``."""
        return Tally({(kind, quantity): count for quantity, count in quantities.items()})

    def sum(self, quantity: str) -> int:
        """One quantity over all kinds."""
        return sum(count for (_, name), count in self.facts.items() if name == quantity)

    def without_tensors(self) -> Tally:
        """The facts of using weights that are already counted elsewhere."""
        return Tally({fact: n for fact, n in self.facts.items() if fact[1] not in TENSOR_QUANTITIES})

    def tensors(self) -> Tally:
        """Only the weights, biases, norm vectors and statistics."""
        return Tally({fact: n for fact, n in self.facts.items() if fact[1] in TENSOR_QUANTITIES})

    def _nonzero(self) -> dict[Fact, int]:
        return {fact: count for fact, count in self.facts.items() if count}
