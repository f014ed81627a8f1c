"""The insight in words: one paragraph below the totals, of which every phrase is true of the exact numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from costcalc.analysis.costs import Analysis
from costcalc.metrics import metric_named
from costcalc.quantity import format_percent
from costcalc.rendering.escape import terminal
from costcalc.rendering.report.report import Report
from costcalc.rendering.report.totals import limits_of
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Line
from costcalc.search.insight import Insight, convolutions, insight

_MOST_NAMED = 3
_PLAIN = re.compile(r"[\w./:+-]+", re.ASCII)
_CAVEAT = "it would have to be trained again, and may lose accuracy"


def insight_lines(report: Report) -> Iterator[Line]:
    """What the numbers say; on a line of its own, to be copied, the command that tells more."""
    analysis = report.analysis
    if not analysis.written["multiplies"]:
        yield Line("text", "Nothing multiplies here: no convolution, linear layer or matrix product.")
        return
    limits = {
        name: verdict.rule.bound
        for name, verdict in limits_of(report).items()
        if metric_named(name).aggregation == "sum"
    }
    found = insight(analysis, limits)
    sentences = _gain(found) if found.replaced else [_nothing_left(analysis)]
    yield Line("text", terminal(" ".join(sentences)))
    if pointer := _pointer(report, found):
        yield Line("text", f"more: {pointer}")


def _gain(found: Insight) -> list[str]:
    sentences = []
    if found.heaviest:
        make = "makes" if len(found.heaviest) == 1 else "make"
        share = format_percent(found.share, 1)
        sentences.append(f"{_names(found.heaviest)} {make} {share} of the multiplies.")
    number = cells.printer("multiplies", exact=False)
    what, *more_of_them = found.replaced
    if more_of_them:
        what = f"{len(found.replaced)} convolutions"
    less = cells.saved(found.before["multiplies"], found.after["multiplies"])
    params, fewer = found.after["params"], found.before["params"]
    more = (
        f", with {format_percent(Fraction(params - fewer, fewer), 1)} more params" if params > fewer else ""
    )
    sentences.append(
        f"With {what} separable it costs {number(found.after['multiplies'])} multiplies, {less} less{more}; {_CAVEAT}."
    )
    if found.then is not None:
        rows = _names(found.enough) + (" alone, separable," if len(found.enough) == 1 else ", separable,")
        sentences.append(f"{rows} would be enough for the budget: {found.then['multiplies']:,} multiplies.")
    elif not found.is_enough:
        sentences.append("That is over the budget, too.")
    return sentences


def _nothing_left(analysis: Analysis) -> str:
    """Why no convolution becomes separable, and what makes most of the multiplies."""
    from costcalc.analysis.breakdown import breakdown

    found = convolutions(analysis.network)
    kept = ", ".join(f"{count} {reason}" for reason, count in found.kept.items())
    kinds = [
        name for name, count in (("depthwise", found.depthwise), ("pointwise", found.pointwise)) if count
    ]
    if not found.total:
        first = "There is no convolution"
    elif not kinds:
        first = f"All convolutions are kept ({kept})"
    else:
        first = f"All convolutions are {' or '.join(kinds)} already" + (
            f", but for those kept ({kept})" if kept else ""
        )
    heaviest = breakdown(analysis, "kind")[0]
    share = format_percent(Fraction(heaviest.cost["multiplies"], analysis.written["multiplies"]), 1)
    return f"{first}; {_kind(heaviest.name)} make {share} of the multiplies."


def _kind(name: str) -> str:
    """A kind of primitive, many of them: ``1x1 convolutions``."""
    kind, _, kernel = name.partition(" ")
    words = {
        "conv": "convolutions",
        "depthwise_conv": "depthwise convolutions",
        "conv_transpose": "transposed convolutions",
        "linear": "linear layers",
        "matmul": "matrix products",
    }
    return f"{kernel} {words.get(kind, kind)}".strip()


def _names(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b, c and 2 more``."""
    shown = [*names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        shown.append(f"{len(names) - _MOST_NAMED} more")
    *most, last = shown
    return f"{', '.join(most)} and {last}" if most else last


def _pointer(report: Report, found: Insight) -> str:
    """The command that tells more, where it can be typed as it stands."""
    if not _PLAIN.fullmatch(report.path):
        return ""
    if found.then is not None:
        return f"costcalc plan {report.path}"
    if found.replaced and found.heaviest and _PLAIN.fullmatch(found.heaviest[0]):
        return f"costcalc explain {report.path} {found.heaviest[0]}"
    return f"costcalc alternatives {report.path}" if found.replaced else ""
