"""Names of layers: unique in their scope, visible from bodies and paths inside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from costcalc.errors import Route

#: A value in the graph: the index of a node or (``~0``, …) of a network input; None where it is unknown.
Value = int | None


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: its value, its nodes, and the entry that was written."""

    value: Value
    start: int = 0
    entry: object = None
    route: Route = ()


@dataclass(slots=True)
class Scope:
    """The names of one list of layers; ``parent`` is the scope around a body or path."""

    parent: Scope | None = None
    names: dict[str, Named] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def find(self, name: str) -> Named | None:
        """The layer of this name, here or around."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def visible(self) -> Iterator[str]:
        """All names that can be used."""
        yield from self.names
        if self.parent is not None:
            yield from (name for name in self.parent.visible() if name not in self.names)

    def reserve(self, names: Iterable[str]) -> None:
        """Names that are given further down, which no unnamed layer may take."""
        self.taken.update(names)

    def automatic_name(self, kind: str) -> str:
        """``conv_1``, ``conv_2``, … skipping taken ones."""
        count = self.counts.get(kind, 0) + 1
        while f"{kind}_{count}" in self.taken:
            count += 1
        self.counts[kind] = count
        return f"{kind}_{count}"
