"""Problems for the terminal: what is wrong, where, and the line itself with a mark under the place::

net.yaml:5:36: error: unknown field "kernal_size" of conv layer "conv_1"
  5 |   - {type: conv, out_channels: 32, kernal_size: 3}
    |                                    ^^^^^^^^^^^
    = fields: activation, bias, ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from costcalc.errors import Location, Problem, format_route
from costcalc.rendering.escape import LOG_COMMAND, escape_character, log, terminal
from costcalc.rendering.text.folding import cell_width, folded

_TAB = "    "

#: So many columns a message has at least, however narrow the terminal and long its place.
_LEAST_ROOM = 24

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_SEVERITIES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m"}


def render_problems(problems: Iterable[Problem], width: int | None = None, color: bool = False) -> str:
    """All problems, one after the other, with an empty line between; see ``render_problem``."""
    return "\n\n".join(render_problem(problem, width, color) for problem in problems)


def render_problem(problem: Problem, width: int | None = None, color: bool = False) -> str:
    """One problem: its line; the excerpt, if there is one; the hint; where the block at fault is used.

    On a terminal of a ``width``, lines end between words, and of a long excerpt the part with the mark is shown.
    """
    where = problem.location
    if where is None:
        place, margin = f"{format_route(problem.route)}: " if problem.route else "", "  "
    else:
        place, margin = f"{where.path}:{where.line}:{where.column}: ", " " * (len(str(where.line)) + 3)
    lines = _headline(problem, place, width, color)
    if where is not None and where.excerpt.strip():
        lines += _excerpt(where, margin, width, _SEVERITIES[problem.severity] if color else "")
    for hint in problem.hints:
        lines += _folded(terminal(hint), width, f"{margin}= ", f"{margin}  ")
    if problem.used_lines:
        used = "used at " + ", through ".join(f"line {line}" for line in problem.used_lines)
        lines += _folded(used, width, f"{margin}= ", f"{margin}  ")
    return "\n".join(lines)


def _headline(problem: Problem, place: str, width: int | None, color: bool) -> list[str]:
    """Where and what: under a long place the message has lines of its own."""
    severity = f"{problem.severity}:"
    head = terminal(f"{place}{severity}")
    message = terminal(f"{place}{severity} {problem.message}")[len(head) + 1 :]
    if width is not None and len(head) + _LEAST_ROOM > width:
        lines = [head, *_folded(message, width, _TAB, _TAB)]
    else:
        lines = _folded(message, width, f"{head} ", _TAB)
    if color:
        shown = head.removesuffix(severity)
        bold = f"{_BOLD}{shown}{_PLAIN}" if shown else ""
        lines[0] = f"{bold}{_SEVERITIES[problem.severity]}{severity}{_PLAIN}{lines[0][len(head) :]}"
    return lines


def _folded(text: str, width: int | None, first: str, others: str) -> list[str]:
    """The text in lines that end between words; a word wider than that is left whole."""
    room = None if width is None else max(width, len(others) + _LEAST_ROOM)
    return [*map(log, folded(text, room, first, others))]


def _excerpt(where: Location, margin: str, width: int | None, color: str) -> Iterator[str]:
    cells = _cells(where.excerpt.rstrip())
    first = where.column - 1 - where.shift
    if width is not None:
        cells, first = _around(cells, first, max(width - len(margin) - 2, _LEAST_ROOM))
    indent = sum(map(cell_width, cells[:first])) + max(0, first - len(cells))
    marks = sum(map(cell_width, cells[first : first + where.length]))
    yield f"  {where.line} | {''.join(cells)}"
    yield f"{margin}| {' ' * indent}{color}{'^' * max(1, marks)}{_PLAIN if color else ''}"


def _around(cells: list[str], first: int, room: int) -> tuple[list[str], int]:
    """Of a line that is too wide, the part around a cell that has room, and the place of that cell in it."""
    widths = [*map(cell_width, cells)]
    if sum(widths) <= room:
        return cells, first
    start, end = 0, len(cells)
    before = sum(widths[:first])
    while start < first and before > room // 2:
        before -= widths[start]
        start += 1
    left = ["…"] if start else []
    taken = sum(widths[start:end])
    while end > first + 1 and taken > room - len(left) - 1:
        end -= 1
        taken -= widths[end]
    right = ["…"] if end < len(cells) else []
    return [*left, *cells[start:end], *right], first - start + len(left)


def _cells(text: str) -> list[str]:
    """What is shown for each character of a line."""
    cells = [_TAB if character == "\t" else escape_character(character) for character in text]
    for match in LOG_COMMAND.finditer(text):
        cells[match.end() - 1] += "\\"
    return cells
