"""What a YAML text holds: its data, and where in the text each part of it stands."""

from __future__ import annotations

from array import array
from typing import Any, Literal

from costcalc.errors import Problem, Route


class Composition:
    """The data of a text, the place of the whole, and the places of all that is inside.

    Places are pairs of offsets, start and end, in one flat array ``spans``: for each item of a list one pair, for each
    entry of a mapping two, the key's and the value's. ``where`` says at which index those of a container begin, by the
    container's ``id``. ``duplicates`` are the problems of keys that stood in their mapping already; the first of each
    is kept.
    """

    def __init__(
        self,
        data: Any,
        root: tuple[int, int],
        spans: array[int],
        where: dict[int, int],
        duplicates: tuple[Problem, ...] = (),
    ) -> None:
        self.data = data
        self.root = root
        self.spans = spans
        self.where = where
        self.duplicates = duplicates
        self._orders: dict[int, dict[str, int]] = {}

    def span(self, route: Route, at: Literal["value", "key"]) -> tuple[int, int]:
        """Start and end of what a route leads to: the value or its key, or as deep as the data goes."""
        node, span = self.data, self.root
        key_span = span
        for step in route:
            if isinstance(node, dict) and isinstance(step, str) and step in node:
                place = self.where[id(node)] + 4 * self._order(node)[step]
                key_span = self._pair(place)
                span = self._pair(place + 2)
            elif isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node):
                span = key_span = self._pair(self.where[id(node)] + 2 * step)
            else:
                return span
            node = node[step]
        return key_span if at == "key" else span

    def _pair(self, place: int) -> tuple[int, int]:
        return self.spans[place], self.spans[place + 1]

    def _order(self, mapping: dict[str, Any]) -> dict[str, int]:
        """Which entry of a mapping each key is; kept, since one mapping may have many problems."""
        order = self._orders.get(id(mapping))
        if order is None:
            order = self._orders[id(mapping)] = {key: number for number, key in enumerate(mapping)}
        return order
