"""Verdicts: each limit beside the exact value that it limits. Equal passes."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from costcalc.analysis.costs import Analysis, Cost, reduction
from costcalc.budget.rules import TOTALS, Rule
from costcalc.metrics import Number, metric_named

if TYPE_CHECKING:
    from costcalc.analysis.figures import Figures

Status: TypeAlias = Literal["pass", "warning", "fail", "skipped"]


class Verdict(NamedTuple):
    """One limit and what it was held against.

    ``value`` and ``limit`` are exact ints, or Fractions for a reduction; ``value`` is None for a reduction
    of nothing. A share or an increase is a limit in multiplies or params too: the largest int that it lets
    pass, and for a ratchet the least. ``layer`` is the layer that a layer's limit is about. ``base`` is the
    baseline's value. A limit that needs a baseline where there is none is skipped, and has no limit. ``kept`` is the
    limit below the baseline that a ratchet starts from.
    """

    rule: Rule
    value: Number | None
    limit: Number | None
    status: Status
    layer: str = ""
    base: Number | None = None
    kept: Number | None = None

    @property
    def metric(self) -> str:
        """What is limited, in one word: ``multiplies``, ``layers.conv_1.params``, ``reduction.params``."""
        kind, metric = self.rule.kind, self.rule.metric
        if kind == "total":
            return metric
        if kind in ("layer", "share"):
            return f"layers.{self.layer}.{metric}" + (".share" if kind == "share" else "")
        return f"{kind}.{metric}"

    @property
    def excess(self) -> Number:
        """By how much a limit is missed: above a ceiling, or below a floor; 0 where it holds."""
        if self.value is None or self.limit is None:
            return self.limit or 0
        below = self.rule.kind in ("reduction", "ratchet")
        return max(0, self.limit - self.value if below else self.value - self.limit)


def check(analysis: Analysis, rules: Sequence[Rule], baseline: "Figures | None" = None) -> list[Verdict]:
    """The verdict on each rule; on a layer's limit one for each layer that misses it, or else for the heaviest.

    A rule whose glob matches no layer has no verdict: see :func:`unmatched`.
    """
    return [verdict for rule in rules for verdict in _verdicts(analysis, rule, rules, baseline)]


def unmatched(analysis: Analysis, rules: Iterable[Rule]) -> list[Rule]:
    """The rules whose glob matches no layer."""
    return [rule for rule in rules if rule.glob and not any(_matching(analysis, rule.glob))]


def _verdicts(
    analysis: Analysis, rule: Rule, rules: Sequence[Rule], baseline: "Figures | None"
) -> Iterator[Verdict]:
    if rule.kind in ("layer", "share"):
        yield from _on_layers(analysis, rule)
    elif rule.kind == "reduction":
        yield _on_reduction(analysis, rule)
    elif rule.kind == "ratchet" and rule.metric not in analysis.metrics:
        return  # it is about whatever is known
    elif rule.needs_baseline:
        yield _on_baseline(analysis, rule, rules, baseline)
    else:
        there = analysis.given(**rule.given) if rule.given else analysis
        value = there.written[rule.metric]
        yield Verdict(rule, value, rule.bound, _status(value, rule.bound, rule.warn))


def _status(value: Number, limit: Number, warn: Fraction | None = None) -> Status:
    if value > limit:
        return "fail"
    return "warning" if warn is not None and 0 < value >= warn * limit else "pass"


def _on_layers(analysis: Analysis, rule: Rule) -> Iterator[Verdict]:
    limit = rule.bound
    if rule.kind == "share":
        limit = metric_named(rule.metric).unit.floor(rule.bound * analysis.written[rule.metric])
    costs = [(cost[rule.metric], name) for name, cost in _matching(analysis, rule.glob)]
    costs.sort(key=lambda pair: -pair[0])
    verdicts = [Verdict(rule, value, limit, _status(value, limit), name) for value, name in costs]
    failed = [verdict for verdict in verdicts if verdict.status == "fail"]
    yield from failed or verdicts[:1]


def _matching(analysis: Analysis, glob: str) -> Iterator[tuple[str, Cost]]:
    """The layers that a glob matches, by name, and what they cost as written."""
    for row, cost in zip(analysis.network.rows, analysis.rows, strict=True):
        if fnmatchcase(row.name, glob):
            yield row.name, cost


def _on_reduction(analysis: Analysis, rule: Rule) -> Verdict:
    value = reduction(analysis.standard[rule.metric], analysis.separable[rule.metric])
    holds = value is not None and value >= rule.bound
    return Verdict(rule, value, rule.bound, "pass" if holds else "fail")


def _on_baseline(
    analysis: Analysis, rule: Rule, rules: Sequence[Rule], baseline: "Figures | None"
) -> Verdict:
    value, unit = analysis.written[rule.metric], metric_named(rule.metric).unit
    if baseline is None or rule.metric not in baseline.values:
        return Verdict(rule, value, None, "skipped")
    base = baseline.values[rule.metric]
    if rule.kind == "regression":
        limit = max(unit.floor(base * (1 + rule.bound)), base + rule.slack - unit.is_whole)
        return Verdict(rule, value, limit, _status(value, limit), base=base)
    kept = _kept(rules, rule.metric, base)
    least = unit.ceiling((base if kept is None else kept) * (1 - rule.bound))
    return Verdict(rule, value, least, "fail" if value < least else "pass", base=base, kept=kept)


def _kept(rules: Sequence[Rule], metric: str, base: Number) -> Number | None:
    """The lowest limit on the whole, where it lies below the baseline: that much of a gain is kept already."""
    limits = (rule.bound for rule in rules if rule.kind in TOTALS and rule.metric == metric)
    lowest = min(limits, default=base)
    return lowest if lowest < base else None
