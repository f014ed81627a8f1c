"""The search through all explanations of a printed number, those with the fewest assumptions first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from costcalc.analysis.reconciliation.assumption import Assumption
from costcalc.analysis.reconciliation.countings import Counting, countings
from costcalc.analysis.reconciliation.family import Counted, Family, Question
from costcalc.analysis.verification import compared
from costcalc.conventions.convention import weigh
from costcalc.metrics import METRICS
from costcalc.network import Network
from costcalc.spec.published import Printed

#: More assumptions than this explain anything.
MOST_ASSUMPTIONS = 3


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What to assume, the exact number that it gives, and whether the printed one is that number cut."""

    assumptions: tuple[Assumption, ...]
    value: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The explanations that hit, fewest assumptions first; the nearest simple one where none does.

    ``tried`` is how many combinations were weighed until then, ``near`` how many different numbers they gave between
    half and twice the printed one.
    """

    question: Question
    ours: int
    explanations: tuple[Hypothesis, ...]
    nearest: Hypothesis
    tried: int = 0
    near: int = 0

    @property
    def by_chance(self) -> float:
        """How many of the numbers near would match the printed one if they lay anywhere there, evenly on a log scale.

        A match is a window of one and a half steps of the last printed digit: rounded, or cut. The numbers near lie
        over two octaves, ln 4.
        """
        printed = self.question.printed
        window = Fraction(3, 2) * printed.step / printed.value if printed.value else Fraction(0)
        return float(self.near * window) / math.log(4)


def reconcile(question: Question, networks: Mapping[str, Network], thorough: bool = False) -> Answer:
    """Search the explanations of a number; ``networks`` are the spec's own (first) and its variants', as written.

    The search ends with the fewest assumptions that explain it by rounding; a ``thorough`` one goes on to the
    end. Raises SpecError, CostcalcError where the given width or resolution makes no network.
    """
    family = Family(question, networks)
    ways = countings(question.metric, family.base.whole)
    ours = Hypothesis((), weigh(family.base.whole, ways[0].weights))
    found: list[Hypothesis] = []
    nearest, tried, near = ours, 0, set()
    for cost in range(MOST_ASSUMPTIONS + 1):
        for candidate in _candidates(family, ways, cost):
            tried += 1
            if question.printed.value <= 2 * candidate.value <= 4 * question.printed.value:
                near.add(candidate.value)
            hit = _hit(candidate, question.printed)
            if hit is not None:
                found.append(hit)
            elif cost < MOST_ASSUMPTIONS and _distance(candidate, question) < _distance(nearest, question):
                nearest = candidate
        if not thorough and (any(not hit.cut for hit in found) or (found and _fewest(found) < cost)):
            break
    return Answer(question, ours.value, tuple(_simplest(found)), nearest, tried, len(near))


def _distance(candidate: Hypothesis, question: Question) -> Fraction:
    return abs(candidate.value - Fraction(question.printed.value))


def _fewest(found: Sequence[Hypothesis]) -> int:
    return min(len(hit.assumptions) for hit in found)


def _hit(candidate: Hypothesis, printed: Printed) -> Hypothesis | None:
    found = compared(candidate.value, printed)
    if found == "mismatch":
        return None
    return candidate if found == "match" else replace(candidate, cut=True)


def _simplest(found: Sequence[Hypothesis]) -> Iterator[Hypothesis]:
    """The explanations, fewest assumptions first, without those that assume more than another one to no avail."""
    kept: list[tuple[frozenset[Assumption], bool]] = []
    for hit in sorted(found, key=_order):
        assumed = frozenset(hit.assumptions)
        if not any(fewer <= assumed and cut <= hit.cut for fewer, cut in kept):
            kept.append((assumed, hit.cut))
            yield hit


def _order(hit: Hypothesis) -> tuple[int, bool, int]:
    return len(hit.assumptions), hit.cut, sum(part.rank for part in hit.assumptions)


def _candidates(family: Family, ways: Sequence[Counting], cost: int) -> Iterator[Hypothesis]:
    """All explanations of so many assumptions."""
    for of_network in range(cost + 1):
        for assumed, counted in family.members(of_network):
            for way in ways:
                left = cost - of_network - len(way.assumptions)
                if left >= 0:
                    yield from _weighed(assumed, counted, way, left)
            if not assumed:
                yield from _known_differences(family.question, counted, ways, cost)


def _weighed(
    assumed: tuple[Assumption, ...], counted: Counted, way: Counting, left: int
) -> Iterator[Hypothesis]:
    """A network in one way of counting, with each of the pieces that take so many assumptions more."""
    whole = weigh(counted.whole, way.weights)
    for altered, tally, sign in counted.pieces:
        if len(altered) == left:
            value = whole if tally is None else whole + sign * weigh(tally, way.weights)
            yield Hypothesis((*assumed, *altered, *way.assumptions), value)


def _known_differences(
    question: Question, counted: Counted, ways: Sequence[Counting], cost: int
) -> Iterator[Hypothesis]:
    """What a tool reports for this network of the zoo, where it is known to differ from its convention."""
    if cost != 1 or question.width_multiplier or question.resolution:
        return
    for way in ways:
        for found in way.rule.differences if way.rule else ():
            if found.network == question.zoo and way.assumptions:
                value = weigh(counted.whole, way.weights)
                value += (
                    found.operations
                    if METRICS[question.metric].weighed_as == "operations"
                    else found.parameters
                )
                first = way.assumptions[0]
                yield Hypothesis(
                    (Assumption(first.axis, f"{first.text}; {found.reason}", first.rank),), value
                )
