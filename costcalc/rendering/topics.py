"""A topic of the manual as text: its Markdown without fences, comments, links and emphasis."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from costcalc.rendering.text.folding import folded
from costcalc.rendering.text.layout import Line
from costcalc.rendering.text.plain import finish

if TYPE_CHECKING:
    from costcalc.rendering.report.report import View

_FENCE = "```"
_COMMENT = re.compile(r"^<!-- .* -->\n", re.MULTILINE)
_MARKUP = re.compile(r"\[([^\]]+)\]\([^)]+\)|\*([^*\s][^*]*)\*")
_RULE = re.compile(r"\|[-|]+\|")
_INDENT = "    "
_POINT = "- "


def render_topic(text: str, view: View) -> str:
    """The text of a page; what it shows in fences is indented. Sentences are filled anew on a narrower terminal."""
    lines = [*_lines(_COMMENT.sub("", text))]
    if view.width is not None and any(len(line.text) > view.width for line in lines):
        lines = [*_filled(lines, view.width)]
    return finish(lines, view)


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
            yield Line("row" if line.startswith("| ") else "text", _plain(line))


def _filled(lines: Sequence[Line], width: int) -> Iterator[Line]:
    """Each paragraph, and each point of a list, in lines that fit; what is in fences or in tables stays."""
    paragraph: list[str] = []
    for line in (*lines, None):
        sentence = line.text.strip() if line is not None and line.role == "text" else ""
        if paragraph and (not sentence or sentence.startswith(_POINT)):
            others = " " * len(_POINT) if paragraph[0].startswith(_POINT) else ""
            yield from (Line("row", each) for each in folded(" ".join(paragraph), width, others=others))
            paragraph = []
        if sentence:
            paragraph.append(sentence)
        elif line is not None:
            yield line


def _plain(line: str) -> str:
    """A line without markup; a table's row without its outer bars."""
    line = _MARKUP.sub(lambda match: match[1] or match[2], line)
    return re.sub(r"^\| |\s*\|$", "", line).replace(" | ", "  ") if line.startswith("| ") else line
