"""Plain scalars by the core schema of YAML 1.2, section 10.3.2.

``no`` and ``on`` are text, ``010`` is ten, ``600M`` and ``600_000_000`` are text that the quantities
understand. Numbers that are no short int stay as they were written, as a ``Numeral``.
"""

from __future__ import annotations

import re

from costcalc.quantity import Numeral

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(?P<decimal>[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)")
_BASES = {"decimal": 10, "octal": 8, "hexadecimal": 16}
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_LONGEST = 18  # digits of an int; more stay text
_YAML = "tag:yaml.org,2002:"

Scalar = str | int | bool | None


def resolve(text: str) -> Scalar:
    """What a plain scalar means: None, a bool, an int, a Numeral, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if match := _INTEGER.fullmatch(text):
        base = match.lastgroup or "decimal"
        short = len(match[base]) <= _LONGEST
        return int(text, _BASES[base]) if short else Numeral(text)
    return Numeral(text) if _FLOAT.fullmatch(text) else text


def resolve_tagged(tag: str, text: str) -> Scalar:
    """What a scalar with an explicit tag means; raises ValueError where the tag does not fit it."""
    name = short_tag(tag)
    if name in ("!", "!!str"):
        return text
    value = resolve(text)
    number = type(value) is int or isinstance(value, Numeral)
    fits = {
        "!!null": value is None,
        "!!bool": isinstance(value, bool),
        "!!int": number and _INTEGER.fullmatch(text) is not None,
        "!!float": number,
    }
    if name not in fits:
        raise ValueError(f'unknown tag "{name}"')
    if not fits[name]:
        raise ValueError(f'the tag "{name}" does not fit this value')
    return value


def short_tag(tag: str) -> str:
    """``tag:yaml.org,2002:str`` as people write it, ``!!str``."""
    return "!!" + tag.removeprefix(_YAML) if tag.startswith(_YAML) else tag
