"""Runs of layers that differ in their sizes alone, as uses of one block with parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from costcalc.interop.importers.recognition.entries import every_entry
from costcalc.interop.importers.recognition.names import unique
from costcalc.interop.importers.recognition.repeat import nameless, referenced
from costcalc.layers import KINDS
from costcalc.spec.blocks import REQUIRED, RESERVED

#: The sizes that a block's uses may set, of the kinds of which they may; where absent, most are what stands here.
_ABSENT = {"stride": 1, "padding": "same", "dilation": 1, "groups": 1, "depth_multiplier": 1}
_CHANNELS = (
    "out_channels", "out_features", "expansion", "expanded_channels", "squeeze_channels", "shape", "heads", "kv_heads",
    "to", "spatial", "channels",
)  # fmt: skip
_SIZES = (*_CHANNELS, "kernel_size", *_ABSENT)
_SIZED = frozenset((
    "conv", "depthwise_conv", "separable_conv", "conv_transpose", "inverted_residual", "linear", "squeeze_excite",
    "parameter", "attention", "reshape", "slice", "pad",
))  # fmt: skip

_LEAST_USES = 3
MOST_PARAMETERS = 8

_Entry = dict[str, Any]


class Candidate(NamedTuple):
    """What a block could stand for: its place in the list of layers, and the layers that it consists of."""

    place: int
    body: list[_Entry]
    slots: list[
        tuple[_Entry, str]
    ]  # each size, by its layer and field: as many in all candidates of one form
    shortcuts: list[_Entry]  # the residuals whose shortcut is no list


class _Parameter(NamedTuple):
    """A size that not all candidates have in common, and what it is in each."""

    name: str
    slots: tuple[int, ...]
    values: list[object]
    default: object


def share_parametrised_blocks(
    layers: list[_Entry], blocks: Mapping[str, Any]
) -> tuple[list[_Entry], dict[str, Any]]:
    """The same layers, those of one form as uses of one block; and the blocks."""
    layers, blocks = list(layers), dict(blocks)
    for candidates in _alike(layers, blocks):
        parameters = parameters_of(candidates)
        if len(parameters) > MOST_PARAMETERS:
            continue
        uses = [layers[candidate.place] for candidate in candidates]
        for use in uses:
            blocks.pop(use["type"], None)
        block = block_name([use["name"] for use in uses], blocks)
        blocks[block] = block_of(candidates, parameters)
        for number, candidate in enumerate(candidates):
            layers[candidate.place] = use_of(block, uses[number], parameters, number)
    return merged(layers, blocks), blocks


# Candidates for one block


def _alike(layers: list[_Entry], blocks: Mapping[str, Any]) -> list[list[Candidate]]:
    """The candidates that have one form, where there are enough to be worth a block."""
    alike: dict[str, list[Candidate]] = {}
    for index, entry in enumerate(layers):
        if entry.get("type") in blocks:
            body = blocks[entry["type"]]["layers"]
        elif "shares" not in entry and ("body" in entry or "paths" in entry):
            body = [{key: value for key, value in entry.items() if key not in ("name", "inputs", "repeat")}]
        else:
            continue
        if is_closed(body, ({"input"},)):
            candidate = Candidate(index, body, list(slots_of(body)), list(shortcuts_of(body)))
            alike.setdefault(form_of(candidate), []).append(candidate)
    return [
        candidates
        for candidates in alike.values()
        if len(candidates) >= _LEAST_USES or (len(candidates) > 1 and len(candidates[0].body) > 1)
    ]


def is_closed(entries: list[_Entry], around: tuple[set[str], ...]) -> bool:
    """Whether layers refer to nothing but what came in and each other; ``around`` are the scopes' names."""
    scopes = (*around, {entry["name"] for entry in entries if "name" in entry})
    inner = [
        nested
        for entry in entries
        for nested in (entry.get("body"), entry.get("shortcut"), *entry.get("paths", ()))
        if isinstance(nested, list)
    ]
    known = all(any(name in names for names in scopes) for name in referenced(entries))
    return known and all(is_closed(nested, scopes) for nested in inner)


def slots_of(body: list[_Entry]) -> Iterator[tuple[_Entry, str]]:
    for entry in every_entry(body):
        if entry.get("type", "") not in KINDS and "shares" not in entry:
            yield from ((entry, field) for field in entry if field not in RESERVED)  # a use of a block
        if entry.get("type") in _SIZED:
            for field in _SIZES:
                if field in entry or field in _ABSENT:
                    yield entry, field


def shortcuts_of(body: list[_Entry]) -> Iterator[_Entry]:
    for entry in every_entry(body):
        if entry.get("type") == "residual" and not isinstance(entry.get("shortcut"), list):
            yield entry


def form_of(candidate: Candidate) -> str:
    """What candidates that differ in sizes alone have in common: which sizes there are, and all else."""
    sizes: dict[int, dict[str, None]] = {}
    for entry, field in (*candidate.slots, *((entry, "shortcut") for entry in candidate.shortcuts)):
        sizes.setdefault(id(entry), {})[field] = None
    bare = [nameless(_changed(entry, sizes)) for entry in candidate.body]
    return json.dumps([bare, [field for _, field in candidate.slots]], sort_keys=True, default=str)


def _changed(entry: _Entry, changes: Mapping[int, Mapping[str, Any]]) -> _Entry:
    """A copy of an entry with fields set in it and in those inside it, by their ids; None removes one."""
    copy = {**entry, **changes.get(id(entry), {})}
    for field in ("body", "shortcut"):
        if isinstance(copy.get(field), list):
            copy[field] = [_changed(inner, changes) for inner in entry[field]]
    if "paths" in copy:
        copy["paths"] = [[_changed(inner, changes) for inner in path] for path in entry["paths"]]
    return {field: value for field, value in copy.items() if value is not None}


# Sizes that differ


def parameters_of(candidates: Sequence[Candidate]) -> list[_Parameter]:
    """One parameter for all sizes that are equal in every candidate and differ between candidates."""
    together: dict[tuple[str, str], list[int]] = {}
    for slot, (first, field) in enumerate(candidates[0].slots):
        said_first = first.get(field)
        if all(each.slots[slot][0].get(field) == said_first for each in candidates):
            continue
        said = [json.dumps(value, default=str) for value in _values(candidates, slot)]
        if len(set(said)) > 1:
            together.setdefault((field, json.dumps(said)), []).append(slot)
    ordered = sorted(together.items(), key=lambda pair: pair[0][0] in _ABSENT)  # channels first
    names = _parameter_names(candidates[0], [slots for _, slots in ordered])
    parameters = []
    for name, ((field, _), slots) in zip(names, ordered, strict=True):
        values = _values(candidates, slots[0])
        default = _ABSENT[field] if _ABSENT.get(field) in values else REQUIRED
        parameters.append(_Parameter(name, tuple(slots), values, default))
    return parameters


def _values(candidates: Sequence[Candidate], slot: int) -> list[object]:
    """A size in every candidate; None in all where none says it."""
    values = [entry.get(field) for entry, field in (candidate.slots[slot] for candidate in candidates)]
    if None not in values or all(value is None for value in values):
        return values
    return [
        value if value is not None else _meant(*candidate.slots[slot])
        for value, candidate in zip(values, candidates, strict=True)
    ]


def _meant(entry: _Entry, field: str) -> object:
    """What the absence of a size means; of a padding, in numbers where it is the same at every input size."""
    kernel, dilation = entry.get("kernel_size", 3), entry.get("dilation", 1)
    odd = isinstance(kernel, int) and kernel % 2 == 1 and isinstance(dilation, int)
    if field == "padding" and odd and entry["type"] != "conv_transpose" and entry.get("stride", 1) == 1:
        return dilation * (kernel // 2)
    return _ABSENT[field]


def _parameter_names(candidate: Candidate, groups: Sequence[Sequence[int]]) -> list[str]:
    """A name for each group of sizes: its field's, or where several have that, its first layer's."""
    firsts = [candidate.slots[slots[0]] for slots in groups]
    fields = [field for _, field in firsts]
    steps: list[list[str]] = [str(entry.get("name", entry["type"])).split(".") for entry, _ in firsts]
    if len(steps) > 1 and len({path[-1] for path in steps}) == 1 and all(len(path) > 1 for path in steps):
        steps = [path[:-1] for path in steps]  # the step that they all end with tells nothing
    names: list[str] = []
    for (entry, field), path in zip(firsts, steps, strict=True):
        name = field
        if fields.count(field) > 1:
            word = re.sub(r"\W+", "_", "_".join(path), flags=re.ASCII)
            word = word if word[:1].isalpha() else f"{entry['type']}_{word}"
            name = word if field in _CHANNELS else f"{word}_{field}"
        names.append(unique(name, {*names, *RESERVED}))
    return names


# What is written instead


def block_of(candidates: Sequence[Candidate], parameters: Sequence[_Parameter]) -> dict[str, Any]:
    first = candidates[0]
    words = {slot: f"${parameter.name}" for parameter in parameters for slot in parameter.slots}
    changes: dict[int, dict[str, Any]] = {}
    for slot, (entry, field) in enumerate(first.slots):
        changes.setdefault(id(entry), {})[field] = words.get(slot, _values(candidates, slot)[0])
    for number, entry in enumerate(first.shortcuts):
        if any(candidate.shortcuts[number].get("shortcut") == "projection" for candidate in candidates):
            changes.setdefault(id(entry), {})["shortcut"] = (
                "projection"  # the identity where shapes are equal
            )
    said = {parameter.name: parameter.default for parameter in parameters}
    return {
        **({"parameters": said} if said else {}),
        "layers": [_changed(entry, changes) for entry in first.body],
    }


def use_of(block: str, entry: _Entry, parameters: Sequence[_Parameter], number: int) -> _Entry:
    given = {
        parameter.name: parameter.values[number]
        for parameter in parameters
        if parameter.values[number] != parameter.default
    }
    inputs = {"inputs": entry["inputs"]} if "inputs" in entry else {}
    repeat = {"repeat": entry["repeat"]} if "repeat" in entry else {}
    return {"type": block, "name": entry["name"], **inputs, **given, **repeat}


def merged(layers: list[_Entry], blocks: Mapping[str, Any]) -> list[_Entry]:
    """The same layers with equal uses of a block in a row as one."""
    named = referenced(layers)
    together: list[_Entry] = []
    for entry in layers:
        before = together[-1] if together else {}
        if (
            entry.get("type") in blocks
            and named.isdisjoint((entry["name"], before.get("name")))
            and "inputs" not in entry
            and entry.get("stride", 1) == 1
            and nameless({**entry, "repeat": 1}) == nameless({**before, "repeat": 1})
        ):
            together[-1] = {**before, "repeat": before.get("repeat", 1) + entry.get("repeat", 1)}
        else:
            together.append(entry)
    return together


def block_name(uses: Sequence[str], blocks: Mapping[str, Any]) -> str:
    """What the names of its uses begin with, as a word."""
    start = min(uses)
    while not all(use.startswith(start) for use in uses):
        start = start[:-1]
    words = re.findall(r"[A-Za-z_]\w*", start, flags=re.ASCII)
    word = words[-1].rstrip("_0123456789") if words else ""
    return unique(word or "block", {*blocks, *KINDS})
