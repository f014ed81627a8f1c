"""How large a spec's network would be, counted before anything is expanded."""

from __future__ import annotations

from collections.abc import Mapping

from costcalc.errors import Problem, Route
from costcalc.quantity import parse_size, shown
from costcalc.spec.blocks import Block, fill_in

MAX_NODES = 500_000
MAX_DEPTH = 64

#: Nodes of the kinds that expand, without norms and activations.
_PARTS = {"separable_conv": 2, "inverted_residual": 4, "squeeze_excite": 4}
_CONVOLUTIONS = {
    "separable_conv": 2,
    "inverted_residual": 2,
    "conv": 1,
    "depthwise_conv": 1,
    "conv_transpose": 1,
}


class SizeError(Exception):
    """A spec is refused for its size; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def repeats(entry: object) -> int:
    """How often an entry repeats; 1 where it says nothing, or nothing that makes sense."""
    if not isinstance(entry, dict) or "repeat" not in entry:
        return 1
    try:
        return parse_size(entry["repeat"])
    except ValueError:
        return 1


def check_size(layers: object, blocks: Mapping[str, Block], dressing: int) -> None:
    """Raise SizeError where a spec has too many nodes, nests too deep, or has a block that uses itself.

    ``dressing`` is how many of norm and activation the spec's defaults set.
    """
    _Counter(blocks, dressing).entries(layers, ("layers",), (), 0)


class _Counter:
    def __init__(self, blocks: Mapping[str, Block], dressing: int) -> None:
        self.blocks = blocks
        self.dressing = dressing
        self.known: dict[tuple[str, str], int] = {}

    def entries(self, entries: object, route: Route, chain: tuple[str, ...], depth: int) -> int:
        if depth > MAX_DEPTH:
            raise SizeError(Problem(f"layers nest deeper than {MAX_DEPTH}", route))
        total = 0
        named: dict[object, int] = {}
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            count = self.entry(entry, (*route, index), chain, depth, named) * repeats(entry)
            total += count
            if total > MAX_NODES:
                raise SizeError(
                    Problem(f"the network has more than {MAX_NODES:,} nodes (limit)", (*route, index))
                )
        return total

    def entry(
        self, entry: object, route: Route, chain: tuple[str, ...], depth: int, named: dict[object, int]
    ) -> int:
        if not isinstance(entry, dict):
            kind: object = entry
            entry = {}
        else:
            kind = entry.get("type")
        if isinstance(kind, str) and kind in self.blocks:
            count = self.block(kind, entry, route, chain, depth)
        elif "shares" in entry and isinstance(entry["shares"], str):
            count = named.get(entry["shares"], 1)
        else:
            count = self.layer(kind, entry, route, chain, depth)
        if isinstance(entry.get("name"), str):
            named[entry["name"]] = count
        return count

    def layer(
        self, kind: object, entry: Mapping[str, object], route: Route, chain: tuple[str, ...], depth: int
    ) -> int:
        count = 1
        if isinstance(kind, str):
            dressed = sum(entry.get(field, "none") != "none" for field in ("norm", "activation"))
            count = _PARTS.get(kind, 1) + _CONVOLUTIONS.get(kind, 0) * max(dressed, self.dressing)
        for field in ("body", "shortcut"):
            count += self.entries(entry.get(field), (*route, field), chain, depth + 1)
        paths = entry.get("paths")
        for index, path in enumerate(paths if isinstance(paths, list) else ()):
            count += self.entries(path, (*route, "paths", index), chain, depth + 1)
        return count

    def block(
        self, name: str, entry: Mapping[str, object], route: Route, chain: tuple[str, ...], depth: int
    ) -> int:
        if name in chain:
            cycle = " → ".join((*chain[chain.index(name) :], name))
            raise SizeError(Problem(f"block {shown(name)} uses itself: {cycle}", route))
        arguments = arguments_of(self.blocks[name], entry)
        key = (name, repr(arguments))
        if key not in self.known:
            body = fill_in(self.blocks[name].layers, arguments)
            inner = self.entries(body, ("blocks", name, "layers"), (*chain, name), depth + 1)
            self.known[key] = max(inner, 1)
        return self.known[key]


def arguments_of(block: Block, entry: Mapping[str, object]) -> dict[str, object]:
    """What a use of a block fills in: the block's defaults, and what the use gives."""
    return {name: entry.get(name, default) for name, default in block.parameters.items()}
