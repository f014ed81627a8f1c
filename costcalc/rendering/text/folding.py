"""How wide a text is on a terminal, and lines of it that end between words."""

from __future__ import annotations

import re

#: The characters that we draw with ourselves, of one column each.
_OURS = dict.fromkeys(map(ord, "—×█▉▊▋▌▍▎▏"))


def is_narrow(text: str) -> bool:
    """Whether each character surely takes one column of a terminal: ASCII, and what we draw with."""
    return text.isascii() or text.translate(_OURS).isascii()


def cell_width(text: str) -> int:
    """The columns of a terminal that a text takes: wide characters two, combining ones none."""
    if is_narrow(text):
        return len(text)
    from unicodedata import category, east_asian_width

    combining = sum(category(character) in ("Mn", "Me") for character in text)
    wide = sum(east_asian_width(character) in ("W", "F") for character in text)
    return len(text) - combining + wide


def folded(text: str, width: int | None, first: str = "", others: str = "") -> list[str]:
    """The text in lines no wider than ``width``, but for a word that is wider itself; what each line begins with."""
    if width is None or cell_width(first) + cell_width(text) <= width:
        return [first + text]
    lines, line, room = [], first, width - cell_width(first)
    is_empty = True
    for word in re.findall(" *[^ ]+", text):
        taken = cell_width(word)
        if taken > room and not is_empty:
            lines.append(line)
            word = word.lstrip(" ")
            line, room, taken = others, width - cell_width(others), cell_width(word)
        line += word
        room -= taken
        is_empty = False
    return [*lines, line]
