"""A concatenation that begins with what another concatenates, as one of that one's result.

Dense blocks hand on lists of maps and concatenate them anew at each step: [a, b], then [a, b, c]. The second is
[[a, b], c]: the same values, the same sizes, and each step is then what comes in beside what a few layers add.
"""

from __future__ import annotations

from costcalc.interop.importers.recognition.graph import EntryGraph, Item


def chain_concats(graph: EntryGraph) -> None:
    """Let concatenations take the results of earlier ones, the longest first."""
    earlier: dict[tuple[object, ...], str] = {}
    for item in graph.ordered():
        if item.kind != "concat" or item.pinned:
            continue
        rest = _rest(item)
        key = (*rest, *item.inputs)
        for count in range(len(item.inputs) - 1, 1, -1):
            found = earlier.get((*rest, *item.inputs[:count]))
            if found is not None:
                _replace(graph, item, count, found)
                break
        earlier.setdefault(key, item.name)


def _rest(item: Item) -> tuple[object, ...]:
    return tuple(sorted((name, str(value)) for name, value in item.fields.items()))


def _replace(graph: EntryGraph, item: Item, count: int, whole: str) -> None:
    for source in dict.fromkeys(item.inputs):
        graph.users[source] = [user for user in graph.users[source] if user != item.name]
    item.inputs = [whole, *item.inputs[count:]]
    for source in item.inputs:
        graph.users.setdefault(source, []).append(item.name)
