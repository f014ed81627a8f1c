"""Runs of equal layers, as ``repeat``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def collapse(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same layers with runs of equal ones written once, inside bodies and paths too."""
    entries = [_inside(entry) for entry in entries]
    named, shared = referenced(entries), set(_shared(entries))
    collapsed: list[dict[str, Any]] = []
    count = 1
    for index, entry in enumerate(entries):
        following = entries[index + 1] if index + 1 < len(entries) else None
        joins = following is not None and following["name"] not in shared and _same(entry, following)
        if joins and entry["name"] not in named:
            count += 1
            continue
        first = entries[index + 1 - count]
        collapsed.append({**first, "repeat": count} if count > 1 else entry)
        if count > 1 and entry["name"] in named:
            collapsed[-1]["name"] = entry["name"]
        count = 1
    return collapsed


def _shared(entries: list[dict[str, Any]]) -> Iterator[str]:
    """The names of layers whose weights are shared: no copies of others may join them."""
    for entry in entries:
        yield from owners(entry)
        for inner in (entry.get("body"), entry.get("shortcut"), *entry.get("paths", ())):
            if isinstance(inner, list):
                yield from _shared(inner)


def _inside(entry: dict[str, Any]) -> dict[str, Any]:
    changed = dict(entry)
    for field in ("body", "shortcut"):
        if isinstance(entry.get(field), list):
            changed[field] = type(entry[field])(collapse(entry[field]))
    if "paths" in entry:
        changed["paths"] = [collapse(path) for path in entry["paths"]]
    return changed


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two neighbours do the same, the second to what the first makes."""
    if "inputs" in other or "shares" in one or one.get("stride", 1) != 1 or one.get("type") == "parameter":
        return False
    return nameless(one) == nameless(other)


def nameless(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry without the names that nothing refers to."""
    bare = {key: value for key, value in entry.items() if key not in ("name", "inputs")}
    for field in ("body", "shortcut"):
        if isinstance(entry.get(field), list):
            bare[field] = _nameless_list(entry[field])
    if "paths" in entry:
        bare["paths"] = [_nameless_list(path) for path in entry["paths"]]
    return bare


def _nameless_list(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if any("inputs" in entry or "shares" in entry for entry in entries):
        return entries
    return [nameless(entry) for entry in entries]


def referenced(entries: list[dict[str, Any]]) -> set[str]:
    """The names that entries of this list refer to."""
    return {name for entry in entries for name in (*entry.get("inputs", ()), *owners(entry))}


def owners(entry: dict[str, Any]) -> list[str]:
    """The layers whose weights an entry, or a layer inside it, uses again; of a path also what it leads through."""
    shares = entry.get("shares", {})
    paths = [shares] if isinstance(shares, str) else shares.values()
    return [path[:end] for path in paths for end, char in enumerate(f"{path}/") if char == "/"]
