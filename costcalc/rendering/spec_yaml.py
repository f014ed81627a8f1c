"""A spec as YAML that a person would have written: short layers on a line, bodies below their layer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from costcalc.layers import KINDS
from costcalc.quantity import Numeral
from costcalc.rendering.escape import source_text

_WIDTH = 132
_PLAIN = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_SHAPE = re.compile(r"[0-9]+(?:x[0-9]+)+")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
_ORDER = (
    "shares",
    "type",
    "name",
    "inputs",
    "out_channels",
    "out_features",
    "expansion",
    "expanded_channels",
    "kernel_size",
    "depth_multiplier",
    "stride",
    "padding",
    "output_padding",
    "dilation",
    "groups",
    "bias",
    "norm",
    "activation",
)
_NESTED = ("body", "shortcut", "paths", "layers")


def render_spec(spec: Mapping[str, Any], comment: str = "") -> str:
    """A spec as YAML text; reading it back gives the same data."""
    lines = [f"# {_printable(line)}" for line in comment.splitlines()]
    for key, value in spec.items():
        if key == "layers":
            lines += [f"{key}:", *_entries(value, "  ")]
        elif key == "blocks":
            lines += [f"{key}:", *_mapping(value, "  ")]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _entries(entries: Sequence[Any], indent: str) -> Iterator[str]:
    for entry in entries:
        yield from _entry(entry, indent)


def _entry(entry: Any, indent: str) -> Iterator[str]:
    if isinstance(entry, str):
        yield f"{indent}- {_scalar(entry)}"
        return
    order = _ORDER if entry.get("type", "conv") in KINDS else ()  # a block's parameters have their own
    ordered = {key: entry[key] for key in order if key in entry} | entry
    if list(ordered) == ["type"]:
        yield f"{indent}- {_scalar(ordered['type'])}"
        return
    if not any(isinstance(entry.get(key), list) for key in _NESTED):
        lines = [f"{indent}- {_flow(ordered)}"]
        if (
            len(lines[0]) > _WIDTH and "called" in ordered
        ):  # what it costs on one line, how it is called below
            called = ordered.pop("called")
            lines = [f"{indent}- {_flow(ordered)[:-1]},", f"{indent}   called: {_flow(called)}}}"]
            ordered["called"] = called
        if max(map(len, lines)) <= _WIDTH:
            yield from lines
            return
    head = f"{indent}- "
    for key, value in sorted(
        ordered.items(), key=lambda pair: pair[0] in _NESTED and isinstance(pair[1], list)
    ):
        yield from _field(key, value, head, indent + "  ")
        head = indent + "  "


def _field(key: str, value: Any, head: str, indent: str) -> Iterator[str]:
    if key == "paths" and value:
        yield f"{head}{key}:"
        for path in value:
            yield from _path(path, indent + "  ")
    elif key in _NESTED and isinstance(value, list) and value:
        yield f"{head}{key}:"
        yield from _entries(value, indent + "  ")
    elif isinstance(value, Mapping) and len(f"{head}{key}: {_flow(value)}") > _WIDTH:
        yield f"{head}{key}:"
        for name, inner in value.items():
            yield f"{indent}  {_scalar(name)}: {_flow(inner)}"
    else:
        yield f"{head}{key}: {_flow(value)}"


def _path(path: Sequence[Any], indent: str) -> Iterator[str]:
    if not path:
        yield f"{indent}- []"
        return
    lines = list(_entries(path, indent + "  "))
    yield f"{indent}- {lines[0].lstrip()}"
    yield from lines[1:]


def _mapping(mapping: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in mapping.items():
        yield f"{indent}{_scalar(key)}:"
        for field, inner in value.items():
            yield from _field(field, inner, indent + "  ", indent + "  ")


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A scalar that reads back as itself: plain where that is safe, else in double quotes."""
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    text = str(value)
    if isinstance(value, Numeral):
        return text
    if (_PLAIN.fullmatch(text) and text.lower() not in _WORDS) or _SHAPE.fullmatch(text):
        return text
    return source_text(_printable(json.dumps(text, ensure_ascii=False)))


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else _escaped(ord(char)) for char in text)


def _escaped(point: int) -> str:
    """As YAML writes a character in double quotes; it knows no pairs of surrogates."""
    return f"\\U{point:08x}" if point > 0xFFFF else f"\\u{point:04x}"
