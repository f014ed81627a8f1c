"""Lines as plain text, or with colours on a terminal; long sentences wrap there, tables never do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from costcalc.rendering.report.report import View
from costcalc.rendering.text.folding import folded
from costcalc.rendering.text.layout import Line

#: Past this many lines a terminal gets plain text, too: colours would take longer than the analysis.
MOST_STYLED = 600

_SENTENCES = ("title", "text", "note", "pass", "warning", "fail", "skipped", "sum")
_INDENT = "    "


def finish(lines: Sequence[Line], view: View) -> str:
    """The text of a report."""
    if view.width is not None:
        lines = [*_wrapped(lines, view.width)]
    if view.color and len(lines) <= MOST_STYLED:
        from costcalc.rendering.text.styled import styled

        return styled(lines)
    return "".join([f"{line.text}\n" for line in lines])


def _wrapped(lines: Iterable[Line], width: int) -> Iterator[Line]:
    for line in lines:
        if line.role not in _SENTENCES:
            yield line
            continue
        indent = line.text[: len(line.text) - len(line.text.lstrip())]
        for piece in folded(line.text, width, others=indent + _INDENT):
            yield Line(line.role, piece)
