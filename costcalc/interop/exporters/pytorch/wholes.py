"""Nodes that PyTorch has one module for: each group of them as one node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from costcalc.network import Network, Node

#: First node of a group -> the node behind its last one, and what stands for the group, its inputs as they were.
Wholes: TypeAlias = Mapping[int, tuple[int, Node]]


def with_wholes(network: Network, wholes: Wholes) -> Network:
    """The network with one node in the place of each group, which nobody but its last node's users may look into."""
    if not wholes:
        return network
    places: dict[int, int] = {}
    nodes: list[Node] = []
    at = 0
    while at < len(network.nodes):
        stop, node = wholes.get(at, (at + 1, network.nodes[at]))
        places.update(dict.fromkeys(range(at, stop), len(nodes)))
        shares = None if node.shares is None else places[node.shares]
        nodes.append(node._replace(inputs=tuple(places.get(i, i) for i in node.inputs), shares=shares))
        at = stop
    return network._replace(nodes=tuple(nodes), output=places.get(network.output, network.output))
