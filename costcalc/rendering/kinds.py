"""The layer kinds explained: what each is, its formula and source, and its fields."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

from costcalc.kinds import by_family
from costcalc.layers import KINDS, kind_documentation, kind_model
from costcalc.layers.base import Layer
from costcalc.layers.schema import field_help, plain
from costcalc.rendering.text.layout import Line
from costcalc.rendering.text.plain import finish
from costcalc.spec.schema import can_stand_bare

if TYPE_CHECKING:
    from costcalc.rendering.report.report import View

_MARGIN = "  "
#: What a field means gets at least so many columns of a terminal.
_ROOM = 24
_DEFAULTS = ("norm", "activation", "bias", "padding")


def render_kinds(view: View) -> str:
    """All kinds by families; those that one module documents stand together."""
    return finish([*_families(view.width)], view)


def _families(width: int | None) -> Iterator[Line]:
    for title, kinds in by_family(KINDS).items():
        yield Line("header", title)
        for summary, members in groupby(kinds, _first_line):
            yield from (Line("row", line) for line in _entry(", ".join(members), summary, width))


def _entry(names: str, summary: str, width: int | None) -> Iterator[str]:
    """Names, and what they are in a column of its own: beside them, or below where they are too long for that."""
    column = len(_MARGIN) + max(map(len, KINDS)) + 2
    start = _MARGIN + names
    if len(start) + 2 > column:
        yield from (
            [start]
            if width is None
            else wrap(names, width, initial_indent=_MARGIN, subsequent_indent=_MARGIN)
        )
        start = ""
    text = f"{start:<{column}}{summary}"
    yield from [text] if width is None else _filled(text, width, column)


def render_kind(kind: str, view: View) -> str:
    """One kind: its module's documentation, then its fields. Raises KeyError where there is none."""
    return finish([*_kind(kind, view.width)], view)


def _first_line(kind: str) -> str:
    return plain(kind_documentation(kind)).splitlines()[0].rstrip(".")


def _kind(kind: str, width: int | None) -> Iterator[Line]:
    model = kind_model(kind)
    yield Line("title", kind)
    yield Line("text", "")
    yield from (Line("row", line) for line in _documentation(kind, width))
    yield from _fields(model, width)
    yield Line("text", "")
    yield from (Line("text", text) for text in _remarks(kind, model))


def _documentation(kind: str, width: int | None) -> Iterator[str]:
    """The documentation's lines; on a terminal too narrow for them, filled anew, each formula by itself."""
    for number, paragraph in enumerate(plain(kind_documentation(kind)).split("\n\n")):
        if number:
            yield ""
        lines = paragraph.splitlines()
        if width is None or max(map(len, lines)) <= width:
            yield from lines
        elif paragraph.startswith(" "):
            for line in lines:
                yield from _filled(line, width, line.find("= ") + 2)
        else:
            yield from _filled(" ".join(lines), width)


def _filled(text: str, width: int, indent: int = 0) -> list[str]:
    return wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False)


def _fields(model: type[Layer], width: int | None) -> Iterator[Line]:
    fields = field_help(model)
    if not fields:
        return
    yield Line("text", "")
    yield Line("header", "fields")
    names, defaults = (max(len(field[at]) for field in fields) for at in (0, 2))
    for field in fields:
        start = f"{_MARGIN}{field.name:<{names}}  {field.default:<{defaults}}  "
        room = len(field.meaning) if width is None else max(width - len(start), _ROOM)
        for piece in wrap(field.meaning, max(room, 1), break_on_hyphens=False) or [""]:
            yield Line("row", f"{start}{piece}".rstrip())
            start = " " * len(start)


def _remarks(kind: str, model: type[Layer]) -> Iterator[str]:
    own = "" if model.arity[1] == 0 else "inputs, "
    yield f"every layer: name, {own}repeat; shares: NAME instead of type uses the weights of layer NAME again"
    yield _inputs(*model.arity)
    if model.takes_defaults:
        reached = [name for name in _DEFAULTS if name in model.model_fields]
        yield f"the spec's defaults reach it: {', '.join(reached)}"
    if can_stand_bare(kind):
        yield f"a bare word will do: {kind}"


def _inputs(least: int, most: int | None) -> str:
    if most == 0:
        return "takes no input"
    if most is None:
        return f"takes any number of inputs, at least {least}: inputs: [a, b]"
    return (
        "takes one input: the layer before it, if it names none"
        if most == 1
        else f"takes {most if least == most else f'{least} to {most}'} inputs: inputs: [a, b]"
    )
