"""Nesting: regions of the graph with one way in and one way out, as ``residual`` and ``branches``.

A value that several layers take begins a region; it ends at the nearest layer that every way out of it passes (its
immediate post-dominator). Where that layer joins disjoint paths it is written nested, else flat with ``inputs``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from costcalc.interop.importers.recognition.fusion import activation_value
from costcalc.interop.importers.recognition.graph import EntryGraph, Item
from costcalc.interop.importers.recognition.names import Naming, crowds
from costcalc.interop.importers.recognition.projection import ReshapingShortcut
from costcalc.kinds import ACTIVATIONS

_END = "\0end"  # what every output leads to
_DEEPEST = 20


def nest(graph: EntryGraph) -> list[dict[str, Any]]:
    """The entries of the whole network, nested as far as the graph has that shape."""
    return _Nesting(graph).top()


class _Nesting:
    def __init__(self, graph: EntryGraph) -> None:
        self.graph = graph
        self.order = {item.name: item.order for item in graph.items.values()}
        self.ends = _post_dominators(graph)
        self.crowds = crowds(graph.items)
        self.written: set[str] = set()  # of what no network input leads to

    def top(self) -> list[dict[str, Any]]:
        names = Naming(None, reserved=self.graph.inputs)
        if len(self.graph.inputs) != 1 or len(self.graph.outputs) != 1:
            return self.flat(self.graph.ordered(), names, None)
        start, end = next(iter(self.graph.inputs)), self.graph.outputs[0]
        alone = [each for each in self.graph.ordered() if self.is_alone(each)]
        before = self.flat(alone, names, None)
        entries = self.way(start, end, set(self.graph.items), names, 0)
        if before and "inputs" not in entries[0]:
            entries[0] = {**entries[0], "inputs": [start]}
        return before + entries

    def is_alone(self, item: Item) -> bool:
        """Whether it is a source that no layer takes: only its params are counted."""
        return not item.inputs and not self.graph.users.get(item.name) and item.name not in self.graph.outputs

    def way(self, start: str, end: str, members: set[str], names: Naming, depth: int) -> list[dict[str, Any]]:
        """The entries on the way from one value to a later one, which are ``members`` of it."""
        entries: list[dict[str, Any]] = []
        current = start
        previous: str | None = start
        while current != end:
            users = self.users(current, members)
            item = self.graph.items[users[0]] if len(users) == 1 else None
            if item is not None and item.inputs == [current]:
                entries.append(names.entry(item, previous))
                current = previous = item.name
                continue
            join = self.ends.get(current, _END) if current != start or depth == 0 else _END
            region = self.between(current, join, end, members)
            nested = self.nested(current, join, region, names, depth) if join != _END else None
            if nested is not None:
                entry, current = nested
                entries.append(entry)
            else:
                stop = end if join == _END else join
                items = sorted(
                    (self.graph.items[name] for name in {*region, stop}), key=lambda item: item.order
                )
                entries += self.flat(items, names, previous)
                current = stop
            previous = current
        return entries

    def users(self, value: str, members: set[str]) -> list[str]:
        """The members that take a value: found among the fewer, since a value may have very many users."""
        users = self.graph.users.get(value, [])
        if len(users) <= len(members):
            return [user for user in users if user in members]
        return [name for name in members if value in self.graph.items[name].inputs]

    def between(self, start: str, join: str, end: str, members: set[str]) -> set[str]:
        """The items that lead from a value to a join, and the sources that only they take."""
        stop = end if join == _END else join
        region: set[str] = set()
        waiting = self.users(start, members)
        while waiting:
            name = waiting.pop()
            if name not in members or name == stop or name in region:
                continue
            region.add(name)
            waiting += self.graph.users.get(name, [])
        for name in [*region, stop]:
            for source in self.graph.items[name].inputs:
                region |= self._sources(source, region) - self.written
        return region - {stop}

    def _sources(self, name: str, region: set[str]) -> set[str]:
        """What a value is made of where no network input leads to it (a parameter, say)."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            item = self.graph.items.get(waiting.pop())
            if item is None or item.name in region or item.name in found or not self._rootless(item):
                continue
            found.add(item.name)
            waiting += item.inputs
        return found

    def _rootless(self, item: Item) -> bool:
        return item.name not in self.ends or not item.inputs

    def nested(
        self, start: str, join: str, region: set[str], names: Naming, depth: int
    ) -> tuple[dict[str, Any], str] | None:
        """A residual or branches in the place of a region, and the value it makes; None where it is neither."""
        item = self.graph.items[join]
        if item.kind not in ("add", "multiply", "concat") or len(item.fields) > 1 or depth >= _DEEPEST:
            return None
        paths = self.paths(start, item, region)
        if paths is None:
            return None
        name = names.region([*(member for path in paths for member in path), join], join, self.crowds)
        inner = [
            self.way(start, source, path, names.inside(start, path), depth + 1)
            for source, path in zip(item.inputs, paths, strict=True)
        ]
        if item.kind == "add" and self.is_residual(item, inner):
            return self.residual(start, item, inner, name, names)
        called = {"called": dict(item.calls)} if item.calls else {}
        entry = {"type": "branches", "name": name, "merge": item.kind, **called, "paths": inner}
        names.calls(item.name, name)
        return entry, item.name

    def paths(self, start: str, join: Item, region: set[str]) -> list[set[str]] | None:
        """What makes each input of a join; None where these are not disjoint, or not the whole region."""
        paths: list[set[str]] = []
        for source in join.inputs:
            path = self.path(start, source, region)
            if path is None:
                return None
            paths.append(path)
        members = [member for path in paths for member in path]
        disjoint = len(members) == len(set(members)) and set(members) == region
        if len(paths) < 2 or not disjoint or self._seen_outside(region, join.name):
            return None
        return paths

    def is_residual(self, join: Item, paths: list[list[dict[str, Any]]]) -> bool:
        """Whether a sum of paths is of two equal shapes, at most one of which is what comes in."""
        equal = len({self.graph.shape(source) for source in join.inputs}) == 1
        return equal and len(paths) == 2 and any(paths)

    def _seen_outside(self, region: set[str], join: str) -> bool:
        """Whether something outside of a region takes what is made in it from no network input, or shares weights."""
        return any(self.graph.items[name].pinned for name in region) or any(
            user not in region and user != join
            for name in region
            if name not in self.ends
            for user in self.graph.users.get(name, [])
        )

    def path(self, start: str, end: str, region: set[str]) -> set[str] | None:
        """What makes a value from the region's start; None where something else is needed too."""
        if end == start:
            return set()
        found: set[str] = set()
        begun = False
        waiting = [end]
        while waiting:
            name = waiting.pop()
            begun = begun or name == start
            if name == start or name in found:
                continue
            if name not in region:
                return None
            found.add(name)
            waiting += self.graph.items[name].inputs
        return found if begun else None

    def residual(
        self, start: str, join: Item, inner: list[list[dict[str, Any]]], name: str, names: Naming
    ) -> tuple[dict[str, Any], str]:
        body, shortcut = inner if len(inner[0]) >= len(inner[1]) else inner[::-1]
        entry: dict[str, Any] = {"type": "residual", "name": name}
        if shortcut:
            reshapes = self.graph.shape(start) != join.output
            entry["shortcut"] = ReshapingShortcut(shortcut) if reshapes else shortcut
        value, calls = join.name, dict(join.calls)
        after = self.graph.only_user(join.name)
        if after is not None and after.kind in ACTIVATIONS and not after.pinned:
            entry["activation"] = activation_value(after.fields)
            value = after.name
            calls |= after.calls
        if calls:
            entry["called"] = calls
        entry["body"] = body
        names.calls(value, name)
        return entry, value

    def flat(self, items: Iterable[Item], names: Naming, previous: str | None) -> list[dict[str, Any]]:
        """Entries in topological order, each with its inputs by name unless it follows its only one."""
        entries = []
        for item in items:
            entries.append(names.entry(item, previous))
            previous = item.name
            if item.name not in self.ends:
                self.written.add(item.name)
        return entries


def _post_dominators(graph: EntryGraph) -> dict[str, str]:
    """For every value that a network input leads to: the nearest item that all its ways to the end pass."""
    rooted = _rooted(graph)
    order = {item.name: item.order for item in graph.items.values()}
    last = len(order) + max(order.values(), default=0) + 1
    ends: dict[str, str] = {}

    def place(name: str) -> int:
        return order.get(name, last if name == _END else -1)

    def meet(one: str, other: str) -> str:
        while one != other:
            if place(one) < place(other):
                one = ends[one]
            else:
                other = ends[other]
        return one

    values = [*graph.inputs, *(item.name for item in graph.ordered())]
    for name in reversed(values):
        users = [user for user in graph.users.get(name, []) if user in ends]
        if not users or name in graph.outputs:
            ends[name] = _END
            continue
        end = users[0]
        for user in users[1:]:
            end = meet(end, user)
        ends[name] = end
    return {name: end for name, end in ends.items() if name in rooted}


def _rooted(graph: EntryGraph) -> set[str]:
    """The values that a network input leads to."""
    rooted = set(graph.inputs)
    for item in graph.ordered():
        if any(source in rooted for source in item.inputs):
            rooted.add(item.name)
    return rooted
