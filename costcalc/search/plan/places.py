"""The places of a text where convolutions stand: what a plan decides about.

A block that is used seven times, a mapping that an anchor repeats, and layers that share weights are one place each;
``by_use`` tells the uses of a block apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from costcalc.errors import Route
from costcalc.layers.conv import Conv
from costcalc.network import Network
from costcalc.network.graph import Placed
from costcalc.reading.document import Document
from costcalc.search.alternatives.convolution import Convolution

#: Where the word ``conv`` of a place begins; by use, also where the block's name stands.
Key: TypeAlias = tuple[int, ...]


@dataclass
class TextPlace:
    """One place: where it stands, and all the nodes that come from it.

    ``routes`` lead to its entries, the first one's first. ``nodes`` holds the convolution at the index of each node;
    ``is_shared`` says whether other layers have the weights of some. ``kept`` says why the place is not offered:
    so is one whose weights a layer of another place uses.
    """

    key: Key
    path: str
    routes: dict[Route, Placed] = field(default_factory=dict)
    nodes: dict[int, Convolution] = field(default_factory=dict)
    is_shared: bool = False
    kept: str = ""

    @property
    def use(self) -> Route | None:
        """The use of a block that it comes from; None where it stands in none."""
        used = next(iter(self.routes.values())).used
        return used[-1] if used else None

    @property
    def route(self) -> Route:
        """The route to the entry that stands first."""
        return next(iter(self.routes))


def places_of(
    network: Network, placed: Sequence[Placed], document: Document, by_use: bool = False
) -> list[TextPlace]:
    """All places with convolutions, in the order of the text."""
    found: dict[Key, TextPlace] = {}
    of_node: dict[int, Key] = {}
    for entry in placed:
        if entry.type != "conv":
            continue
        key = _key(entry, document, by_use)
        nodes = [
            index for index in range(entry.start, entry.stop) if isinstance(network.nodes[index].layer, Conv)
        ]
        roots = {of_node[root] for index in nodes if (root := network.nodes[index].shares) is not None}
        if entry.shares or (roots and _is_in_another_again(entry, document)):
            key = next(iter(roots), key)
        elsewhere = {root for root in roots if root != key}
        place = found.get(key)
        if place is None:
            place = found[key] = TextPlace(key, network.nodes[entry.start].path)
        if entry.shares:
            place.is_shared = True
        else:
            place.routes.setdefault(entry.route, entry)
        for index in nodes:
            of_node[index] = key
            _add(place, network, index)
        for other in elsewhere:
            place.kept = found[other].kept = "shares weights"
    return [found[key] for key in sorted(found)]


def _key(entry: Placed, document: Document, by_use: bool) -> Key:
    own = document.span((*entry.route, "type"))
    if by_use and entry.used:
        return document.span((*entry.used[-1], "type"))[0], own[0]
    return own[0], own[0]


def _is_in_another_again(entry: Placed, document: Document) -> bool:
    """Whether one of the uses that an entry stands in is another use with all of its weights."""
    for route in entry.used:
        use = document.data
        for step in route:
            use = use[step]
        if isinstance(use.get("shares", {}), str):
            return True
    return False


def _add(place: TextPlace, network: Network, index: int) -> None:
    node = network.nodes[index]
    layer = node.layer
    assert isinstance(layer, Conv)
    if layer.groups != 1:
        place.kept = "grouped"
    elif layer.separable == "never":
        place.kept = "separable: never"
    else:
        place.nodes[index] = Convolution(layer, node.input_shapes[0])
