"""What may be put at each place, and what that adds to each metric: measured on the network with it in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from costcalc.analysis.measures import Measured
from costcalc.errors import CostcalcError
from costcalc.metrics import METRICS, Number
from costcalc.network import Network
from costcalc.quantity import listed
from costcalc.rewrite.substitution import substitute, substitute_with_spans
from costcalc.search.alternatives import form_named
from costcalc.search.alternatives.convolution import Convolution
from costcalc.search.alternatives.costing import Given, network_of
from costcalc.search.alternatives.form import UnavailableError
from costcalc.search.plan.optimum import FEWER, Change
from costcalc.search.plan.places import TextPlace

#: So many forms at most are tried, of all places together.
MAX_TRIED = 2000

#: So many nodes at most are measured, where each form is tried in the whole network by itself.
MAX_MEASURED = 500_000


@dataclass(frozen=True)
class Option:
    """One form at one place. ``change`` is what it adds to each metric that is a sum."""

    form: str
    substitutes: Mapping[int, Network]
    change: Change


@dataclass
class Offer:
    """What is offered at a place, and why other forms are not; ``must`` says that what stands there cannot stay."""

    place: TextPlace
    options: list[Option] = field(default_factory=list)
    must: bool = False
    reasons: dict[str, str] = field(default_factory=dict)


class Bench:
    """A network on which places are tried out: ``limits`` by metric, ``arguments`` of the metrics."""

    def __init__(self, network: Network, limits: Mapping[str, Number], arguments: Mapping[str, Any]) -> None:
        self.network = network
        self.arguments = arguments
        self.sums = [name for name in self._metrics(limits) if METRICS[name].aggregation == "sum"]
        self.peaks = {name: limits[name] for name in limits if METRICS[name].aggregation == "maximum"}
        self.measured = Measured(network, arguments)
        self._to_measure = 0
        self._known: dict[tuple[Convolution, str, tuple[int, ...]], Network | str] = {}

    @staticmethod
    def _metrics(limits: Mapping[str, Number]) -> list[str]:
        """Those that are limited, and those that every plan tells."""
        return list(dict.fromkeys(("multiplies", "params", *limits)))

    def offers(self, asked: Sequence[tuple[TextPlace, Given]]) -> list[Offer]:
        """All that is offered at each place, of the forms that are asked for there.

        Raises CostcalcError where that is more than ``MAX_TRIED``, or takes more measuring than ``MAX_MEASURED``.
        """
        if (count := sum(len(forms) for _, forms in asked)) > MAX_TRIED:
            raise CostcalcError(
                f"a plan tries at most {MAX_TRIED:,} forms in the places of convolutions (limit), "
                f"and there are {count:,}: {FEWER}"
            )
        offers = [Offer(place, must=self._is_over(place.nodes)) for place, _ in asked]
        for name, numbers in dict(item for _, forms in asked for item in forms.items()).items():
            fitting: list[tuple[Offer, Mapping[int, Network]]] = []
            for offer, (place, forms) in zip(offers, asked, strict=True):
                if name in forms:
                    try:
                        built = self._forms(place, name, numbers)
                    except UnavailableError as error:
                        offer.reasons[name] = str(error)
                    else:
                        fitting.append((offer, built))
            changes = self._changes([built for _, built in fitting])
            for (offer, built), change in zip(fitting, changes, strict=True):
                if isinstance(change, UnavailableError):
                    offer.reasons[name] = str(change)
                else:
                    offer.options.append(Option(name, built, change))
        return offers

    def elsewhere_over(self, places: Sequence[TextPlace]) -> str | None:
        """A metric whose limit a step exceeds that belongs to no place; None where there is none."""
        chosen = {index for place in places for index in self._spans(place.nodes)}
        for name, limit in self.peaks.items():
            values = self.measured.nodes(name)
            if any(value > limit for index, value in enumerate(values) if index not in chosen):
                return name
        return None

    def _forms(self, place: TextPlace, name: str, numbers: tuple[int, ...]) -> Mapping[int, Network]:
        """One form of each convolution of a place. Raises UnavailableError where one has none."""
        return {index: self._form(of, name, numbers) for index, of in place.nodes.items()}

    def _form(self, convolution: Convolution, name: str, numbers: tuple[int, ...]) -> Network:
        key = convolution, name, numbers
        if key not in self._known:
            try:
                self._known[key] = network_of(convolution, form_named(name), numbers)[0]
            except UnavailableError as error:
                self._known[key] = str(error)
        found = self._known[key]
        if isinstance(found, str):
            raise UnavailableError(found)
        return found

    def _changes(self, all_built: Sequence[Mapping[int, Network]]) -> list[Change | UnavailableError]:
        """What the forms at each place add to the sums, or why they are not to be had."""
        if self.peaks or not all(METRICS[name].is_local for name in self.sums):
            self._check_measuring(len(all_built))
            return [self._change(built) for built in all_built]
        together = {index: form for built in all_built for index, form in built.items()}
        network, spans = substitute_with_spans(self.network, together)
        changed = Measured(network, self.arguments)

        def change(name: str, built: Mapping[int, Network]) -> Number:
            after, before = changed.nodes(name), self.measured.nodes(name)
            added = sum(value for index in built for value in after[slice(*spans[index])])
            return added - sum(before[index] for index in self._spans(built))

        return [{name: change(name, built) for name in self.sums} for built in all_built]

    def _check_measuring(self, count: int) -> None:
        self._to_measure += count * len(self.network.nodes)
        if self._to_measure > MAX_MEASURED:
            names = listed([*(name for name in self.sums if not METRICS[name].is_local), *self.peaks])
            raise CostcalcError(
                f"a limit on {names} is tried form by form in the whole network, of at most {MAX_MEASURED:,} "
                f"primitives in all (limit), and there are {self._to_measure:,}: {FEWER}"
            )

    def _change(self, built: Mapping[int, Network]) -> Change | UnavailableError:
        """What the forms add to the sums of the whole network, or which maximum a step of theirs exceeds."""
        changed = Measured(substitute(self.network, built), self.arguments)
        for name, limit in self.peaks.items():
            if changed.whole(name) > limit and self._own_peak(built, changed, name) > limit:
                return UnavailableError(f"its own steps exceed the limit on {name}")
        return {name: changed.whole(name) - self.measured.whole(name) for name in self.sums}

    def _own_peak(self, substitutes: Mapping[int, Network], changed: Measured, name: str) -> Number:
        """The largest value among the steps of the forms."""
        paths = tuple(f"{self.network.nodes[index].path}/" for index in substitutes)
        nodes = zip(changed.network.nodes, changed.nodes(name), strict=True)
        return max((value for node, value in nodes if node.path.startswith(paths)), default=0)

    def _is_over(self, nodes: Mapping[int, Convolution]) -> bool:
        indices = self._spans(nodes)
        return any(
            max((self.measured.nodes(name)[index] for index in indices), default=0) > limit
            for name, limit in self.peaks.items()
        )

    def _spans(self, nodes: Iterable[int]) -> list[int]:
        """The nodes, each with the norm and activation that are fields of it."""
        return [
            index + extra
            for index in nodes
            for extra in range(1 + len(self.network.nodes[index].layer.fused()))
        ]
