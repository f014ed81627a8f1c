"""The linear layers around an attention as its own: of queries, keys and values, each or packed, and the last one."""

from __future__ import annotations

from typing import Any, NamedTuple

from costcalc.interop.importers.recognition.graph import EntryGraph, Item

_LINEAR = {"type", "out_features", "per_position", "bias"}


def find_projected(graph: EntryGraph) -> None:
    """Let every attention have its projections where they are what it would have."""
    for item in graph.ordered():
        if item.kind == "attention" and item.says(projections=False) and not item.pinned:
            _projected(graph, item)


class _Around(NamedTuple):
    """The layers before an attention, what they take, how wide queries, keys and values are, and what is packed."""

    parts: list[Item]
    linear: list[Item]
    inputs: list[str]
    widths: list[int]
    packed: str


def _projected(graph: EntryGraph, item: Item) -> None:
    after = graph.only_user(item.name)
    around = _around(graph, item)
    if around is None or after is None or not _is_projection(after):
        return
    biases = {layer.fields.get("bias", True) for layer in around.linear}
    fields = _fields(graph, item, around, after)
    parts = (*around.parts, item, after)
    if len(biases) > 1 or fields is None or not graph.are_called_alike(parts):
        return
    (bias,) = biases
    if not bias:
        fields["bias"] = False
    if after.fields.get("bias", True) != bias:
        fields["output_bias"] = not bias
    inputs = around.inputs
    if inputs[1] == inputs[2]:
        inputs = inputs[:1] if inputs[0] == inputs[1] else inputs[:2]
    if item.says(score_bias=True):
        inputs = [*inputs, item.inputs[-1]]
    graph.merge(parts, Item(_name(graph, after), fields, inputs, after.output, after.order))


def _name(graph: EntryGraph, after: Item) -> str:
    stem = after.name.rpartition(".")[0]
    return stem if stem and stem not in graph.items else after.name


def _is_projection(item: Item) -> bool:
    return (
        item.kind == "linear"
        and not item.pinned
        and set(item.fields) <= _LINEAR
        and item.says(per_position=True)
    )


def _around(graph: EntryGraph, item: Item) -> _Around | None:
    """What makes its queries, keys and values; None where that is anything else than linear layers of its own."""
    sources = [graph.items[name] for name in item.inputs[:3] if name in graph.items]
    if len({each.name for each in sources}) != 3 or any(graph.only_user(s.name) is not item for s in sources):
        return None
    cut = [each.kind == "slice" and not each.pinned for each in sources]
    first = cut.index(True) if True in cut else 3
    if first == 2 or not all(cut[first:]):
        return None
    linear, slices = sources[:first], sources[first:]
    widths = [each.output.channels for each in sources]
    if slices:
        whole = graph.items.get(slices[0].inputs[0])
        if whole is None or not _is_cut_in(graph, whole, slices):
            return None
        linear = [*linear, whole]
    if not all(map(_is_projection, linear)):
        return None
    inputs = [each.inputs[0] for each in linear]
    inputs += inputs[-1:] * (3 - len(inputs))
    packed = {3: "none", 1: "kv", 0: "qkv"}[first]
    return _Around([*linear, *slices], linear, inputs, widths, packed)


def _is_cut_in(graph: EntryGraph, whole: Item, slices: list[Item]) -> bool:
    """Whether a map is cut in exactly these slices, one after the other."""
    users = graph.users[whole.name]
    if whole.name in graph.outputs or sorted(users) != sorted(each.name for each in slices):
        return False
    at = 0
    for each in slices:
        width, fields = each.output.channels, each.fields
        if "part" in fields:
            start = (fields["part"] - 1) * width
        elif "channels" in fields:
            start = fields["channels"][0]
        else:
            return False
        if start != at or "spatial" in fields:
            return False
        at += width
    return at == whole.output.channels


def _fields(graph: EntryGraph, item: Item, around: _Around, after: Item) -> dict[str, Any] | None:
    """The fields with projections; None where heads of these widths are not those of its own."""
    fields = {name: value for name, value in item.fields.items() if name != "projections"}
    heads = fields["heads"]
    shared = fields.get("kv_heads", heads)
    query, key, value = around.widths
    channels = graph.shape(around.inputs[0]).channels
    size, wide = query // heads, value // shared
    if query % heads or value % shared or key != shared * size:
        return None
    if size * heads != channels:
        fields["head_size"] = size
    if wide != size:
        fields["value_size"] = wide
    if after.fields["out_features"] != channels:
        fields["out_channels"] = after.fields["out_features"]
    if around.packed != "none":
        fields["packed"] = around.packed
    return fields
