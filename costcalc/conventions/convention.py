"""Conventions: how the facts of a tally weigh in two headline numbers, operations and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from costcalc.tally import Fact, Tally

#: The kind that stands for every kind without an entry of its own.
ANY = "*"

Weights: TypeAlias = Mapping[Fact, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a tool reports beyond its convention for a network of the zoo, exactly, and why.

    A spec does not know a module from a functional call; tools that hook modules do.
    """

    network: str
    reason: str
    operations: int = 0
    parameters: int = 0


@dataclass(frozen=True, slots=True)
class Convention:
    """Two tables of weights over facts; ``("*", quantity)`` weighs every kind that has no entry of its own.

    ``unit`` names what one operation is; ``summary`` says in a line what is counted; ``versions`` are the
    releases of the tool that count so, ``source`` where that is to be seen; ``notes`` say what a spec cannot
    tell, and ``differences`` what that comes to for networks of the zoo.
    """

    name: str
    version: str
    unit: str
    operations: Weights
    parameters: Weights
    summary: str = ""
    source: str = ""
    versions: str = ""
    notes: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def stamp(self) -> str:
        """``thop 0.1.1``: what a number under it is to be marked with."""
        named = self.name.endswith(f"-{self.version}")
        return self.name if named else f"{self.name} {self.version}"

    def count_operations(self, tally: Tally) -> int:
        """The weighted sum of the facts, as operations."""
        return weigh(tally, self.operations)

    def count_parameters(self, tally: Tally) -> int:
        """The weighted sum of the facts, as parameters."""
        return weigh(tally, self.parameters)


def weigh(tally: Tally, weights: Weights) -> int:
    """The weighted sum of the facts; a fact of no weight counts nothing."""
    total = 0
    for fact, count in tally.facts.items():
        weight = weights.get(fact)
        if weight is None:
            weight = weights.get((ANY, fact[1]), 0)
        total += weight * count
    return total


#: All trainable tensors.
TRAINABLE: Weights = {(ANY, "weights"): 1, (ANY, "biases"): 1, (ANY, "affine"): 1, (ANY, "slopes"): 1}

#: Ours: multiplications of conv, linear and matmul; all trainable tensors.
MULTIPLIES = Convention(
    name="multiplies",
    version="1",
    unit="multiplications (= multiply-adds, MACs)",
    operations={(ANY, "multiplies"): 1},
    parameters=TRAINABLE,
    summary="multiplications alone; all that is trained",
    source="Howard et al., MobileNets, arXiv:1704.04861, section 3.1 (mult-adds)",
)
