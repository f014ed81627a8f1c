"""Identifiers of a stranger's names: ASCII, unique, no keyword, nothing that means something else already."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

_LONGEST = 60
_OTHER = re.compile(r"[^0-9A-Za-z]+")
_APART = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def identifier(name: str, fallback: str = "layer") -> str:
    """A name as an identifier in lower case; ``fallback`` where nothing of it is left."""
    words = _OTHER.sub("_", _APART.sub("_", name[: 4 * _LONGEST])).strip("_").lower()[:_LONGEST].strip("_")
    if not words or words[0].isdigit():
        words = f"{fallback}_{words}".rstrip("_")
    return f"{words}_" if keyword.iskeyword(words) or keyword.issoftkeyword(words) else words


def class_name(name: str, fallback: str = "Network") -> str:
    """A name as that of a class; ``fallback`` where nothing of it is left."""
    words = _OTHER.sub(" ", name[: 4 * _LONGEST]).split()
    joined = "".join(word[0].upper() + word[1:] for word in words)[:_LONGEST]
    if not joined or joined[0].isdigit():
        joined = fallback + joined
    return f"{joined}_" if keyword.iskeyword(joined) else joined


class Names:
    """Names given out in one scope, each once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._counts: dict[str, int] = {}

    def new(self, name: str) -> str:
        """The name itself, or with a number where it is taken."""
        if name not in self._taken:
            self._taken.add(name)
            return name
        count = self._counts.get(name, 1)
        while True:
            count += 1
            numbered = f"{name}{count}" if name[0].isupper() else f"{name}_{count}"
            if numbered not in self._taken:
                break
        self._counts[name] = count
        self._taken.add(numbered)
        return numbered
