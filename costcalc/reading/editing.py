"""Changes to a text at the places of its values: everything else, comments and layout included, stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from costcalc.errors import Route
from costcalc.quantity import Numeral
from costcalc.reading.document import Document, parse

_CLOSERS = {"[": "]", "{": "}"}
#: What may stand between the last value of a bracket and its end.
_BETWEEN = re.compile(r"(?:[\s,]|(?<=\s)#[^\r\n]*)*")
_ANCHORED = re.compile(r"&\S+\s+\Z")


class EditError(Exception):
    """A change that cannot be made at a place of a text; the message says why."""


class Editor:
    """Collects changes to a document's text.

    ``text`` is the text with all of them made; each is told apart by where it stands, and the same one twice is one.
    What is put in is given in YAML's flow style, and written as JSON where the document is JSON.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._write = _as_json if _is_json(document.text) else str
        self._changes: dict[tuple[int, int], str] = {}

    @property
    def text(self) -> str:
        """The text with all changes made."""
        text = self._document.text
        for (start, end), new in sorted(self._changes.items(), reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def source(self, route: Route) -> str:
        """A value as it is written."""
        start, end = self._extent(route, self._value(route))
        return self._document.text[start:end]

    def replace(self, route: Route, new: str) -> None:
        """Put another text in the place of a value."""
        self._changes[self._extent(route, self._value(route))] = self._write(new)

    def add_field(self, route: Route, field: str, value: str) -> None:
        """Add a field to a mapping, behind its first one. Raises EditError for a mapping that is an alias."""
        mapping = self._value(route)
        start, _ = self._document.span(route)
        text = self._document.text
        if text[start] == "*":
            raise EditError("it is an alias")
        first = next(iter(key for key in mapping if self._document.span((*route, key), "key")[0] >= start))
        key_start, _ = self._document.span((*route, first), "key")
        _, end = self._extent((*route, first), mapping[first])
        if text[start] == "{":
            new = f", {self._write(field)}: {self._write(value)}"
        else:
            margin = text[text.rfind("\n", 0, key_start) + 1 : key_start]
            comment = re.compile(r"[ \t]+#[^\r\n]*").match(text, end)
            end = end if comment is None else comment.end()
            new = "\n" + re.sub(r"[^\s]", " ", margin) + f"{field}: {value}"
        self._changes[end, end] = self._changes.get((end, end), "") + new

    def remove_field(self, route: Route) -> None:
        """Remove a field of a mapping, its key and its value; a comment behind it stays, an empty line does not."""
        text = self._document.text
        key_start, _ = self._document.span(route, "key")
        _, end = self._extent(route, self._value(route))
        behind = re.compile(r"\s*,[ \t]*").match(text, end)
        before = re.compile(r",\s*\Z").search(text[:key_start])
        opening, _ = self._document.span(route[:-1])
        if text[opening] == "{":
            if before is not None:
                key_start = before.start()
            elif behind is not None:
                end = behind.end()
        else:
            line = text.rfind("\n", 0, key_start) + 1
            stop = text.find("\n", end)
            if text[line:key_start].strip():
                raise EditError("its fields cannot be taken apart")
            comment = re.compile(r"[ \t]+(?=#)").match(text, end)
            if comment is not None:
                end = comment.end()
            else:
                key_start, end = line, len(text) if stop < 0 else stop + 1
        self._changes[key_start, end] = ""

    def replace_item(self, route: Route, items: Sequence[str]) -> None:
        """Put several items, each in flow style, in the place of one item of a list. Raises EditError."""
        text = self._document.text
        start, end = self._extent(route, self._value(route))
        if text[start] == "*" or _ANCHORED.search(text[:start]):
            raise EditError("an anchored layer cannot become several")
        opening, _ = self._document.span(route[:-1])
        margin = text[text.rfind("\n", 0, start) + 1 : start]
        if text[opening] == "[":
            joint = ", " if margin.strip() else f",\n{margin}"  # a line each, where they have one
            self._changes[start, end] = joint.join(map(self._write, items))
            return
        if margin.strip() != "-":
            raise EditError("the dash of its list stands elsewhere")
        self._changes[start, end] = f"\n{margin}".join(items)

    def _value(self, route: Route) -> Any:
        value = self._document.data
        for step in route:
            value = value[step]
        return value

    def _extent(self, route: Route, value: Any) -> tuple[int, int]:
        """Where a value begins and ends; a block mapping or list ends with its last value."""
        start, end = self._document.span(route)
        text = self._document.text
        if not isinstance(value, (dict, list)) or text[start] == "*":
            return start, end
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            inside, stop = self._extent((*route, key), value[key])
            if inside >= start:  # else it was merged from elsewhere
                end = max(end, stop)
        if text[start] in _CLOSERS:
            between = _BETWEEN.match(text, end)
            assert between is not None
            end = between.end()
            if text[end : end + 1] != _CLOSERS[text[start]]:
                raise EditError("its end cannot be found")
            end += 1
        return start, end


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _as_json(text: str) -> str:
    """A value in flow style, as JSON; numbers keep their digits."""
    return _json(parse(text, "a change").data)


def _json(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_json(key)}: {_json(inside)}" for key, inside in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_json, value))}]"
    if isinstance(value, Numeral) and _is_json(value):
        return value
    return json.dumps(value, ensure_ascii=False)
