"""Conventions: how the facts of a tally weigh in two headline numbers, operations and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from costcalc.tally import Fact, Tally

#: The kind that stands for every kind without an entry of its own.
ANY = "*"

Weights = Mapping[Fact, int]


@dataclass(frozen=True, slots=True)
class Convention:
    """Two tables of weights over facts; ``("*", quantity)`` weighs every kind that has no entry of its own.

    ``unit`` names what one operation is; ``versions`` the releases of the tool that count so; ``source``
    where that is to be seen; ``notes`` what a spec cannot tell, so that the tool may differ.
    """

    name: str
    version: str
    unit: str
    operations: Weights
    parameters: Weights
    source: str = ""
    versions: str = ""
    notes: tuple[str, ...] = ()

    def count_operations(self, tally: Tally) -> int:
        """The weighted sum of the facts, as operations."""
        return _weigh(tally, self.operations)

    def count_parameters(self, tally: Tally) -> int:
        """The weighted sum of the facts, as parameters."""
        return _weigh(tally, self.parameters)


def _weigh(tally: Tally, weights: Weights) -> int:
    total = 0
    for fact, count in tally.facts.items():
        weight = weights.get(fact)
        if weight is None:
            weight = weights.get((ANY, fact[1]), 0)
        total += weight * count
    return total


#: Ours: multiplications of conv, linear and matmul; all trainable tensors.
MULTIPLIES = Convention(
    name="multiplies",
    version="1",
    unit="multiplications (= multiply-adds, MACs)",
    operations={(ANY, "multiplies"): 1},
    parameters={(ANY, "weights"): 1, (ANY, "biases"): 1, (ANY, "affine"): 1, (ANY, "slopes"): 1},
    source="Howard et al., MobileNets, arXiv:1704.04861, section 3.1 (mult-adds)",
)
