"""JSON as every document of ours has it: indented by two, in ASCII, and without a build log's commands.

``json.dumps`` indents in Python, and keeps a list of every comma: of a large network that takes several times longer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii

from costcalc.rendering.escape import json_text

_STEP = "  "


def json_document(value: object) -> str:
    """Plain data as a document, as ``json.dumps(value, indent=2)`` has it; an iterator is a list."""
    return json_text(_indented(value, "\n") + "\n")


def _indented(value: object, margin: str) -> str:
    """A value whose last line begins as ``margin`` says, a line's end and what it is indented by."""
    if type(value) is int:
        return str(value)
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if value is None:
        return "null"
    inner = margin + _STEP
    if isinstance(value, dict):
        members = [
            f"{inner}{encode_basestring_ascii(name)}: {_indented(each, inner)}"
            for name, each in value.items()
        ]
        return f"{{{','.join(members)}{margin}}}" if members else "{}"
    if isinstance(value, (list, tuple, Iterator)):
        elements = [inner + _indented(each, inner) for each in value]
        return f"[{','.join(elements)}{margin}]" if elements else "[]"
    return json.dumps(value)
