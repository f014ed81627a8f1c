"""Names of layers: unique in their scope, visible from bodies and paths inside it."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

#: A value in the graph: the index of a node or (``~0``, …) of a network input; None where it is unknown.
Value = int | None

#: What the first layer of a network with several inputs has before it: it must say which it takes.
SEVERAL: Final = -(10**9)

_AUTOMATIC = re.compile(r"\w+_\d+")


class Named(NamedTuple):
    """What a name stands for: its value, its nodes, and the entry that was written (None: an input).

    ``broken`` stands for a layer that could not be read: its uses are no errors.
    """

    value: Value
    start: int = 0
    stop: int = 0
    entry: object = None
    broken: bool = False

    @property
    def is_input(self) -> bool:
        """Whether it is what comes in, and no layer."""
        return self.entry is None and not self.broken


class Scope:
    """The names of one list of layers; ``parent`` is the scope around a body or path."""

    def __init__(self, parent: "Scope | None" = None, names: dict[str, Named] | None = None) -> None:
        self.parent = parent
        self.prefix = ""  # of the paths of its layers
        self.names = names or {}
        self.taken: set[str] = set()
        self.counts: dict[str, int] = {}
        self.doubtful = False  # a layer without a name could not be read: automatic names may be others

    def find(self, name: str) -> Named | None:
        """The layer of this name, here or around."""
        doubtful = False
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            doubtful = doubtful or scope.doubtful
            scope = scope.parent
        return Named(None, broken=True) if doubtful and _AUTOMATIC.fullmatch(name) else None

    def later(self, name: str) -> bool:
        """Whether a layer of this name is still to come, here or around."""
        return name in self.taken or (self.parent is not None and self.parent.later(name))

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
        while (name := f"{kind}_{count}") in self.taken or name in self.names:
            count += 1
        self.counts[kind] = count
        return name


def names_in(entries: list[object]) -> set[str]:
    """The names that layers of a list are given."""
    return {
        entry["name"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    }
