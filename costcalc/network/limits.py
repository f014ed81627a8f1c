"""How large a spec's network would be, counted before anything is expanded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from costcalc.errors import Problem, Route
from costcalc.network.entries import Entry
from costcalc.network.filling import MAX_FILLED, FillingError, Fillings
from costcalc.network.scope import Named, Scope, names_in
from costcalc.quantity import parse_size, shown
from costcalc.spec.frame import Defaults

MAX_NODES = 60_000
MAX_DEPTH = 64
MAX_CHARACTERS = 2**25

#: Fields by which an entry can be any number of nodes.
_MORE = frozenset({"body", "shortcut", "paths", "repeat", "shares", "inputs"})
_NOTHING_SAID: Mapping[str, object] = {}


class SizeError(Exception):
    """A spec is refused for its size; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def refuse_filled(entry: Entry) -> SizeError:
    """The error of a use by which blocks fill in too many values."""
    return SizeError(entry.problem(f"uses of blocks fill in more than {MAX_FILLED:,} values (limit)"))


def check_made(nodes: int, characters: int, entry: Entry) -> None:
    """Raise SizeError where there are too many nodes, or their paths are too long together.

    A choice may be of more nodes than were counted before, and a long name stand in each path.
    """
    if nodes > MAX_NODES:
        raise SizeError(entry.problem(f"the network has more than {MAX_NODES:,} nodes (limit)"))
    if characters > MAX_CHARACTERS:
        message = f"the paths of the layers have more than {MAX_CHARACTERS:,} characters (limit)"
        raise SizeError(entry.problem(message, hint="give shorter names"))


def repeats(entry: object) -> int:
    """How often an entry repeats; 1 where it says nothing, or nothing that makes sense."""
    if not isinstance(entry, dict) or "repeat" not in entry:
        return 1
    try:
        return parse_size(entry["repeat"])
    except ValueError:
        return 1


def check_size(layers: object, fillings: Fillings, defaults: Defaults) -> None:
    """Raise SizeError where a spec has too many nodes, nests too deep, or has a block that uses itself."""
    if not _is_small(layers, _Counter(fillings, defaults)):
        count_nodes(layers, fillings, defaults)


def _is_small(layers: object, counter: _Counter) -> bool:
    """Whether one sees at once that there are few nodes: no blocks, no layers in layers, no copies."""
    if counter.fillings.blocks or not isinstance(layers, list) or len(layers) > MAX_NODES:
        return False
    most = 0
    for entry in layers:
        if isinstance(entry, str):
            most += counter.own_nodes(entry, _NOTHING_SAID)
        elif isinstance(entry, dict) and _MORE.isdisjoint(entry):
            most += counter.own_nodes(entry.get("type"), entry)
        else:
            return False
    return most <= MAX_NODES


def count_nodes(layers: object, fillings: Fillings, defaults: Defaults) -> int:
    """How many nodes the layers make at most; a use of a block, and an input after the second, count as one.

    Raises SizeError.
    """
    return _Counter(fillings, defaults).entries(layers, ("layers",), Scope())


class _Counter:
    def __init__(self, fillings: Fillings, defaults: Defaults) -> None:
        self.fillings = fillings
        self.defaults = defaults
        self.chain: list[str] = []  # of blocks, from the outermost
        self.used: list[Route] = []  # where they are used
        self.depth = 0
        self.deepest = 0
        self.known: dict[object, tuple[int, int]] = {}  # nodes, and how deep they nest

    def entries(self, entries: object, route: Route, scope: Scope) -> int:
        if not isinstance(entries, list):
            return 0
        self.bound(len(entries), route)
        self.deepen(self.depth, route)
        self.depth += 1
        scope.reserve(names_in(entries))
        total = 0
        for index, entry in enumerate(entries):
            total += self.copies(entry, (*route, index), scope)
            if total > MAX_NODES:
                self.bound(total, (*route, index, "repeat") if repeats(entry) > 1 else (*route, index))
        self.depth -= 1
        return total

    def copies(self, item: object, route: Route, scope: Scope) -> int:
        """All copies of one entry; it gets its name, since others may share it."""
        entry: dict[str, object] = item if isinstance(item, dict) else {"type": item}
        shared = entry.get("shares")
        original = scope.find(shared) if isinstance(shared, str) else None
        if original is not None and isinstance(original.entry, dict):
            kind, one = original.entry.get("type"), original.value or 0
            one += self.more_inputs(entry, route)
            count = one * repeats(entry if "repeat" in entry else original.entry)
        else:
            kind = entry.get("type")
            one = self.one(kind, entry, route, scope)
            count = one * repeats(entry)
        name = entry.get("name")
        if not isinstance(name, str):
            name = scope.automatic_name(kind) if isinstance(kind, str) else ""
        scope.names.setdefault(name, Named(one, entry={**entry, "type": kind}))
        return count

    def one(self, kind: object, entry: Mapping[str, object], route: Route, scope: Scope) -> int:
        """One copy of a layer."""
        more = self.more_inputs(entry, route)
        if not isinstance(kind, str):
            return 1 + more
        if kind in self.fillings.blocks:
            return self.block(kind, entry, route) + more
        return self.own_nodes(kind, entry) + self.inner_nodes(entry, route, scope) + more

    def more_inputs(self, entry: Mapping[str, object], route: Route) -> int:
        """The inputs after the second, each of which counts as a node."""
        inputs = entry.get("inputs")
        more = max(len(inputs) - 2, 0) if isinstance(inputs, list) else 0
        self.bound(more, route)
        return more

    def own_nodes(self, kind: object, entry: Mapping[str, object]) -> int:
        """The nodes of a layer of a kind without those of the layers that are written in it."""
        conv = 1 + self.has(entry, "norm") + self.has(entry, "activation")
        if kind in ("conv", "depthwise_conv", "conv_transpose"):
            return conv
        if kind == "separable_conv":
            return conv + (3 if isinstance(entry.get("between"), dict) else conv)
        if kind == "inverted_residual":
            return 3 * conv + 1 + (6 if "squeeze_excite" in entry else 0)
        if kind == "lp_pool":
            return 3
        if kind == "squeeze_excite":
            return 6
        if kind == "residual":
            return 2 + (self.defaults.norm is not None) + ("activation" in entry)
        return 1 + (kind == "linear" and "activation" in entry)

    def has(self, entry: Mapping[str, object], field: str) -> bool:
        """Whether a convolution has a norm or an activation, its own or the defaults'."""
        return entry[field] != "none" if field in entry else getattr(self.defaults, field) is not None

    def inner_nodes(self, entry: Mapping[str, object], route: Route, scope: Scope) -> int:
        """The nodes of a body, a shortcut, paths."""
        count = 0
        for field in ("body", "shortcut"):
            if field in entry:
                count += self.entries(entry[field], (*route, field), Scope(scope))
        paths = entry.get("paths")
        if not isinstance(paths, list):
            return count
        self.bound(len(paths), route)
        for index, path in enumerate(paths):
            count += 1 + self.entries(path, (*route, "paths", index), Scope(scope))
        return count

    def block(self, name: str, entry: Mapping[str, object], route: Route) -> int:
        if name in self.chain:
            chain = [*self.chain[self.chain.index(name) :], name]
            cycle = " → ".join(shown(step)[1:-1] for step in chain)
            self.refuse(f"block {shown(name)} uses itself: {cycle}", route)
        try:
            filling = self.fillings.of(name, entry)
        except FillingError:
            self.refuse(f"uses of blocks fill in more than {MAX_FILLED:,} values (limit)", route)
        if filling.key not in self.known:
            around, self.deepest = self.deepest, self.depth
            self.chain.append(name)
            self.used.append(route)
            count = self.entries(filling.body, ("blocks", name, "layers"), Scope())
            self.chain.pop()
            self.used.pop()
            self.known[filling.key] = 1 + count, self.deepest - self.depth
            self.deepest = max(around, self.deepest)
        count, height = self.known[filling.key]
        self.deepen(self.depth + height, route)
        return count

    def bound(self, nodes: int, route: Route) -> None:
        if nodes > MAX_NODES:
            self.refuse(f"the network has more than {MAX_NODES:,} nodes (limit)", route)

    def deepen(self, depth: int, route: Route) -> None:
        if depth > MAX_DEPTH:
            self.refuse(f"layers nest deeper than {MAX_DEPTH} levels (limit)", route)
        self.deepest = max(self.deepest, depth)

    def refuse(self, message: str, route: Route) -> NoReturn:
        raise SizeError(Problem(message, route, used=tuple(self.used)))
