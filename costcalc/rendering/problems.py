"""Problems for the terminal: what is wrong, where, and the line itself with a mark under the place::

net.yaml:5:36: error: unknown field "kernal_size" of conv layer "conv_1"
  5 |   - {type: conv, out_channels: 32, kernal_size: 3}
    |                                    ^^^^^^^^^^^
    = fields: activation, bias, ...
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from costcalc.errors import Location, Problem, format_route
from costcalc.rendering.escape import LOG_COMMAND, escape_character, terminal

_TAB = "    "


def render_problems(problems: Iterable[Problem]) -> str:
    """All problems, one after the other, with an empty line between."""
    return "\n\n".join(map(render_problem, problems))


def render_problem(problem: Problem) -> str:
    """One problem: its line; the excerpt, if there is one; the hint; where the block at fault is used."""
    where = problem.location
    if where is None:
        place, margin = f"{format_route(problem.route)}: " if problem.route else "", "  "
    else:
        place, margin = f"{where.path}:{where.line}:{where.column}: ", " " * (len(str(where.line)) + 3)
    lines = [terminal(f"{place}{problem.severity}: {problem.message}")]
    if where is not None and where.excerpt.strip():
        lines += _excerpt(where, margin)
    if problem.hint is not None:
        lines.append(f"{margin}= {terminal(problem.hint)}")
    if problem.used_lines:
        lines.append(f"{margin}= used at " + ", through ".join(f"line {line}" for line in problem.used_lines))
    return "\n".join(lines)


def _excerpt(where: Location, margin: str) -> Iterator[str]:
    cells = _cells(where.excerpt.rstrip())
    first = where.column - 1 - where.shift
    indent = sum(map(_width, cells[:first])) + max(0, first - len(cells))
    marks = sum(map(_width, cells[first : first + where.length]))
    yield f"  {where.line} | {''.join(cells)}"
    yield f"{margin}| {' ' * indent}{'^' * max(1, marks)}"


def _cells(text: str) -> list[str]:
    """What is shown for each character of a line."""
    cells = [_TAB if character == "\t" else escape_character(character) for character in text]
    for match in LOG_COMMAND.finditer(text):
        cells[match.end() - 1] += "\\"
    return cells


def _width(cell: str) -> int:
    """The columns of a terminal that a text takes: wide characters two, combining ones none."""
    return sum(_character_width(character) for character in cell)


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
