"""A plan: which places of a text to change, and to what, so that the network stays within its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Any, Literal

from costcalc.analysis.measures import Measured
from costcalc.errors import CostcalcError, Location, Route, SpecError
from costcalc.metrics import METRICS, Number
from costcalc.network import Network
from costcalc.network.graph import Placed
from costcalc.reading.document import Document
from costcalc.reading.editing import EditError
from costcalc.search.alternatives.costing import Given
from costcalc.search.plan.optimum import Choice, best_choice, next_best_choice
from costcalc.search.plan.options import Bench, Offer, Option
from costcalc.search.plan.places import TextPlace, places_of
from costcalc.search.plan.writing import FormWriter


@dataclass(frozen=True)
class Goal:
    """What is wanted: ``limits`` by metric; ``forms`` that may be put at a place, each with its numbers.

    ``keep`` are patterns of places to leave alone; ``keep_most`` names a metric of which the most is to be kept;
    ``by_use`` tells the uses of a block apart; ``arguments`` are those of the metrics.
    """

    limits: Mapping[str, Number]
    forms: Given
    keep: Sequence[str] = ()
    keep_most: str | None = None
    by_use: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedChange:
    """One place that changes: where it stands, the layer there, and what that saves, by metric."""

    place: Location
    layer: str
    to: str
    saves: Mapping[str, Number]


@dataclass(frozen=True)
class ChangePlan:
    """What to change. ``infeasible`` plans hold what comes nearest, and no text.

    ``before`` and ``after`` are the network's metrics; ``runner_up`` is the next best plan; ``places`` counts those
    that there are, and ``not_offered`` says why some, or some forms at them, are none. ``text`` is the user's with the
    changes made.
    """

    status: Literal["fits", "unneeded", "infeasible"]
    limits: Mapping[str, Number]
    before: Mapping[str, Number]
    after: Mapping[str, Number]
    changes: Sequence[PlannedChange] = ()
    places: int = 0
    not_offered: Mapping[str, str] = field(default_factory=dict)
    runner_up: tuple[Sequence[PlannedChange], Mapping[str, Number]] | None = None
    text: str | None = None


class ChangePlanner:
    """Plans for one text. ``reload`` makes the network of a changed text."""

    def __init__(
        self,
        document: Document,
        network: Network,
        placed: Sequence[Placed],
        goal: Goal,
        reload: Callable[[str], Network],
    ) -> None:
        self.document = document
        self.network = network
        self.goal = goal
        self.reload = reload
        self.bench = Bench(network, goal.limits, goal.arguments)
        self.not_offered: dict[str, str] = {}
        self.places = places_of(network, placed, document, goal.by_use)
        self.metrics = tuple(dict.fromkeys((*self.bench.sums, *self.bench.peaks)))

    def plan(self) -> ChangePlan:
        """The plan. Raises CostcalcError where scipy is needed and not there, or no answer comes in time."""
        before = self._values(self.network)
        limits = self.goal.limits
        if all(before[name] <= limit for name, limit in limits.items()):
            return ChangePlan("unneeded", limits, before, before)
        offers = self._offers()
        room = {name: limits[name] - before[name] for name in self.bench.sums if name in limits}
        must = [number for number, offer in enumerate(offers) if offer.must]
        stuck = self.bench.elsewhere_over(self.places) or any(offers[number].options == [] for number in must)
        while True:
            changes = [[option.change for option in offer.options] for offer in offers]
            keep_most = self.goal.keep_most
            choice = None if stuck else best_choice(changes, room, keep_most, must)
            if choice is None:
                return self._nearest(offers, before)
            text, after = self._written(offers, choice)
            if text is not None:
                break
            if not self._drop_unwritable(offers):
                raise CostcalcError(
                    "the plan cannot be written into this text: please report it, with the spec"
                )
        other = next_best_choice(changes, room, choice, keep_most, must)
        runner_up = (
            None if other is None else (self._changes(offers, other), self._sums(before, offers, other))
        )
        return ChangePlan(
            "fits",
            limits,
            before,
            after,
            self._changes(offers, choice),
            len(self.places),
            self.not_offered,
            runner_up,
            text,
        )

    def _values(self, network: Network) -> dict[str, Number]:
        measured = Measured(network, self.goal.arguments)
        return {name: measured.whole(name) for name in self.metrics}

    def _offers(self) -> list[Offer]:
        """What is offered, place by place, as far as it can be written."""
        reasons = [place.kept or ("--keep" if self._is_kept(place) else "") for place in self.places]
        offers = self.bench.offers(
            [
                (place, {} if reason else self.goal.forms)
                for place, reason in zip(self.places, reasons, strict=True)
            ]
        )
        for offer, reason in zip(offers, reasons, strict=True):
            place = offer.place
            if reason:
                self.not_offered[place.path] = reason
            for option in list(offer.options):
                try:
                    self._writer_of([(place, option)])
                except EditError as error:
                    offer.options.remove(option)
                    offer.reasons[option.form] = str(error)
            for form, why in offer.reasons.items():
                self.not_offered[f"{place.path}: {form}"] = why
        return offers

    def _is_kept(self, place: TextPlace) -> bool:
        paths = {self.network.nodes[index].path for index in place.nodes}
        names = {entry.name for entry in place.routes.values()}
        return any(
            fnmatchcase(name, glob) for glob in self.goal.keep for name in (place.path, *names, *paths)
        )

    def _writer_of(self, chosen: Sequence[tuple[TextPlace, Option]]) -> FormWriter:
        """The text with options at their places. Raises EditError."""
        writer = FormWriter(self.document, self.network.spec)
        by_text: dict[Route, list[TextPlace]] = {}
        for place, option in chosen:
            if self.goal.by_use and place.use is not None:
                by_text.setdefault(place.route, []).append(place)
            else:
                writer.write(place, option.form, self.goal.forms[option.form])
        for route, places in by_text.items():
            if len(places) == sum(place.route == route for place in self.places):
                writer.write(places[0], "separable", ())
            else:
                writer.write_by_use(places[0], [place.use for place in places if place.use is not None])
        return writer

    def _written(self, offers: Sequence[Offer], choice: Choice) -> tuple[str | None, Mapping[str, Number]]:
        """The text of a choice, analysed; no text where it does not come to exactly what was promised."""
        chosen = [
            (offer.place, offer.options[taken])
            for offer, taken in zip(offers, choice, strict=True)
            if taken is not None
        ]
        try:
            text = self._writer_of(chosen).text
            values = self._values(self.reload(text))
        except (EditError, SpecError):
            return None, {}
        promised = self._sums(self._values(self.network), offers, choice)
        off = [name for name in self.bench.sums if values[name] != promised[name]]
        if off == ["time"]:
            raise CostcalcError("time on this device is no sum over layers: plan for another limit")
        fits = all(values[name] <= limit for name, limit in self.goal.limits.items())
        return (text, values) if fits and not off else (None, values)

    def _drop_unwritable(self, offers: Sequence[Offer]) -> bool:
        """Take back what cannot be written by itself; whether that was anything."""
        dropped = False
        for number, offer in enumerate(offers):
            for taken in reversed(range(len(offer.options))):
                alone: list[int | None] = [None] * len(offers)
                alone[number] = taken
                if not self._is_written_right(offers, tuple(alone)):
                    option = offer.options.pop(taken)
                    self.not_offered[f"{offer.place.path}: {option.form}"] = (
                        "cannot be written into this text"
                    )
                    dropped = True
        return dropped

    def _is_written_right(self, offers: Sequence[Offer], alone: Choice) -> bool:
        chosen = [
            (offer.place, offer.options[t]) for offer, t in zip(offers, alone, strict=True) if t is not None
        ]
        try:
            values = self._values(self.reload(self._writer_of(chosen).text))
        except (EditError, SpecError):
            return False
        promised = self._sums(self._values(self.network), offers, alone)
        return all(values[name] == promised[name] for name in self.bench.sums)

    def _sums(
        self, before: Mapping[str, Number], offers: Sequence[Offer], choice: Choice
    ) -> dict[str, Number]:
        taken = [offer.options[t].change for offer, t in zip(offers, choice, strict=True) if t is not None]
        return {name: before[name] + sum(change[name] for change in taken) for name in self.bench.sums}

    def _changes(self, offers: Sequence[Offer], choice: Choice) -> list[PlannedChange]:
        return [
            PlannedChange(
                self.document.locate((*self._where(offer.place), "type")),
                offer.place.path,
                offer.options[taken].form,
                {name: -change for name, change in offer.options[taken].change.items()},
            )
            for offer, taken in zip(offers, choice, strict=True)
            if taken is not None
        ]

    def _where(self, place: TextPlace) -> Route:
        """The entry that a reader is to look at: the use of a block where uses may differ."""
        return place.use if self.goal.by_use and place.use is not None else place.route

    def _nearest(self, offers: Sequence[Offer], before: Mapping[str, Number]) -> ChangePlan:
        """What comes nearest: at each place what takes the most off the limits that are exceeded, in parts of these."""
        over = [name for name in self.bench.sums if before[name] > self.goal.limits.get(name, before[name])]

        def excess(option: Option) -> Fraction:
            return sum(
                (Fraction(option.change[name]) / (self.goal.limits[name] or 1) for name in over), Fraction(0)
            )

        choice: list[int | None] = []
        for offer in offers:
            parts = [excess(option) for option in offer.options]
            best = min(range(len(parts)), key=parts.__getitem__, default=None)
            keeps = best is None or (parts[best] >= 0 and not offer.must)
            choice.append(None if keeps else best)
        after: Mapping[str, Number] = self._sums(before, offers, tuple(choice))
        if any(METRICS[name].aggregation == "maximum" for name in self.metrics):
            _, values = self._written(offers, tuple(choice))
            after = values or after
        changes = self._changes(offers, tuple(choice))
        return ChangePlan(
            "infeasible", self.goal.limits, before, after, changes, len(self.places), self.not_offered
        )
