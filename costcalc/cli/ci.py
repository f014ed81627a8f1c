"""What a CI service offers, told by its environment: annotations, a job's summary, the top of the repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from costcalc.cli.output import say, writing
from costcalc.errors import CostcalcError

if TYPE_CHECKING:
    from costcalc.budget import Outcome

#: GitHub takes no summary of a step that is longer.
_LONGEST_SUMMARY = 2**20 - 1


def is_ci() -> bool:
    """Whether this is a CI job, as nearly all services say it."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no", "off")


def is_github() -> bool:
    """Whether this is a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def repository_top() -> str | None:
    """The top of the repository: as the CI service says, or the nearest folder upwards with a ``.git``."""
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        if folder := os.environ.get(name):
            return folder
    folder = os.getcwd()
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def annotate(outcome: Outcome) -> None:
    """Write annotations to standard error, where the runner of GitHub Actions reads them, too."""
    from costcalc.rendering.check.github import render_github
    from costcalc.rendering.report.report import View

    if text := render_github(outcome, View(root=repository_top())):
        say(text.removesuffix("\n"))


def summarize(outcome: Outcome) -> None:
    """Append a summary to that of the job, as much as it can take. What cannot be written is told."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    from costcalc.rendering.check.markdown import render_check_markdown
    from costcalc.rendering.report.report import View

    try:
        with writing(path), open(path, "ab") as file:
            left = _LONGEST_SUMMARY - file.tell()
            text = render_check_markdown(outcome, View(), left)
            file.write(text.encode("utf-8", "backslashreplace")[: max(0, left)])
    except CostcalcError as error:
        say(f"warning: no job summary: {error}")
