"""The data of a plain YAML text, quickly: without places, for which only problems ask.

It gives up on whatever is not plain: anchors, tags, merge keys, keys that are there already, a second
document, too much, too deep, not YAML. The composer then reads the text, and says what there is to say.
"""

from __future__ import annotations

from sys import intern
from typing import Any, Final

import yaml

from costcalc.reading import composer
from costcalc.reading.scalars import resolve

#: What stands for the data of a text that is not plain.
NOT_PLAIN: Final = object()

_UNSET: Final = object()
_MOST_KNOWN = 10_000
_known: dict[str, Any] = {}


def plain_data(text: str) -> Any:
    """The data of a plain text, None for an empty one; NOT_PLAIN for all others."""
    try:
        return _read(text)
    except (yaml.YAMLError, UnicodeEncodeError):
        return NOT_PLAIN
    finally:
        if len(_known) > _MOST_KNOWN:
            _known.clear()


def _read(text: str) -> Any:
    next_event = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text).get_event
    scalar, known = yaml.ScalarEvent, _known
    top: list[Any] = []
    stack: list[tuple[Any, str | None]] = []
    container: Any = top
    in_mapping, key = False, None
    values, most = 0, composer.MAX_VALUES
    while (event := next_event()) is not None:
        kind = event.__class__
        if kind is scalar:
            value, (plain, quoted) = event.value, event.implicit
            if event.anchor is not None or not (plain or quoted):  # neither: it has a tag
                return NOT_PLAIN
            if in_mapping and key is None:
                if value in container or value == "<<":
                    return NOT_PLAIN
                key = intern(value)
                continue
            if plain:
                word, value = value, known.get(value, _UNSET)
                if value is _UNSET:
                    value = known[word] = resolve(word)
        elif kind in _ENDS:
            value = container
            container, key = stack.pop()
            in_mapping = key is not None
        elif kind in _STARTS:
            if event.anchor is not None or event.tag is not None or len(stack) == composer.MAX_DEPTH:
                return NOT_PLAIN
            if in_mapping and key is None:
                return NOT_PLAIN
            stack.append((container, key))
            in_mapping, key = kind is yaml.MappingStartEvent, None
            container = {} if in_mapping else []
            continue
        elif kind is yaml.AliasEvent or (kind is yaml.DocumentStartEvent and top):
            return NOT_PLAIN
        else:
            continue
        values += 1
        if values > most:
            return NOT_PLAIN
        if in_mapping:
            container[key], key = value, None
        else:
            container.append(value)
    return top[0] if top else None


_STARTS = frozenset((yaml.MappingStartEvent, yaml.SequenceStartEvent))
_ENDS = frozenset((yaml.MappingEndEvent, yaml.SequenceEndEvent))
