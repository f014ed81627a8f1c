"""Published figures against the exact ones, to the digits that were printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from costcalc.analysis.breakdown import Group, breakdown
from costcalc.analysis.costs import analyze, under
from costcalc.analysis.memory.measures import dtype_of
from costcalc.analysis.memory.patches import in_patches
from costcalc.conventions import convention
from costcalc.conventions.convention import MULTIPLIES, Convention
from costcalc.errors import CostcalcError, Problem, Route, SpecError, did_you_mean
from costcalc.metrics import BY_CONVENTION, METRICS, Metric, Number
from costcalc.network import Network, resolve
from costcalc.network.stem_and_classifier import tally_without
from costcalc.planners import DEFAULT, planner
from costcalc.quantity import shown
from costcalc.rewrite.resolution import Resolution, at_resolution
from costcalc.rewrite.width import at_width
from costcalc.spec.published import Figure, Printed, Published, PublishedShare

#: match: the exact number rounds to the printed one; rounding: it was cut to it; explained: it is another
#: number, and the spec says why; misprint: the spec says that the source is wrong.
Status: TypeAlias = Literal["match", "rounding", "explained", "misprint", "mismatch"]
STATUSES: tuple[Status, ...] = ("match", "rounding", "explained", "misprint", "mismatch")


@dataclass(frozen=True, slots=True)
class VerifiedFigure:
    """One published figure: what was printed, what is exact, and what the one is to the other.

    ``what`` is the figure's name, ``group`` the kind of operation whose share it is, if it is a share.
    """

    row: Published
    what: str
    printed: Printed
    exact: Number
    status: Status
    reason: str
    convention: Convention
    route: Route
    group: str = ""

    @property
    def holds(self) -> bool:
        """Whether there is nothing left to explain."""
        return self.status != "mismatch"


def verify(network: Network) -> list[VerifiedFigure]:
    """The findings on all figures that the network's spec gives as published.

    Raises SpecError, CostcalcError where a row's width or resolution makes no network.
    """
    rows: Sequence[Published] = network.spec.published or ()
    networks = _Networks(network)
    many = len(rows) > 1
    return [
        finding
        for index, row in enumerate(rows)
        for finding in _row(row, ("published", index) if many else ("published",), networks)
    ]


def compared(exact: int | Fraction, printed: Printed) -> Literal["match", "rounding", "mismatch"]:
    """Whether an exact number rounds to a printed one, was cut to it, or is another."""
    above = Fraction(exact) - printed.value
    if -printed.step <= 2 * above < printed.step:
        return "match"
    return "rounding" if 0 <= above < printed.step else "mismatch"


#: So many networks are kept at a time.
_KEPT = 16


class _Networks:
    """The network at the widths and resolutions of the rows, each made once as far as they are near."""

    def __init__(self, network: Network) -> None:
        self._written = network
        self._made: dict[tuple[Fraction, int | None], Network] = {(Fraction(1), None): network}

    def at(self, width_multiplier: Fraction, resolution: int | None) -> Network:
        key = (width_multiplier, resolution)
        if key not in self._made:
            spec = at_width(self._written.spec, self._written, width_multiplier)
            if resolution is not None:
                spec = at_resolution(spec, Resolution((resolution,)))
            if len(self._made) >= _KEPT:
                self._made.clear()
            self._made[key] = resolve(spec)
        return self._made[key]


def _row(row: Published, route: Route, networks: _Networks) -> Iterator[VerifiedFigure]:
    network = networks.at(row.width_multiplier, row.resolution)
    rule = convention(row.convention or "multiplies")
    for metric in (*METRICS.values(), *BY_CONVENTION.values()):
        figure: Figure | None = row.of(metric.name)
        if figure is not None:
            used, place = _used(metric, rule), (*route, metric.name)
            exact = _exact(metric, network, row, used, place)
            yield _finding(row, metric.name, figure, exact, used, place)
    if row.shares:
        yield from _shares(row, network, rule, route)


def _used(metric: Metric, rule: Convention) -> Convention:
    """The convention that a metric is weighed by: the row's, or ours."""
    return rule if "convention" in metric.arguments else MULTIPLIES


def _exact(metric: Metric, network: Network, row: Published, rule: Convention, route: Route) -> Number:
    if metric.weighed_as is not None:
        tally = tally_without(network, row.without)
        return (
            rule.count_operations(tally)
            if metric.weighed_as == "operations"
            else rule.count_parameters(tally)
        )
    if row.without:
        message = f"{metric.name} is of the whole network, and the row is without a part of it"
        raise SpecError([Problem(message, route)])
    if metric.name == "peak_memory" and row.patches is not None:
        return _in_patches(network, row, route)
    said = {name: _argument(row, name) for name in metric.arguments}
    arguments = {name: argument for name, argument in said.items() if argument is not None}
    if missing := metric.missing(arguments):
        message = (
            f"{metric.name} needs the {missing[0]} that it was printed for: {missing[0]}: NAME in its row"
        )
        raise SpecError([Problem(message, route)])
    try:
        value: Number = analyze(network).given(**arguments).written[metric.name]
    except CostcalcError as error:
        raise SpecError([Problem(str(error), route)]) from None
    return value


def _argument(row: Published, name: str) -> Any:
    """What a row says of a metric's argument; None where it says nothing."""
    said = getattr(row, name, None)
    if name == "planner" and said is not None:
        return planner(said)
    return said


def _in_patches(network: Network, row: Published, route: Route) -> int:
    if row.until is None or row.patches is None:
        raise SpecError([Problem("patches and until go together: until: LAYER", (*route[:-1], "patches"))])
    try:
        table = planner(row.planner or DEFAULT)
        return in_patches(network, table, dtype_of(network, row.dtype), row.patches, row.until).peak
    except CostcalcError as error:
        raise SpecError([Problem(str(error), (*route[:-1], "until"))]) from None


def _shares(row: Published, network: Network, rule: Convention, route: Route) -> Iterator[VerifiedFigure]:
    if row.without:
        raise SpecError([Problem("shares cannot be without a part of the network", (*route, "without"))])
    analysis = under(analyze(network), rule)
    groups = {group.name: group for group in breakdown(analysis, "kind")}
    for name, shares in row.shares.items():
        place = (*route, "shares", name)
        if name not in groups:
            message = f"no kind of operation {shown(name)}{did_you_mean(name, groups)}"
            raise SpecError([Problem(message, place, f"kinds: {', '.join(groups)}", at="key")])
        for metric in (*METRICS.values(), *BY_CONVENTION.values()):
            figure: PublishedShare | None = shares.of(metric.name) if metric.aggregation == "sum" else None
            if figure is not None:
                exact = _share(groups[name], metric.name, analysis.written[metric.name])
                yield _finding(
                    row, metric.name, figure, exact, _used(metric, rule), (*place, metric.name), name
                )


def _share(group: Group, what: str, whole: Number) -> Fraction:
    if not whole:
        raise CostcalcError(f"there are no {what} to take a share of")
    return Fraction(group.cost[what]) / whole


def _finding(
    row: Published,
    what: str,
    figure: Figure | PublishedShare,
    exact: int | Fraction,
    rule: Convention,
    route: Route,
    group: str = "",
) -> VerifiedFigure:
    found: Status = compared(exact, figure.value)
    reason = figure.note or ""
    if figure.misprint is not None:
        if found == "mismatch":
            found, reason = "misprint", figure.misprint
        else:
            found, reason = "mismatch", "called a misprint, but it is right"
    elif found == "mismatch" and figure.note is not None:
        found = "explained"
    return VerifiedFigure(row, what, figure.value, exact, found, reason, rule, route, group)
