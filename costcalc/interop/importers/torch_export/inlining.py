"""Regions of a graph, such as ``with torch.autocast(…)``, put in the place where they are run.

torch.export makes a graph of its own of each, which it calls by a higher-order operation. Those that choose between
graphs, or repeat one (``torch.cond``, ``scan``), are left as they are.
"""

from __future__ import annotations

from typing import Any

from costcalc.interop.importers.torch_export.extra import torch_module

_REGIONS = ("wrap_with_autocast", "wrap_with_set_grad_enabled")


def inlined(graph: Any) -> Any:
    """A graph without regions; the graph itself where it has none."""
    if not any(_is_region(node) for node in graph.nodes):
        return graph
    whole = torch_module().fx.Graph()
    _copy(graph, whole, {})
    return whole


def _is_region(node: Any) -> bool:
    return node.op == "call_function" and getattr(node.target, "__name__", "") in _REGIONS


def _copy(graph: Any, whole: Any, made: dict[Any, Any]) -> Any:
    """Copy a graph behind a whole; ``made`` are the nodes of its placeholders. What the graph returns."""
    fx = torch_module().fx
    inner = bool(made)
    for node in graph.nodes:
        if node in made:
            continue
        if inner and node.op == "output":
            return fx.node.map_arg(node.args[0], made.__getitem__)
        if _is_region(node):
            at = next(i for i, each in enumerate(node.args) if getattr(each, "op", "") == "get_attr")
            region = getattr(graph.owning_module, node.args[at].target).graph
            places = [each for each in region.nodes if each.op == "placeholder"]
            given = [made[each] for each in node.args[at + 1 :]]
            made[node] = _copy(region, whole, dict(zip(places, given, strict=True)))
        elif getattr(node.target, "__name__", "") == "getitem" and isinstance(
            made[node.args[0]], (list, tuple)
        ):
            made[node] = made[node.args[0]][node.args[1]]
        elif not (node.op == "get_attr" and all(map(_is_region, node.users))):
            made[node] = whole.node_copy(node, made.__getitem__)
    return None
