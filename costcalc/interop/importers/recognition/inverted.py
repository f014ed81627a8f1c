"""Inverted residuals: expand 1×1, depthwise, squeeze-excite, project 1×1, and the skip where the shape is kept."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from costcalc.interop.importers.recognition.graph import EntryGraph, Item
from costcalc.interop.importers.recognition.names import common_steps
from costcalc.interop.importers.recognition.separable import FUSED
from costcalc.interop.importers.recognition.squeeze import is_plain_pointwise


def find_inverted_residuals(graph: EntryGraph) -> None:
    """Put ``inverted_residual`` in the place of every block of exactly that shape."""
    for item in graph.ordered():
        if item.kind == "depthwise_conv" and item.name in graph.items:
            _inverted_residual(graph, item)


def _inverted_residual(graph: EntryGraph, depthwise: Item) -> None:
    fused = {name: depthwise.fields.get(name) for name in FUSED}
    if not _is_plain(depthwise, fused):
        return
    parts = _parts(graph, depthwise, fused)
    if not parts or not graph.are_called_alike(parts):
        return
    source, last = parts[0].inputs[0], parts[-1]
    name = _common_stem([part.name for part in parts])
    project = next(part for part in reversed(parts) if part.kind == "conv")
    if name in graph.items and all(name != part.name for part in parts):
        name = project.name
    fields = _fields(graph, source, parts, fused, project)
    graph.merge(parts, Item(name, fields, [source], last.output, last.order))


def _is_plain(depthwise: Item, fused: Mapping[str, object]) -> bool:
    """Whether a depthwise convolution has what that of a block has: an activation, and a norm or a bias."""
    if depthwise.pinned or depthwise.fields.get("depth_multiplier", 1) != 1 or "dilation" in depthwise.fields:
        return False
    return fused["activation"] is not None and (fused["norm"] is not None or bool(fused["bias"]))


def _parts(graph: EntryGraph, depthwise: Item, fused: dict[str, object]) -> list[Item]:
    """The items of the block around a depthwise convolution, in order; none where it is no such block."""
    expand = _expansion(graph, depthwise, fused)
    if expand is None and graph.users.get(depthwise.inputs[0]) != [depthwise.name]:
        return []
    if expand is not None and graph.shape(expand.inputs[0]).channels == expand.output.channels:
        return []  # as many channels mean that there is no expanding 1×1
    parts = [*([expand] if expand else []), depthwise]
    gate = graph.only_user(depthwise.name)
    if gate is not None and gate.kind == "squeeze_excite":
        parts.append(gate)
    project = graph.only_user(parts[-1].name)
    bare = {**fused, "activation": None}
    if project is None or not is_plain_pointwise(project) or not project.says(**bare):
        return []
    parts.append(project)
    if graph.shape(parts[0].inputs[0]) != project.output or depthwise.fields.get("stride", 1) != 1:
        return parts
    skip = _skip(graph, parts[0].inputs[0], project)
    return [*parts, skip] if skip is not None else []


def _skip(graph: EntryGraph, source: str, project: Item) -> Item | None:
    """The sum of what the block takes and what it projects."""
    skip = graph.only_user(project.name)
    if skip is None or skip.kind != "add" or sorted(skip.inputs) != sorted((source, project.name)):
        return None
    return skip


def _expansion(graph: EntryGraph, depthwise: Item, fused: dict[str, object]) -> Item | None:
    """The expanding 1×1 before a depthwise convolution, if it is one and only that one takes it."""
    before = graph.items.get(depthwise.inputs[0])
    if before is None or graph.only_user(before.name) is not depthwise:
        return None
    return before if is_plain_pointwise(before) and before.says(**fused) else None


def _fields(
    graph: EntryGraph, source: str, parts: list[Item], fused: dict[str, object], project: Item
) -> dict[str, Any]:
    depthwise = next(part for part in parts if part.kind == "depthwise_conv")
    channels, expanded = graph.shape(source).channels, depthwise.output.channels
    fields: dict[str, Any] = {"type": "inverted_residual", "out_channels": project.fields["out_channels"]}
    ratio = Fraction(expanded, channels)
    if parts[0] is depthwise:
        fields["expansion"] = 1
    elif ratio.denominator == 1 and ratio > 1:
        fields["expansion"] = int(ratio)
    else:
        fields["expanded_channels"] = expanded
    for name in ("kernel_size", "stride", "padding"):
        if name in depthwise.fields and (name, depthwise.fields[name]) != ("kernel_size", 3):
            fields[name] = depthwise.fields[name]
    for part in parts:
        if part.kind == "squeeze_excite":
            fields["squeeze_excite"] = {key: value for key, value in part.fields.items() if key != "type"}
    return {**fields, **{name: value for name, value in fused.items() if value is not None}}


def _common_stem(names: list[str]) -> str:
    """The longest dotted prefix that all names share, or the last name."""
    return ".".join(common_steps([name.split(".") for name in names])) or names[-1]
