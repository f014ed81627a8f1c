"""Uses of a block that have some of their weights from layers around them: ``shares: {INNER: OUTER}``."""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.errors import ShapeError, did_you_mean
from costcalc.network.entries import Entry, PlacedEntry
from costcalc.network.graph import GraphBuilder
from costcalc.network.ledger import Ledger
from costcalc.network.scope import Named, Scope
from costcalc.quantity import shown


class Ties:
    """Lets layers inside the uses of blocks have the weights of earlier ones, and notes what is wrong with that.

    ``written`` are the entries that were placed so far; it grows.
    """

    def __init__(self, written: Sequence[PlacedEntry], graph: GraphBuilder, ledger: Ledger) -> None:
        self.written = written
        self.graph = graph
        self.ledger = ledger
        self._placed: dict[str, PlacedEntry] = {}  # by path
        self._read = 0

    def tie(self, entry: Entry, copies: Sequence[str], start: int) -> None:
        """Share what a use says, in each copy of it; ``copies`` are their paths, ``start`` is its first node."""
        for inner, outer in entry.raw["shares"].items():
            originals = self._originals(entry, inner, outer, start)
            if originals is not None:
                all(self._is_tied(entry, f"{copy}/", inner, originals) for copy in copies)
        self.graph.settle(start)

    def _is_tied(self, entry: Entry, prefix: str, inner: str, originals: range) -> bool:
        """Share one layer of one copy; whether that could be."""
        nodes = self._span(prefix + inner)
        try:
            if nodes is not None:
                self.graph.tie(nodes, originals)
                return True
            guess = did_you_mean(inner, self._inside(prefix))
            message = f"{entry.noun} has no layer {shown(inner)} inside{guess}"
        except ShapeError as error:
            message = f"layer {shown(inner)} of {entry.noun} {error.message}"
        at = "key" if nodes is None else "value"
        self.ledger.note(entry.problem(message, ("shares", inner), at=at))
        return False

    def _originals(self, entry: Entry, inner: str, outer: object, start: int) -> range | None:
        """The nodes of the layer that a use names for one of its own; None, and a note, where there is none."""
        found = self.find(entry.place.scope, outer) if isinstance(outer, str) else None
        if found is not None and found.stop <= start:
            return range(found.start, found.stop)
        if self.ledger.is_new(entry.route, "shares", inner):
            message = self._why_not(entry.place.scope, inner, outer, found is not None)
            if message:
                self.ledger.note(entry.problem(message, ("shares", inner)))
        return None

    def _why_not(self, scope: Scope, inner: str, outer: object, later: bool) -> str:
        """What is wrong with the name of the layer outside; nothing where that layer could not be read."""
        if not isinstance(outer, str):
            return f"shares must name the layer whose weights {shown(inner)} uses, not {shown(outer)}"
        head = outer.partition("/")[0]
        named = scope.find(head)
        if named is not None and named.broken:
            return ""
        if named is not None and named.is_input:
            return f"shares must name a layer, and {shown(head)} is an input"
        if later or (named is None and scope.later(head)):
            return f"layer {shown(outer)} is defined only later: shares names an earlier layer"
        names = [*scope.visible()][::-1] if named is None else self._inside(scope.prefix)
        return f"unknown layer {shown(outer)} to share the weights of{did_you_mean(outer, names)}"

    def find(self, scope: Scope | None, name: str) -> Named | None:
        """The layer that a name, or a path into a layer of that name, means here or around."""
        while scope is not None:
            placed = self._at(scope.prefix + name)
            if placed is not None:
                value, entry, start, stop = placed
                return Named(value, start, stop, entry.raw, broken=value is None)
            scope = scope.parent
        return None

    def _at(self, path: str) -> PlacedEntry | None:
        for placed in self.written[self._read :]:
            self._placed.setdefault(placed.entry.place.prefix + placed.entry.name, placed)
        self._read = len(self.written)
        return self._placed.get(path)

    def _span(self, path: str) -> range | None:
        placed = self._at(path)
        return None if placed is None else range(placed.start, placed.stop)

    def _inside(self, prefix: str) -> list[str]:
        """The paths of the layers below one, without its own."""
        return [path.removeprefix(prefix) for path in self._placed if path.startswith(prefix)]
