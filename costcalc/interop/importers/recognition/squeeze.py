"""Squeeze-and-excite: means over all positions, two 1×1 convolutions with bias, the product."""

from __future__ import annotations

from costcalc.interop.importers.recognition.graph import EntryGraph, Item


def find_squeeze_excites(graph: EntryGraph) -> None:
    """Put ``squeeze_excite`` in the place of every gate of exactly that shape."""
    for pool in graph.ordered():
        if pool.kind == "global_avg_pool":
            _squeeze_excite(graph, pool)


def _squeeze_excite(graph: EntryGraph, pool: Item) -> None:
    source = pool.inputs[0]
    squeeze = graph.only_user(pool.name)
    if squeeze is None or not is_plain_pointwise(squeeze) or not squeeze.says(bias=True, norm=None):
        return
    expand = graph.only_user(squeeze.name)
    if expand is None or not is_plain_pointwise(expand) or not expand.says(bias=True, norm=None):
        return
    product = graph.only_user(expand.name)
    if (
        product is None
        or product.kind != "multiply"
        or sorted(product.inputs) != sorted((source, expand.name))
    ):
        return
    if "activation" not in squeeze.fields or "activation" not in expand.fields:
        return
    if product.output != graph.shape(source) or set(graph.users[source]) != {pool.name, product.name}:
        return
    fields = {"type": "squeeze_excite", "squeeze_channels": squeeze.fields["out_channels"]}
    for name, default, value in (
        ("activation", "relu", squeeze.fields["activation"]),
        ("gate", "sigmoid", expand.fields["activation"]),
    ):
        if value != default:
            fields[name] = value
    parts = (pool, squeeze, expand, product)
    if not graph.are_called_alike(parts):
        return
    name = _stem(squeeze.name)
    if name in graph.items and all(name != part.name for part in parts):
        name = product.name  # a stem that other layers have, too
    graph.merge(parts, Item(name, fields, [source], product.output, product.order))


def is_plain_pointwise(item: Item) -> bool:
    """Whether an item is a 1×1 convolution of all channels at every position."""
    fields = item.fields
    if item.kind != "conv" or item.pinned or fields.get("groups", 1) != 1:
        return False
    sizes = fields["kernel_size"], fields.get("stride", 1)
    return all(size == 1 or (isinstance(size, list) and set(size) == {1}) for size in sizes) and _unpadded(
        fields
    )


def _unpadded(fields: dict[str, object]) -> bool:
    padding = fields.get("padding", "same")
    return padding in ("same", "valid", 0) or (isinstance(padding, list) and not any(padding))


def _stem(name: str) -> str:
    """``block.se.fc1`` as ``block.se``; a name without a stem stays."""
    return name.rpartition(".")[0] or name
