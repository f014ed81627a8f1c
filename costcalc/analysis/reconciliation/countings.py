"""The ways of counting that there are: conventions, their units, norms and biases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from costcalc.analysis.reconciliation.assumption import Assumption
from costcalc.conventions import CONVENTIONS, convention
from costcalc.conventions.convention import ANY, MULTIPLIES, TRAINABLE, Convention, Weights
from costcalc.metrics import METRICS
from costcalc.tally import Tally

_POOLS = ("global_avg_pool", "adaptive_avg_pool")


@dataclass(frozen=True, slots=True)
class Counting:
    """A way of counting: what to assume, the weights, and the convention that has them, if it is one."""

    assumptions: tuple[Assumption, ...]
    weights: Weights
    rule: Convention | None = None


def countings(metric: str, whole: Tally) -> list[Counting]:
    """The ways of counting that know all kinds of a network, our own first; of equal ones that which assumes less."""
    found: dict[frozenset[tuple[tuple[str, str], int]], Counting] = {}
    ways = _of_operations(whole) if METRICS[metric].weighed_as == "operations" else _of_parameters()
    for way in sorted(ways, key=lambda way: len(way.assumptions)):
        found.setdefault(frozenset(_weighing(way.weights).items()), way)
    return [*found.values()]


def _weighing(weights: Weights) -> Weights:
    """A table without the rows that say nothing."""
    return {fact: weight for fact, weight in weights.items() if weight or fact[0] != ANY}


def _of_operations(whole: Tally) -> Iterator[Counting]:
    yield Counting((), MULTIPLIES.operations)
    for rank, rule in enumerate(map(convention, CONVENTIONS)):
        if rule.refuses(whole):
            continue
        weights = rule.operations
        alone = _weighing(rule.operations) == _weighing(MULTIPLIES.operations)
        named = () if alone else (Assumption("convention", f"counted as {rule.stamp} counts", rank),)
        yield Counting(named, weights, rule)
        unit = _other_unit(weights)
        if unit is not None:
            yield Counting((*named, unit[0]), unit[1])
        seen = {fact: 0 if fact[0] in _POOLS else weight for fact, weight in weights.items()}
        if seen != weights:
            functional = Assumption(
                "functional", "its global pool is a function or Tensor.mean: not counted", 1
            )
            yield Counting((*named, functional), seen)


def _other_unit(weights: Weights) -> tuple[Assumption, Weights] | None:
    """The same in the other unit: 2 per multiply-add in place of 1, or 1 in place of 2."""
    if weights.get((ANY, "multiplies")) == 2:
        if any(weight % 2 for weight in weights.values()):
            return None
        return Assumption("unit", "halved: 1 per multiply-add", 1), {f: w // 2 for f, w in weights.items()}
    return Assumption("unit", "doubled: 2 per multiply-add"), {f: 2 * w for f, w in weights.items()}


_NORMS = {
    0: "norms left out",
    1: "norms folded: one number a channel, in the biases",
}


def _of_parameters() -> Iterator[Counting]:
    base = {fact: weight for fact, weight in TRAINABLE.items() if fact[1] != "affine"}
    norms: list[tuple[tuple[Assumption, ...], dict[tuple[str, str], int]]] = [((), dict(TRAINABLE))]
    statistics = Assumption("norms", "norms with their running statistics, as Keras counts")
    norms.append(((statistics,), {**TRAINABLE, (ANY, "statistics"): 1}))
    slim = Assumption("norms", "three numbers a channel of a norm: no gamma, but the statistics", 3)
    norms.append(((slim,), dict(convention("slim").parameters)))
    for count, text in _NORMS.items():
        norms.append(((Assumption("norms", text, count),), {**base, (ANY, "norm_channels"): count}))
    for assumed, weights in norms:
        yield Counting(assumed, weights)
        without = Assumption("bias", "biases left out")
        yield Counting((*assumed, without), {**weights, (ANY, "biases"): 0})
    yield Counting((Assumption("norms", "weights alone, without biases and norms"),), {(ANY, "weights"): 1})
    for rank, rule in enumerate(map(convention, CONVENTIONS)):
        assumption = Assumption("convention", f"counted as {rule.stamp} counts", rank)
        yield Counting((assumption,), rule.parameters, rule)
