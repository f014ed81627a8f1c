"""The formats of all documents, one table: which function makes of a document the text of a format.

Each renderer takes what the document holds and how it is to be seen, and returns a string. It is imported when it
is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from costcalc.rendering.report.report import View

Document: TypeAlias = Literal["report", "check", "diff", "results", "sheet"]

_ROOM = "costcalc.rendering"

#: (document, format) -> ``module:function``. A document's first format is what it has where none is asked for.
RENDERERS: dict[tuple[Document, str], str] = {
    ("report", "table"): f"{_ROOM}.report.table:render_table",
    ("report", "json"): f"{_ROOM}.report.json:render_json",
    ("report", "csv"): f"{_ROOM}.report.csv:render_csv",
    ("report", "markdown"): f"{_ROOM}.report.markdown:render_markdown",
    ("report", "openmetrics"): f"{_ROOM}.report.openmetrics:render_openmetrics",
    ("report", "html"): f"{_ROOM}.html.page:render_html",
    ("report", "model-explorer"): f"{_ROOM}.model_explorer:render_model_explorer",
    ("check", "table"): f"{_ROOM}.check.table:render_check_table",
    ("check", "json"): f"{_ROOM}.check.json:render_check_json",
    ("check", "csv"): f"{_ROOM}.check.csv:render_check_csv",
    ("check", "markdown"): f"{_ROOM}.check.markdown:render_check_markdown",
    ("check", "junit"): f"{_ROOM}.check.junit:render_junit",
    ("check", "sarif"): f"{_ROOM}.check.sarif:render_sarif",
    ("check", "github"): f"{_ROOM}.check.github:render_github",
    ("check", "gitlab"): f"{_ROOM}.check.gitlab:render_gitlab",
    ("check", "openmetrics"): f"{_ROOM}.check.openmetrics:render_check_openmetrics",
    ("check", "html"): f"{_ROOM}.html.changes:render_check_html",
    ("diff", "table"): f"{_ROOM}.diff.table:render_diff_table",
    ("diff", "json"): f"{_ROOM}.diff.json:render_diff_json",
    ("diff", "markdown"): f"{_ROOM}.diff.markdown:render_diff_markdown",
    ("diff", "html"): f"{_ROOM}.html.changes:render_diff_html",
    ("results", "table"): f"{_ROOM}.results:render_results_table",
    ("results", "json"): f"{_ROOM}.results:render_results_json",
    ("results", "markdown"): f"{_ROOM}.results:render_results_markdown",
    ("sheet", "table"): f"{_ROOM}.results:render_results_table",
    ("sheet", "json"): f"{_ROOM}.results:render_results_json",
    ("sheet", "csv"): f"{_ROOM}.sheet:render_sheet_csv",
    ("sheet", "markdown"): f"{_ROOM}.results:render_results_markdown",
}

#: Formats that are several files where they do not go to standard output: what gives each with its name.
FOLDERS: dict[tuple[Document, str], str] = {
    ("report", "model-explorer"): f"{_ROOM}.model_explorer:model_explorer_files",
}

#: Formats that speak of a model's own nodes, not of the layers that are recognised in it.
OF_NODES = frozenset({"model-explorer"})

#: The pictures that are drawn alone; costcalc.rendering.plot.pictures makes them.
PICTURE_NAMES = ("cost", "memory", "roofline", "architecture", "front")


def formats_of(document: Document) -> tuple[str, ...]:
    """The formats of a document."""
    return tuple(format for owner, format in RENDERERS if owner == document)


def render(document: Document, format: str, content: Any, view: View) -> str:
    """A document in a format; raises KeyError where there is no such format."""
    text: str = _function(RENDERERS[document, format])(content, view)
    return text


def render_files(document: Document, format: str, content: Any, view: View) -> Iterator[tuple[str, str]]:
    """The files of a format of FOLDERS, each with its name."""
    files: Iterator[tuple[str, str]] = _function(FOLDERS[document, format])(content, view)
    return files


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
