"""Results that are a few tables with sentences around them: for people, as Markdown, or as JSON."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from costcalc import __version__
from costcalc.rendering.escape import markdown, terminal
from costcalc.rendering.json_document import json_document
from costcalc.rendering.report.report import View
from costcalc.rendering.text.layout import Column, Line, Role, lay_out, least_width, table_width
from costcalc.rendering.text.plain import finish

SCHEMA_VERSION = 1
#: A last column gets at least so many columns of a terminal, however narrow it is.
_LEAST = 22


class Result(NamedTuple):
    """A table under a title, sentences before and after it; nothing is escaped yet.

    ``left`` are the columns that are text. The last column wraps on a terminal if it is one of them. ``diff`` are
    lines of a diff, which never wrap.
    """

    title: str
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    left: Collection[str] = ()
    roles: Sequence[Role] = ()
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    diff: Sequence[str] = ()


class Results(NamedTuple):
    """Several results, what JSON holds of them, and the sentences at the end, an empty one for a blank line."""

    results: Sequence[Result]
    data: dict[str, Any]
    sentences: Sequence[str] = ()


def render_results_table(content: Results, view: View) -> str:
    """The results for people."""
    lines = [line for result in content.results for line in (*_lines(result, view), Line("text", ""))]
    lines += [Line("text", terminal(sentence)) for sentence in content.sentences]
    return finish(lines if content.sentences else lines[:-1], view)


def render_results_json(content: Results, view: View) -> str:
    """The results' data as JSON."""
    tool = {"name": "costcalc", "version": __version__}
    document = {"schema_version": SCHEMA_VERSION, "tool": tool, **content.data}
    return json_document(document)


def render_results_markdown(content: Results, view: View) -> str:
    """The results as Markdown."""
    blocks = [block for result in content.results for block in _blocks(result)]
    return "\n\n".join([*blocks, *map(markdown, filter(None, content.sentences))]) + "\n"


def _lines(result: Result, view: View) -> Iterator[Line]:
    yield Line("title", terminal(result.title))
    yield from (Line("text", terminal(text)) for text in result.before)
    if result.rows:
        rows: list[Sequence[str]] = [[terminal(cell) for cell in row] for row in result.rows]
        roles: Sequence[Role] = result.roles or ["row"] * len(rows)
        if view.width is not None and result.header[-1] in result.left:
            rows, roles = _wrapped(result, rows, roles, view.width)
        columns = _columns(result, rows)
        if view.width is None or least_width(columns) <= view.width:
            yield from lay_out(columns, roles, width=view.width)
        else:
            yield from _records(result)
    yield from (Line("row", terminal(line)) for line in result.diff)
    yield from (Line("note", terminal(text)) for text in result.after)


def _records(result: Result) -> Iterator[Line]:
    """The rows of a table that is too wide for the terminal, each as its first cell and the others by their names."""
    roles: Sequence[Role] = result.roles or ["text"] * len(result.rows)
    for (first, *others), role in zip(result.rows, roles, strict=True):
        yield Line("header", terminal(first))
        for name, cell in zip(result.header[1:], others, strict=True):
            if cell:
                yield Line("text" if role == "row" else role, f"  {name}: {terminal(cell)}")


def _columns(result: Result, rows: Sequence[Sequence[str]]) -> list[Column]:
    texts = zip(*rows, strict=True)
    return [
        Column(name, cells, name in result.left) for name, cells in zip(result.header, texts, strict=True)
    ]


def _wrapped(
    result: Result, rows: Sequence[Sequence[str]], roles: Sequence[Role], width: int
) -> tuple[list[Sequence[str]], list[Role]]:
    """Rows whose last cell takes several lines where it has not room enough on one."""
    from textwrap import wrap

    rest = width - table_width(_columns(result, [(*row[:-1], "") for row in rows]))
    room = max(rest + len(result.header[-1]), _LEAST)
    texts: list[Sequence[str]] = []
    kinds: list[Role] = []
    for row, role in zip(rows, roles, strict=True):
        first = list(row[:-1])
        for piece in wrap(row[-1], room, break_long_words=False) or [""]:
            texts.append((*first, piece))
            kinds.append(role)
            first = [""] * len(first)
    return texts, kinds


def _blocks(result: Result) -> Iterator[str]:
    yield f"### {markdown(result.title)}"
    yield from map(markdown, result.before)
    if result.rows:
        lines = [f"| {' | '.join(map(markdown, row))} |" for row in (result.header, *result.rows)]
        rule = "|".join("---" if name in result.left else "---:" for name in result.header)
        yield "\n".join([lines[0], f"|{rule}|", *lines[1:]])
    if result.diff:
        text = "\n".join(map(terminal, result.diff))
        fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])  # which no line can end
        yield f"{fence}diff\n{text}\n{fence}"
    if result.after:
        yield "\n".join(f"- {markdown(text)}" for text in result.after)
