"""What verify finds: each published figure beside the exact one, and how many there are of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from costcalc.analysis.verification import STATUSES, Status, VerifiedFigure
from costcalc.errors import Location
from costcalc.metrics import METRICS, plain_number
from costcalc.quantity import format_percent
from costcalc.rendering.formats import render
from costcalc.rendering.report.json import convention_object
from costcalc.rendering.report.report import View
from costcalc.rendering.results import Result, Results
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Role

_HEADER = ("spec", "figure", "at", "printed", "exact", "is", "why")
_TEXT = frozenset(("spec", "figure", "at", "is", "why"))
_ROLES: dict[Status, Role] = {
    "match": "row",
    "rounding": "row",
    "explained": "row",
    "misprint": "warning",
    "mismatch": "fail",
}


class Verified(NamedTuple):
    """One spec, what was found for its figures, and where each of them stands."""

    path: str
    name: str
    source: str
    findings: Sequence[VerifiedFigure]
    places: Sequence[Location]


def render_verification(verified: Sequence[Verified], everything: bool, format: str, view: View) -> str:
    """The findings, or those that are no plain match, and the count of all."""
    pairs = [(spec, index, finding) for spec in verified for index, finding in enumerate(spec.findings)]
    shown = [pair for pair in pairs if everything or pair[2].status not in ("match", "rounding")]
    rows = [_row(spec, finding, spec.places[index]) for spec, index, finding in shown]
    roles: list[Role] = [_ROLES[finding.status] for _, _, finding in shown]
    results = [Result("published figures", _HEADER, rows, _TEXT, roles)] if rows else []
    data = {
        "counts": {status: _count(pairs, status) for status in STATUSES},
        "figures": [_object(spec, finding, spec.places[index]) for spec, index, finding in pairs],
    }
    return render("results", format, Results(results, data, [summary(verified)]), view)


def summary(verified: Sequence[Verified]) -> str:
    """How many figures there are of each kind, in a sentence."""
    counts = Counter(finding.status for spec in verified for finding in spec.findings)
    words = {
        "match": "match",
        "rounding": "match, cut in place of rounded",
        "explained": "explained by the spec",
        "misprint": "misprinted",
        "mismatch": "unexplained",
    }
    parts = [f"{counts[status]} {words[status]}" for status in STATUSES if counts[status]]
    specs = sum(bool(spec.findings) for spec in verified)
    noun = "network" if specs == 1 else "networks"
    figures = f"{(total := sum(counts.values()))} published figure{'' if total == 1 else 's'}"
    return f"{figures} of {specs} {noun}: {', '.join(parts) or 'nothing to check'}"


def _count(pairs: Sequence[tuple[Verified, int, VerifiedFigure]], status: Status) -> int:
    return sum(finding.status == status for _, _, finding in pairs)


def _row(spec: Verified, finding: VerifiedFigure, place: Location) -> tuple[str, ...]:
    why = finding.reason
    if finding.status == "mismatch":
        where = f"{place.path}:{place.line}:{place.column}"
        why = f"{where}: {why}" if why else where
    return (
        spec.path,
        _figure(finding),
        _circumstances(finding),
        finding.printed.text,
        _exact(finding),
        finding.status,
        why,
    )


def _figure(finding: VerifiedFigure) -> str:
    text = finding.what if finding.what in METRICS else f"{finding.what} by {finding.convention.stamp}"
    return f"{text}, share of {finding.group}" if finding.group else text


def _circumstances(finding: VerifiedFigure) -> str:
    row = finding.row
    parts = [] if row.width_multiplier == 1 else [f"α {float(row.width_multiplier):g}"]
    parts += [] if row.resolution is None else [str(row.resolution)]
    return ", ".join([*parts, *(f"no {name}" for name in row.without)])


def _exact(finding: VerifiedFigure) -> str:
    """The exact number; a share to one digit more than was printed."""
    if finding.group:
        digits = len(finding.printed.text.rstrip("%").partition(".")[2])
        return format_percent(Fraction(finding.exact), digits + 1)
    return cells.printer(finding.what, exact=True)(finding.exact)


def _object(spec: Verified, finding: VerifiedFigure, place: Location) -> dict[str, Any]:
    row = finding.row
    return {
        "spec": spec.path,
        "network": spec.name,
        "source": row.source or spec.source or None,
        "figure": finding.what,
        "kind": finding.group or None,
        "convention": convention_object(finding.convention),
        "width_multiplier": float(row.width_multiplier),
        "resolution": row.resolution,
        "without": list(row.without),
        "printed": finding.printed.text,
        "exact": plain_number(finding.exact),
        "status": finding.status,
        "reason": finding.reason or None,
        "location": {"path": place.path, "line": place.line, "column": place.column},
    }
