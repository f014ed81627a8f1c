"""The networks that a printed number may be of, with the facts of each, and of the pieces that may be left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import combinations

from costcalc.analysis.reconciliation.assumption import Assumption
from costcalc.errors import CostcalcError
from costcalc.metrics import METRICS
from costcalc.network import Network, resolve
from costcalc.network.stem_and_classifier import CLASSIFIER, STEM, classifier, piece
from costcalc.rewrite.resolution import Resolution, at_resolution
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from costcalc.rewrite.width import at_width
from costcalc.spec.published import Printed
from costcalc.tally import Tally

#: Widths and resolutions that the literature uses.
WIDTHS = tuple(map(Fraction, ("0.25", "0.35", "0.5", "0.75", "1", "1.3", "1.4", "1.5", "2")))
RESOLUTIONS = (96, 128, 160, 192, 224, 227, 256, 288, 299, 320, 384, 448, 512)
#: Those that it uses together with widths.
WITH_WIDTHS = (96, 128, 160, 192, 224)
_CLASSES = (1000, 1001)


@dataclass(frozen=True, slots=True)
class Question:
    """A printed number of a network, and what is known: the width and the resolution, where they were given.

    ``zoo`` is the network's name in the zoo, if it is from there: tools' known differences are of those.
    """

    metric: str
    printed: Printed
    width_multiplier: Fraction | None = None
    resolution: Resolution | None = None
    zoo: str = ""


@dataclass(frozen=True)
class Counted:
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
class Family:
    """The networks that may be meant, each made when it is asked for."""

    question: Question
    networks: Mapping[str, Network]
    _made: dict[tuple[str, Fraction, int | None], Counted | None] = field(default_factory=dict)
    _versions: dict[int, list[tuple[Assumption, Counted]]] = field(default_factory=dict)

    @cached_property
    def base(self) -> Counted:
        """The network as it was asked for. Raises SpecError, CostcalcError."""
        return Counted(self._make(next(iter(self.networks)), self._width, None))

    @property
    def _width(self) -> Fraction:
        return self.question.width_multiplier or Fraction(1)

    def members(self, cost: int) -> Iterator[tuple[tuple[Assumption, ...], Counted]]:
        """The networks that take so many assumptions."""
        for size in range(cost + 1):
            for steps in combinations(("variant", "width", "resolution"), size):
                for assumed, counted in self._varied(steps):
                    if size == cost:
                        yield assumed, counted
                    elif size == cost - 1:
                        yield from (((*assumed, v), other) for v, other in self._other_versions(counted))

    def _varied(self, steps: tuple[str, ...]) -> Iterator[tuple[tuple[Assumption, ...], Counted]]:
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
        is_of_tensors = METRICS[self.question.metric].weighed_as == "parameters"
        if self.question.resolution is not None or is_of_tensors:
            return []
        shapes = {shape.spatial for shape in self.base.network.inputs.values()}
        if {len(spatial) for spatial in shapes} != {2}:
            return []
        return [size for size in RESOLUTIONS if shapes != {(size, size)}]

    def _counted(self, name: str, width: Fraction, size: int | None) -> Counted | None:
        key = (name, width, size)
        if key not in self._made:
            try:
                self._made[key] = Counted(self._make(name, width, size))
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

    def _other_versions(self, counted: Counted) -> list[tuple[Assumption, Counted]]:
        if id(counted) not in self._versions:
            rewritten = {"standard": standard, "separable": separable}
            versions = {name: rewrite(counted.network) for name, rewrite in rewritten.items()}
            self._versions[id(counted)] = [
                (Assumption("version", f"of the {name} version", rank), Counted(version.network))
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
