"""A sheet: results that have one table of numbers for machines, too, so that CSV is one of their formats."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from costcalc.rendering.escape import csv_cell
from costcalc.rendering.report.report import View
from costcalc.rendering.results import Result


class Sheet(NamedTuple):
    """What :class:`~costcalc.rendering.results.Results` holds, and a CSV file's header and rows, to be read once."""

    results: Sequence[Result]
    data: dict[str, Any]
    header: Sequence[str]
    rows: Iterable[Sequence[str]]
    sentences: Sequence[str] = ()


def render_sheet_csv(sheet: Sheet, view: View) -> str:
    """The rows for machines as CSV, by RFC 4180."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(sheet.header)
    writer.writerows([csv_cell(cell) for cell in row] for row in sheet.rows)
    return text.getvalue()
