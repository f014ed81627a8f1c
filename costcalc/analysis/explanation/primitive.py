"""One primitive explained: its output's size, its multiplies, its params, each as a formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from costcalc.layers.formula import Formula, FormulaStep, formula
from costcalc.layers.products import Factors
from costcalc.network import Node
from costcalc.shape import Shape
from costcalc.tally import TENSOR_QUANTITIES

#: The quantities of a tally that count as params.
TRAINED = ("weights", "biases", "affine", "slopes")


@dataclass(frozen=True, slots=True)
class Explained:
    """One primitive: the steps to its output's size, then its counts.

    ``multiplies`` is None where there are none; ``params`` has a formula for every kind of trained tensor
    that it owns, ``statistics`` those of a batch norm, which are not trained; ``shares`` is the path of
    the primitive whose weights it uses again.
    """

    path: str
    type: str
    inputs: tuple[Shape, ...]
    output: Shape
    steps: tuple[FormulaStep, ...]
    remarks: tuple[str, ...]
    multiplies: Formula | None
    params: Mapping[str, Formula]
    statistics: Formula | None
    shares: str | None

    def counts(self) -> Iterator[Formula]:
        """The formulas of its counts."""
        yield from (formula for formula in (self.multiplies, self.statistics) if formula is not None)
        yield from self.params.values()


def explain_primitive(node: Node, shares: str | None = None) -> Explained:
    """A node with its counts, as its kind states them; without the tensors that it shares."""
    kind = node.layer.type
    steps, remarks = node.layer.derivation(node.input_shapes, node.output)
    found = {
        quantity: total
        for quantity, total in _stated(node).items()
        if total.value and (node.shares is None or quantity not in TENSOR_QUANTITIES)
    }
    return Explained(
        node.path,
        kind,
        node.input_shapes,
        node.output,
        tuple(steps),
        tuple(remarks),
        found.get("multiplies"),
        {quantity: found[quantity] for quantity in TRAINED if quantity in found},
        found.get("statistics"),
        shares,
    )


def _stated(node: Node) -> dict[str, Formula]:
    """What its kind states of it, by quantity."""
    products: dict[str, list[Factors]] = {}
    for quantity, factors in node.layer.products(node.input_shapes, node.output):
        products.setdefault(quantity, []).append(factors)
    return {quantity: formula(*terms) for quantity, terms in products.items()}
