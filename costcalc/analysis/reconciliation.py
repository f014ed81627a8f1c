"""A number that somebody printed for a network, against every explanation there is: which ones give it?

The explanations are finite: a sibling of the spec, a width, a resolution, the standard or separable version, the
stem or classifier left out, a class more or less, and a way of counting; each costs one assumption. All of them
are linear in the facts of the network, so that a network is made once and then only weighed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import Literal, TypeAlias

from costcalc.conventions import CONVENTIONS, convention
from costcalc.conventions.convention import ANY, MULTIPLIES, TRAINABLE, Convention, Weights, weigh
from costcalc.errors import CostcalcError
from costcalc.network import Network, resolve
from costcalc.network.stem_and_classifier import CLASSIFIER, STEM, classifier, piece
from costcalc.rewrite.resolution import Resolution, at_resolution
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from costcalc.rewrite.width import at_width
from costcalc.spec.published import Printed
from costcalc.tally import Tally

Metric: TypeAlias = Literal["multiplies", "params"]

#: Widths and resolutions that the literature uses.
WIDTHS = tuple(map(Fraction, ("0.25", "0.35", "0.5", "0.75", "1", "1.3", "1.4", "1.5", "2")))
RESOLUTIONS = (96, 128, 160, 192, 224, 227, 256, 288, 299, 320, 384, 448, 512)
#: Those that it uses together with widths.
WITH_WIDTHS = (96, 128, 160, 192, 224)
#: More assumptions than this explain anything.
MOST_ASSUMPTIONS = 3
_CLASSES = (1000, 1001)
_POOLS = ("global_avg_pool", "adaptive_avg_pool")


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing to assume; of one axis at most one can be. Lower ranks are likelier."""

    axis: str
    text: str
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """What to assume, the exact number that it gives, and whether the printed one is that number cut."""

    assumptions: tuple[Assumption, ...]
    value: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A printed number of a network, and what is known: the width and the resolution, where they were given.

    ``zoo`` is the network's name in the zoo, if it is from there: tools' known differences are of those.
    """

    metric: Metric
    printed: Printed
    width_multiplier: Fraction | None = None
    resolution: Resolution | None = None
    zoo: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The explanations that hit, fewest assumptions first; the nearest simple one where none does."""

    question: Question
    ours: int
    explanations: tuple[Explanation, ...]
    nearest: Explanation


def reconcile(question: Question, networks: Mapping[str, Network], thorough: bool = False) -> Answer:
    """Search the explanations of a number; ``networks`` are the spec's own (first) and its variants', as written.

    The search ends with the fewest assumptions that explain it by rounding; a ``thorough`` one goes on to the
    end. Raises SpecError, CostcalcError where the given width or resolution makes no network.
    """
    family = _Family(question, networks)
    countings = _countings(question.metric)
    ours = Explanation((), weigh(family.base.whole, countings[0].weights))
    found: list[Explanation] = []
    nearest = ours
    for cost in range(MOST_ASSUMPTIONS + 1):
        for candidate in _candidates(family, countings, cost):
            hit = _hit(candidate, question.printed)
            if hit is not None:
                found.append(hit)
            elif cost < MOST_ASSUMPTIONS and _distance(candidate, question) < _distance(nearest, question):
                nearest = candidate
        if not thorough and (any(not hit.cut for hit in found) or (found and _fewest(found) < cost)):
            break
    return Answer(question, ours.value, tuple(_simplest(found)), nearest)


def _distance(candidate: Explanation, question: Question) -> Fraction:
    return abs(candidate.value - Fraction(question.printed.value))


def _fewest(found: Sequence[Explanation]) -> int:
    return min(len(hit.assumptions) for hit in found)


def _hit(candidate: Explanation, printed: Printed) -> Explanation | None:
    above = candidate.value - printed.value
    if -printed.step <= 2 * above < printed.step:
        return candidate
    return (
        Explanation(candidate.assumptions, candidate.value, cut=True) if 0 <= above < printed.step else None
    )


def _simplest(found: Sequence[Explanation]) -> Iterator[Explanation]:
    """The explanations, fewest assumptions first, without those that assume more than another one to no avail."""
    kept: list[tuple[frozenset[Assumption], bool]] = []
    for hit in sorted(found, key=_order):
        assumed = frozenset(hit.assumptions)
        if not any(fewer <= assumed and cut <= hit.cut for fewer, cut in kept):
            kept.append((assumed, hit.cut))
            yield hit


def _order(hit: Explanation) -> tuple[int, bool, int]:
    return len(hit.assumptions), hit.cut, sum(part.rank for part in hit.assumptions)


# Ways of counting


@dataclass(frozen=True, slots=True)
class _Counting:
    assumptions: tuple[Assumption, ...]
    weights: Weights
    rule: Convention | None = None


def _countings(metric: Metric) -> list[_Counting]:
    """The ways of counting, our own first; of those that are equal, the one that assumes less."""
    found: dict[frozenset[tuple[tuple[str, str], int]], _Counting] = {}
    ways = _of_operations() if metric == "multiplies" else _of_parameters()
    for way in sorted(ways, key=lambda way: len(way.assumptions)):
        weights = {fact: weight for fact, weight in way.weights.items() if weight or fact[0] != ANY}
        found.setdefault(frozenset(weights.items()), way)
    return [*found.values()]


def _of_operations() -> Iterator[_Counting]:
    yield _Counting((), MULTIPLIES.operations)
    for rank, rule in enumerate(map(convention, CONVENTIONS)):
        weights = rule.operations
        alone = rule.operations == MULTIPLIES.operations
        named = () if alone else (Assumption("convention", f"counted as {rule.stamp} counts", rank),)
        yield _Counting(named, weights, rule)
        unit = _other_unit(weights)
        if unit is not None:
            yield _Counting((*named, unit[0]), unit[1])
        seen = {fact: 0 if fact[0] in _POOLS else weight for fact, weight in weights.items()}
        if seen != weights:
            functional = Assumption(
                "functional", "its global pool is a function or Tensor.mean: not counted", 1
            )
            yield _Counting((*named, functional), seen)


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


def _of_parameters() -> Iterator[_Counting]:
    base = {fact: weight for fact, weight in TRAINABLE.items() if fact[1] != "affine"}
    norms: list[tuple[tuple[Assumption, ...], dict[tuple[str, str], int]]] = [((), dict(TRAINABLE))]
    statistics = Assumption("norms", "norms with their running statistics, as Keras counts")
    norms.append(((statistics,), {**TRAINABLE, (ANY, "statistics"): 1}))
    slim = Assumption("norms", "three numbers a channel of a norm: no gamma, but the statistics", 3)
    norms.append(((slim,), dict(convention("slim").parameters)))
    for count, text in _NORMS.items():
        norms.append(((Assumption("norms", text, count),), {**base, (ANY, "norm_channels"): count}))
    for assumed, weights in norms:
        yield _Counting(assumed, weights)
        without = Assumption("bias", "biases left out")
        yield _Counting((*assumed, without), {**weights, (ANY, "biases"): 0})
    yield _Counting((Assumption("norms", "weights alone, without biases and norms"),), {(ANY, "weights"): 1})
    for rank, rule in enumerate(map(convention, CONVENTIONS)):
        assumption = Assumption("convention", f"counted as {rule.stamp} counts", rank)
        yield _Counting((assumption,), rule.parameters, rule)


# The networks, and the pieces of them


@dataclass(frozen=True)
class _Counted:
    """The facts of one version of a network, whole and of the pieces that may be left out or altered."""

    network: Network

    @cached_property
    def whole(self) -> Tally:
        return Tally.total(node.tally for node in self.network.nodes)

    @cached_property
    def pieces(self) -> list[tuple[tuple[Assumption, ...], Tally | None, int]]:
        """What to assume, the facts that it adds, and how often; nothing first."""
        stem, head, one_class = self._part(STEM), self._part(CLASSIFIER), self._one_class()
        without_stem = Assumption("stem", "without the stem, the first layer", 1)
        without_head = Assumption("classifier", "without the classifier, the last layer")
        found: list[tuple[tuple[Assumption, ...], Tally | None, int]] = [((), None, 0)]
        if stem is not None:
            found.append(((without_stem,), stem, -1))
        if head is not None:
            found.append(((without_head,), head, -1))
        if stem is not None and head is not None:
            found.append(((without_head, without_stem), stem + head, -1))
        if one_class is not None:
            count, tally = one_class
            other = sum(_CLASSES) - count
            sign = 1 if other > count else -1
            classes = Assumption("classifier", f"{other} classes", 1)
            found.append(((classes,), tally, sign))
            if stem is not None:
                found.append(((classes, without_stem), (stem if sign < 0 else _negative(stem)) + tally, sign))
        return found

    def _part(self, name: str) -> Tally | None:
        nodes = [self.network.nodes[index] for index in piece(self.network, name)]
        return Tally.total(node.tally for node in nodes) if nodes else None

    def _one_class(self) -> tuple[int, Tally] | None:
        """How many classes there are, and the facts of one of them."""
        node = classifier(self.network)
        count = 0 if node is None else node.output.channels
        if node is None or count not in _CLASSES:
            return None
        facts = {fact: number // count for fact, number in node.tally.facts.items() if fact[1] != "inputs"}
        return count, Tally(facts)


def _negative(tally: Tally) -> Tally:
    return Tally({fact: -count for fact, count in tally.facts.items()})


@dataclass
class _Family:
    """The networks that may be meant, each made when it is asked for."""

    question: Question
    networks: Mapping[str, Network]
    _made: dict[tuple[str, Fraction, int | None], _Counted | None] = field(default_factory=dict)
    _versions: dict[int, list[tuple[Assumption, _Counted]]] = field(default_factory=dict)

    @cached_property
    def base(self) -> _Counted:
        """The network as it was asked for. Raises SpecError, CostcalcError."""
        return _Counted(self._make(next(iter(self.networks)), self._width, None))

    @property
    def _width(self) -> Fraction:
        return self.question.width_multiplier or Fraction(1)

    def members(self, cost: int) -> Iterator[tuple[tuple[Assumption, ...], _Counted]]:
        """The networks that take so many assumptions."""
        for size in range(cost + 1):
            for steps in combinations(("variant", "width", "resolution"), size):
                for assumed, counted in self._varied(steps):
                    if size == cost:
                        yield assumed, counted
                    elif size == cost - 1:
                        yield from (((*assumed, v), other) for v, other in self._other_versions(counted))

    def _varied(self, steps: tuple[str, ...]) -> Iterator[tuple[tuple[Assumption, ...], _Counted]]:
        first, *variants = self.networks
        names = variants if "variant" in steps else [first]
        widths = self._widths() if "width" in steps else [self._width]
        sizes = self._sizes() if "resolution" in steps else [None]
        joint = "width" in steps and "resolution" in steps
        for name in names:
            for width in widths:
                for size in sizes:
                    if joint and size not in WITH_WIDTHS:
                        continue
                    counted = self._counted(name, width, size)
                    if counted is not None:
                        yield tuple(_described(steps, name, width, size)), counted

    def _widths(self) -> list[Fraction]:
        return [] if self.question.width_multiplier is not None else [w for w in WIDTHS if w != 1]

    def _sizes(self) -> list[int]:
        """The other resolutions; none where it is given, or means nothing: weights are the same at all of them."""
        if self.question.resolution is not None or self.question.metric == "params":
            return []
        shapes = {shape.spatial for shape in self.base.network.inputs.values()}
        if {len(spatial) for spatial in shapes} != {2}:
            return []
        return [size for size in RESOLUTIONS if shapes != {(size, size)}]

    def _counted(self, name: str, width: Fraction, size: int | None) -> _Counted | None:
        key = (name, width, size)
        if key not in self._made:
            try:
                self._made[key] = _Counted(self._make(name, width, size))
            except CostcalcError:  # no network at this width or resolution
                self._made[key] = None
        return self._made[key]

    def _make(self, name: str, width: Fraction, size: int | None) -> Network:
        network = self.networks[name]
        resolution = self.question.resolution if size is None else Resolution((size,))
        if width == 1 and resolution is None:
            return network
        spec = at_width(network.spec, network, width)
        return resolve(spec if resolution is None else at_resolution(spec, resolution))

    def _other_versions(self, counted: _Counted) -> list[tuple[Assumption, _Counted]]:
        if id(counted) not in self._versions:
            rewritten = {"standard": standard, "separable": separable}
            versions = {name: rewrite(counted.network) for name, rewrite in rewritten.items()}
            self._versions[id(counted)] = [
                (Assumption("version", f"of the {name} version", rank), _Counted(version.network))
                for rank, (name, version) in enumerate(versions.items())
                if version.replacements
            ]
        return self._versions[id(counted)]


def _described(steps: tuple[str, ...], name: str, width: Fraction, size: int | None) -> Iterator[Assumption]:
    if "variant" in steps:
        yield Assumption("variant", f"of the variant {name}")
    if "width" in steps:
        yield Assumption("width", f"at width multiplier {float(width):g}", 1)
    if "resolution" in steps:
        yield Assumption("resolution", f"at resolution {size}x{size}", 1)


def _candidates(family: _Family, countings: Sequence[_Counting], cost: int) -> Iterator[Explanation]:
    """All explanations of so many assumptions."""
    for of_network in range(cost + 1):
        for assumed, counted in family.members(of_network):
            for counting in countings:
                left = cost - of_network - len(counting.assumptions)
                if left < 0:
                    continue
                whole = weigh(counted.whole, counting.weights)
                for altered, tally, sign in counted.pieces:
                    if len(altered) == left:
                        value = whole if tally is None else whole + sign * weigh(tally, counting.weights)
                        yield Explanation((*assumed, *altered, *counting.assumptions), value)
            if not assumed:
                yield from _known_differences(family.question, counted, countings, cost)


def _known_differences(
    question: Question, counted: _Counted, countings: Sequence[_Counting], cost: int
) -> Iterator[Explanation]:
    """What a tool reports for this network of the zoo, where it is known to differ from its convention."""
    if cost != 1 or question.width_multiplier or question.resolution:
        return
    for counting in countings:
        for found in counting.rule.differences if counting.rule else ():
            if found.network == question.zoo and counting.assumptions:
                value = weigh(counted.whole, counting.weights)
                value += found.operations if question.metric == "multiplies" else found.parameters
                first = counting.assumptions[0]
                yield Explanation(
                    (Assumption(first.axis, f"{first.text}; {found.reason}", first.rank),), value
                )
