"""What a network's numbers say at first sight: where the cost lies, what can be saved, what the budget asks.

Everything is exact, and a row of the table is what may be replaced: how many of a row's convolutions are is the
separable version's business.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from costcalc.analysis.costs import Analysis
from costcalc.metrics import Number, leading
from costcalc.network import Network
from costcalc.rewrite.separable import reason_to_keep
from costcalc.rewrite.version import is_depthwise

#: So many rows are named at most, and so much of the whole they are to make.
_MOST_NAMED = 3
_ENOUGH = Fraction(1, 2)

_CONVOLUTIONS = ("conv", "depthwise_conv", "conv_transpose")


class Convolutions(NamedTuple):
    """How many convolutions there are: depthwise, of one tap, and others by the reason why they are kept."""

    total: int
    depthwise: int
    pointwise: int
    kept: Mapping[str, int]


class Insight(NamedTuple):
    """What there is to say.

    ``heaviest`` are the fewest rows that make half of the multiplies, or the first three, and ``share`` is theirs.
    ``replaced`` are the paths of the convolutions that would be separable, with the costs ``before`` and ``after``
    by metric.
    ``enough`` are the fewest rows to make separable so that the limits hold, and ``then`` the costs; nothing where
    the limits hold already, or where that is not known. ``is_enough`` says whether all of them would do.
    """

    heaviest: Sequence[str]
    share: Fraction
    replaced: Sequence[str]
    before: Mapping[str, Number]
    after: Mapping[str, Number]
    enough: Sequence[str] = ()
    then: Mapping[str, Number] | None = None
    is_enough: bool = True


def insight(analysis: Analysis, limits: Mapping[str, Number]) -> Insight:
    """What to say of a network with these limits on its totals, by metric."""
    names = [row.name for row in analysis.network.rows]
    values = analysis.row_values("written", leading())
    order = sorted((index for index in range(len(names)) if values[index]), key=lambda index: -values[index])
    total, chosen = analysis.written[leading()], list[int]()
    part: Number = 0
    for index in order[:_MOST_NAMED]:
        if part >= _ENOUGH * total:
            break
        chosen.append(index)
        part += values[index]
    metrics = ("multiplies", "params")
    before = {metric: analysis.written[metric] for metric in metrics}
    after = {metric: analysis.separable[metric] for metric in metrics}
    enough, then, is_enough = _enough(analysis, limits, before, after)
    return Insight(
        [names[index] for index in chosen] if len(order) > 1 else [],
        Fraction(part) / total if total else Fraction(0),
        [found.path for found in analysis.versions.rewritten("separable").replacements],
        before,
        after,
        [names[index] for index in enough],
        then,
        is_enough,
    )


def convolutions(network: Network) -> Convolutions:
    """What convolutions there are as written."""
    total = depthwise = pointwise = 0
    kept: Counter[str] = Counter()
    for node in network.nodes:
        if node.layer.type not in _CONVOLUTIONS:
            continue
        total += 1
        reason = (reason_to_keep(node) or "").partition("kept: ")[2]
        if is_depthwise(node):
            depthwise += 1
        elif reason == "one tap":
            pointwise += 1
        elif reason:
            kept[reason] += 1
    return Convolutions(total, depthwise, pointwise, kept)


def _enough(
    analysis: Analysis,
    limits: Mapping[str, Number],
    before: Mapping[str, Number],
    after: Mapping[str, Number],
) -> tuple[Sequence[int], Mapping[str, Number] | None, bool]:
    """The fewest rows to make separable, what it costs then, and whether all of them would be enough."""
    if not set(limits) <= set(before) or all(before[name] <= limit for name, limit in limits.items()):
        return (), None, True
    if any(after[name] > limit for name, limit in limits.items()):
        return (), None, False
    if "params" in limits and any(node.shares is not None for node in analysis.network.nodes):
        return (), None, True  # what one row saves depends on another
    changes = _changes(analysis)
    rows = _fewest(changes, {name: limit - before[name] for name, limit in limits.items()})
    if not rows:
        return (), None, True
    then = {name: before[name] + sum(changes[row][name] for row in rows) for name in before}
    return rows, then, True


def _changes(analysis: Analysis) -> list[Mapping[str, Number]]:
    """What making a row separable adds to each metric."""
    pairs = {
        name: zip(analysis.row_values("separable", name), analysis.row_values("written", name), strict=True)
        for name in ("multiplies", "params")
    }
    columns = {name: [after - before for after, before in pair] for name, pair in pairs.items()}
    return [
        {"multiplies": multiplies, "params": params}
        for multiplies, params in zip(columns["multiplies"], columns["params"], strict=True)
    ]


def _fewest(changes: Sequence[Mapping[str, Number]], room: Mapping[str, Number]) -> Sequence[int]:
    """The fewest rows that bring all within the room; under a limit on more than multiplies one row, or nothing."""
    if set(room) == {"multiplies"}:
        from costcalc.search.plan.optimum import best_choice

        choice = best_choice([[change] for change in changes], room)
        return [row for row, taken in enumerate(choice or ()) if taken is not None]
    alone = [
        row
        for row, change in enumerate(changes)
        if change["multiplies"] < 0 and all(change[name] <= room[name] for name in room)
    ]
    return sorted(alone, key=lambda row: (changes[row]["multiplies"], row))[:1]
