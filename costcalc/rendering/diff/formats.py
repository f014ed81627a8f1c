"""A difference between two networks, and the formats that it can be written as."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, assert_never

from costcalc.analysis.comparison import Comparison
from costcalc.rendering.report.report import View


class DiffFormat(StrEnum):
    """What a difference can be written as."""

    table = "table"
    json = "json"
    markdown = "markdown"


class Difference(NamedTuple):
    """What is compared, by name, and what differs; ``comparison`` is None where there was nothing before."""

    old: str
    new: str
    comparison: Comparison | None


def render_diff(format: DiffFormat, difference: Difference, view: View) -> str:
    """The difference in a format."""
    match format:
        case DiffFormat.table:
            from costcalc.rendering.diff.table import render_diff_table

            return render_diff_table(difference, view)
        case DiffFormat.json:
            from costcalc.rendering.diff.json import render_diff_json

            return render_diff_json(difference)
        case DiffFormat.markdown:
            from costcalc.rendering.diff.markdown import render_diff_markdown

            return render_diff_markdown(difference, view)
        case _:
            assert_never(format)
