"""All entries of a spec that is being written, nested ones too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def every_entry(layers: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each entry, and after it those in its body, its shortcut and its paths."""
    for entry in layers:
        yield entry
        for field in ("body", "shortcut"):
            if isinstance(entry.get(field), list):
                yield from every_entry(entry[field])
        for path in entry.get("paths", ()):
            yield from every_entry(path)
