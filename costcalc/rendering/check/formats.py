"""The formats of a check, each in a module of its own that is imported when it is asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from costcalc.budget import Outcome
from costcalc.rendering.report.report import View


class CheckFormat(StrEnum):
    """What a check can be written as."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    junit = "junit"
    sarif = "sarif"
    github = "github"
    gitlab = "gitlab"
    openmetrics = "openmetrics"


def render_check(
    format: CheckFormat, outcome: Outcome, view: View, root: str | None = None, told: bool = False
) -> str:
    """The check in a format; ``root`` is the top of the repository, from which services want paths.

    ``told``: mistakes and warnings stand on standard error, so that a table beside need not repeat them.
    """
    match format:
        case CheckFormat.table:
            from costcalc.rendering.check.table import render_check_table

            return render_check_table(outcome, view, told)
        case CheckFormat.json:
            from costcalc.rendering.check.json import render_check_json

            return render_check_json(outcome)
        case CheckFormat.csv:
            from costcalc.rendering.check.csv import render_check_csv

            return render_check_csv(outcome)
        case CheckFormat.markdown:
            from costcalc.rendering.check.markdown import render_check_markdown

            return render_check_markdown(outcome)
        case CheckFormat.junit:
            from costcalc.rendering.check.junit import render_junit

            return render_junit(outcome)
        case CheckFormat.sarif:
            from costcalc.rendering.check.sarif import render_sarif

            return render_sarif(outcome, root)
        case CheckFormat.github:
            from costcalc.rendering.check.github import render_github

            return render_github(outcome, root)
        case CheckFormat.gitlab:
            from costcalc.rendering.check.gitlab import render_gitlab

            return render_gitlab(outcome, root)
        case CheckFormat.openmetrics:
            from costcalc.rendering.report.openmetrics import render_openmetrics

            return render_openmetrics(outcome)
        case _:
            assert_never(format)
