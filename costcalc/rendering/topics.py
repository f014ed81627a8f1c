"""A topic of the manual as text: its Markdown without fences, comments, links and emphasis."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from costcalc.rendering.text.layout import Line
from costcalc.rendering.text.plain import finish

if TYPE_CHECKING:
    from costcalc.rendering.report.report import View

_FENCE = "```"
_COMMENT = re.compile(r"^<!-- .* -->\n", re.MULTILINE)
_MARKUP = re.compile(r"\[([^\]]+)\]\([^)]+\)|\*([^*\s][^*]*)\*")
_RULE = re.compile(r"\|[-|]+\|")
_INDENT = "    "


def render_topic(text: str, view: View) -> str:
    """The text of a page; what it shows in fences is indented."""
    return finish([*_lines(_COMMENT.sub("", text))], view)


def render_topic_names(names: Sequence[str], view: View) -> str:
    """What there is to ask for."""
    return finish([Line("text", f"topics: {', '.join(names)}")], view)


def _lines(text: str) -> Iterator[Line]:
    fenced = False
    for line in text.splitlines():
        if line.startswith(_FENCE):
            fenced = not fenced
        elif fenced:
            yield Line("row", f"{_INDENT}{line}".rstrip())
        elif line.startswith("#"):
            yield Line("title", line.lstrip("# "))
        elif _RULE.fullmatch(line):
            yield Line("rule", "-" * (len(line) - 4))
        else:
            yield Line("row", _plain(line))


def _plain(line: str) -> str:
    """A line without markup; a table's row without its outer bars."""
    line = _MARKUP.sub(lambda match: match[1] or match[2], line)
    return re.sub(r"^\| |\s*\|$", "", line).replace(" | ", "  ") if line.startswith("| ") else line
