"""Scores of variants from the user's own CSV: columns of numbers, joined on those that are named like axes."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from costcalc.errors import CostcalcError
from costcalc.quantity import listed, shown
from costcalc.reading.files import read_text

if TYPE_CHECKING:
    from costcalc.search.sweep.space import SweepAxis

MAX_COMBINATIONS = 10_000_000

#: By the name of a column: the axes that it is joined on, and a number for each combination of their values.
Scores: TypeAlias = dict[str, tuple[tuple[int, ...], dict[tuple[int, ...], float]]]


def read_scores(path: str, axes: Sequence[SweepAxis]) -> Scores:
    """The columns of numbers of a CSV file. Raises CostcalcError with the line of what is wrong."""
    rows = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        header = next(rows, [])
        places = {axis.name: place for place, axis in enumerate(axes)}
        joined = [column for column in header if column in places]
        numbers = [column for column in header if column not in places]
        if not joined or not numbers or len({*header}) < len(header):
            names = listed(axis.name for axis in axes)
            raise CostcalcError(
                f"{path}:1: needs columns that are named like axes ({names}), and one of scores"
            )
        keys = tuple(places[column] for column in joined)
        if math.prod(len(axes[key].labels) for key in keys) > MAX_COMBINATIONS:
            raise CostcalcError(f"{path}: the columns {listed(joined)} have too many combinations")
        indices = {key: {label: index for index, label in enumerate(axes[key].labels)} for key in keys}
        found: Scores = {column: (keys, {}) for column in numbers}
        for row in rows:
            place = f"{path}:{rows.line_num}"
            if len(row) != len(header):
                raise CostcalcError(f"{place}: {len(row)} cells, and the first line has {len(header)}")
            _read_row(place, dict(zip(header, row, strict=True)), found, indices, joined)
        return found
    except csv.Error as error:
        raise CostcalcError(f"{path}:{rows.line_num}: {error}") from None


def _read_row(
    place: str,
    row: dict[str, str],
    found: Scores,
    indices: dict[int, dict[str, int]],
    joined: Sequence[str],
) -> None:
    key = []
    for known, column in zip(indices.values(), joined, strict=True):
        if row[column] not in known:
            raise CostcalcError(
                f"{place}: {shown(column)} has no value {shown(row[column])}; values: {listed(known)}"
            )
        key.append(known[row[column]])
    for column, (_, scores) in found.items():
        if tuple(key) in scores:
            raise CostcalcError(f"{place}: the same choices stand twice")
        try:
            score = float(row[column])
        except ValueError:
            score = math.nan
        if not math.isfinite(score):
            raise CostcalcError(f"{place}: {shown(column)} must be a number, not {shown(row[column])}")
        scores[tuple(key)] = score
