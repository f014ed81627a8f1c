"""A budget as a list of rules, one for each limit, so that several budgets can stand over one network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

from costcalc.errors import Location, Route
from costcalc.metrics import METRICS, Number, in_columns

if TYPE_CHECKING:
    from costcalc.spec.budget import Budget, LayerLimits

RuleKind: TypeAlias = Literal["total", "ceiling", "layer", "share", "reduction", "regression", "ratchet"]


#: The kinds that limit the whole network by a number.
TOTALS: tuple[RuleKind, ...] = ("total", "ceiling")


class Locate(Protocol):
    """Tells where the value of a route, or its key, was written."""

    def __call__(self, route: Route, at: Literal["value", "key"] = "value") -> Location | None: ...


class KeptPlaces(NamedTuple):
    """The places of one rule, looked up: what stays of the text when a rule is pickled."""

    value: Location | None
    key: Location | None

    def __call__(self, route: Route, at: Literal["value", "key"] = "value") -> Location | None:
        return self.value if at == "value" else self.key


#: How far under its baseline a value may stand before --ratchet asks for a new one.
RATCHET = Fraction(1, 100)


class Rule(NamedTuple):
    """One limit.

    ``bound`` is the most multiplies or params (total, ceiling, layer), the largest share of the whole (share), the
    least standard ÷ separable (reduction), the largest increase over the baseline (regression) or the
    largest decrease (ratchet), as a share of it. ``slack``: smaller increases than this are let pass.
    ``arguments`` are those of the metric that the limit gives itself, by name, as they were written; ``given`` are
    the same looked up: the device that a name stands for; ``contents`` are digests of the files among them, as far as
    these are known.
    ``place`` and ``route`` tell where it was written, ``flag`` is the option that set it.
    """

    kind: RuleKind
    metric: str
    bound: Number
    glob: str = ""
    warn: Fraction | None = None
    slack: Number = 0
    flag: str = ""
    message: str | None = None
    arguments: tuple[tuple[str, Any], ...] = ()
    given: Mapping[str, Any] = {}
    contents: tuple[tuple[str, str], ...] = ()
    route: Route = ()
    place: Locate | None = None

    def __reduce__(self) -> "tuple[type[Rule], tuple[Any, ...]]":
        kept = None if self.place is None else KeptPlaces(self.location, self.glob_location)
        return Rule, (*self._replace(place=kept),)

    @property
    def key(self) -> tuple[str, str, str]:
        """What it limits: of two rules with the same key, only one can hold."""
        return self.kind, self.metric, self.glob

    @property
    def location(self) -> Location | None:
        """Where the limit was written."""
        return self.place(self.route) if self.place is not None else None

    @property
    def glob_location(self) -> Location | None:
        """Where the glob of a limit on layers was written."""
        return self.place(self.route[:-2], "key") if self.place is not None and self.glob else None

    @property
    def needs_baseline(self) -> bool:
        """Whether it compares with a baseline."""
        return self.kind in ("regression", "ratchet")

    def is_about_the_same(self, other: "Rule") -> bool:
        """Whether another one of the same key is about the same numbers, on the same device."""
        return dict(self.arguments) == dict(other.arguments) and dict(self.contents) == dict(other.contents)

    def covers(self, other: "Rule") -> bool:
        """Whether what this limit lets pass, another one of the same key does, whatever the network."""
        if not self.is_about_the_same(other):
            return False  # on another device, or of other numbers, nothing is comparable
        if self.kind == "reduction":
            return self.bound >= other.bound
        return self.bound <= other.bound and self.slack <= other.slack

    def warns_as_early(self, other: "Rule") -> bool:
        """Whether this limit warns, or fails, wherever another one of the same key warns."""
        return other.warn is None or (self.warn or 1) * self.bound <= other.warn * other.bound


def rules_of(budget: "Budget | None", place: Locate, route: Route = ("budget",)) -> list[Rule]:
    """The limits of a budget; ``place`` tells where the value of a route was written."""
    return [] if budget is None else list(_rules(budget, place, route))


def merged(*budgets: Iterable[Rule]) -> list[Rule]:
    """The rules of several budgets: limit by limit, the last one that sets it counts."""
    return list({rule.key: rule for rules in budgets for rule in rules}.values())


def in_force(rules: Iterable[Rule], said: Mapping[str, Any]) -> list[Rule]:
    """The rules with what is said beside them, a spec's ``device`` or ``dtype``, where they say nothing of it."""
    found = []
    for rule in rules:
        taken = METRICS[rule.metric].arguments
        known = {name: value for name, value in said.items() if name in taken} | dict(rule.arguments)
        found.append(rule._replace(arguments=tuple(sorted(known.items(), key=lambda pair: pair[0]))))
    return found


def tightened(rules: Sequence[Rule], further: Sequence[Rule]) -> list[Rule]:
    """The rules and further ones, which loosen nothing: of two on the same the tighter, both where neither is."""
    kept = [rule for rule in further if not _covered(rule, rules)]
    return [*(rule for rule in rules if not _covered(rule, kept)), *kept]


def _covered(rule: Rule, others: Iterable[Rule]) -> bool:
    return any(other.key == rule.key and other.covers(rule) for other in others)


def ratchet() -> list[Rule]:
    """The rules of --ratchet."""
    return [Rule("ratchet", metric, RATCHET, flag="--ratchet") for metric in in_columns(METRICS)]


def _rules(budget: "Budget", place: Locate, route: Route) -> Iterator[Rule]:
    said = budget.message
    for metric in METRICS:
        total = budget.of(metric)
        if total is not None:
            at = (*route, metric, "max")
            own = tuple(total.arguments.items())
            yield Rule(
                "total",
                metric,
                total.max,
                warn=total.warn,
                message=said,
                arguments=own,
                route=at,
                place=place,
            )
    for glob, limits in budget.layers.items():
        yield from _layer_rules(glob, limits, place, (*route, "layers", glob), said)
    for metric in METRICS:
        factor = budget.reduction.of(metric) if budget.reduction is not None else None
        if factor is not None:
            yield Rule(
                "reduction", metric, factor, message=said, route=(*route, "reduction", metric), place=place
            )
        limit = budget.regression.of(metric) if budget.regression is not None else None
        if limit is not None:
            at = (*route, "regression", metric, "max_increase")
            slack = limit.and_at_least
            yield Rule(
                "regression", metric, limit.max_increase, slack=slack, message=said, route=at, place=place
            )


def _layer_rules(
    glob: str, limits: "LayerLimits", place: Locate, route: Route, said: str | None
) -> Iterator[Rule]:
    kinds: tuple[tuple[RuleKind, str], ...] = (("layer", "max"), ("share", "max_share"))
    for metric in METRICS:
        limit = limits.of(metric)
        for kind, name in kinds:
            bound = getattr(limit, name, None)
            if bound is not None:
                yield Rule(kind, metric, bound, glob, message=said, route=(*route, metric, name), place=place)
