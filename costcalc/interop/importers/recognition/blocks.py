"""Runs of equal groups of layers, as blocks that repeat."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from costcalc.interop.importers.recognition.names import common_steps, unique
from costcalc.interop.importers.recognition.repeat import nameless, referenced
from costcalc.layers import KINDS

_LONGEST = 12  # layers in a group


def find_blocks(
    entries: list[dict[str, Any]], known: Mapping[str, Any] | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The same layers with every run of equal groups as a block's use, and the blocks beside those that are known."""
    keys = [_key(entry) for entry in entries]
    outside = referenced(entries)
    blocks: dict[str, Any] = dict(known or {})
    result: list[dict[str, Any]] = []
    index = 0
    while index < len(entries):
        length, count = _best_run(keys, index)
        group = entries[index : index + length]
        run = entries[index : index + length * count]
        later = count > 1 and _reads_better_later(entries, keys, index, (length, count))
        if count < 2 or later or any(entry["name"] in outside for entry in run):
            result.append(entries[index])
            index += 1
            continue
        name = _block_name(run, blocks)
        blocks[name] = {"layers": _local(group)}
        index += length * count
        taken = {entry["name"] for entry in (*result, *entries[index:])}
        result.append({"type": name, "name": unique(_stem(group) or "group", taken), "repeat": count})
    return result, blocks


def find_nested_blocks(
    entries: list[dict[str, Any]], blocks: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The same with runs of equal groups in bodies, shortcuts and paths as uses, too."""
    found = dict(blocks)
    return [_nested(entry, found) for entry in entries], found


def _nested(entry: dict[str, Any], blocks: dict[str, Any]) -> dict[str, Any]:
    def inside(layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        made, new = find_blocks([_nested(each, blocks) for each in layers], blocks)
        blocks.update(new)
        return type(layers)(made)

    changed = dict(entry)
    for field in ("body", "shortcut"):
        if isinstance(entry.get(field), list):
            changed[field] = inside(entry[field])
    if "paths" in entry:
        changed["paths"] = [inside(path) for path in entry["paths"]]
    return changed


def _key(entry: dict[str, Any]) -> str | None:
    """What equal entries have in common; None for those that name their inputs or share weights."""
    if "inputs" in entry or "shares" in entry:
        return None
    return json.dumps(nameless(entry), sort_keys=True, default=str)


def _best_run(keys: list[str | None], start: int) -> tuple[int, int]:
    """The group that begins here and covers most when repeated: its length, and how often it stands."""
    best = (1, 1)
    for length in range(2, _LONGEST + 1):
        group = keys[start : start + length]
        if len(group) < length or None in group:
            break
        count = 1
        while keys[start + count * length : start + (count + 1) * length] == group:
            count += 1
        if count > 1 and length * count > best[0] * best[1]:
            best = (length, count)
    return best


def _reads_better_later(
    entries: list[dict[str, Any]], keys: list[str | None], start: int, run: tuple[int, int]
) -> bool:
    """Whether as many groups begin a little later that are one piece of the model, by their names, and these are not.

    [b, a, b, a, b, a, b] is b and three times [a, b], if a and b belong together.
    """
    length, count = run
    depth = _stem(entries[start : start + length]).count(".")
    return any(
        _best_run(keys, later) == (length, count)
        and _stem(entries[later : later + length]).count(".") > depth
        for later in range(start + 1, start + length)
    )


def _local(group: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The layers of a block, without what their names have in common."""
    stem = _stem(group)
    names = [entry["name"].removeprefix(f"{stem}.") for entry in group]
    names = [
        _own_name(entry) if entry["name"] == stem else name for entry, name in zip(group, names, strict=True)
    ]
    if len(set(names)) < len(names):
        return group
    return [{**entry, "name": name} for entry, name in zip(group, names, strict=True)]


def _own_name(entry: dict[str, Any]) -> str:
    """What the model calls the entry itself; a number says less than its kind does."""
    last: str = entry["name"].rpartition(".")[2]
    return entry["type"] if last.isdecimal() else last


def _stem(entries: list[dict[str, Any]]) -> str:
    return ".".join(common_steps([entry["name"].split(".") for entry in entries]))


def _block_name(run: list[dict[str, Any]], blocks: dict[str, Any]) -> str:
    words = [word for word in re.findall(r"[A-Za-z_]\w*", _stem(run)) if word not in KINDS]
    return unique(words[-1] if words else "block", {*blocks, *KINDS})
