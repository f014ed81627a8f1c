"""The pieces of a network that its sources leave out of their counts: its stem and its classifier.

The stem is the first layer with multiplies, the classifier the last one where it has one position left; each
with its norm and activation.
"""

from __future__ import annotations

from collections.abc import Collection

from costcalc.network.graph import Network, Node
from costcalc.tally import Tally

STEM = "stem"
CLASSIFIER = "classifier"


def tally_without(network: Network, left_out: Collection[str] = ()) -> Tally:
    """The facts of a network, all or but for its stem or classifier."""
    gone = {index for name in left_out for index in piece(network, name)}
    return Tally.total(node.tally for index, node in enumerate(network.nodes) if index not in gone)


def piece(network: Network, name: str) -> range:
    """The indices of the nodes of the stem or the classifier; none where there is no such piece."""
    costly = [index for index, node in enumerate(network.nodes) if node.tally.sum("multiplies")]
    if not costly:
        return range(0)
    start = costly[0 if name == STEM else -1]
    if name == CLASSIFIER and network.nodes[start].output.positions != 1:
        return range(0)
    return range(start, start + 1 + len(network.nodes[start].layer.fused()))


def classifier(network: Network) -> Node | None:
    """The layer that makes the classes, if there is one."""
    found = piece(network, CLASSIFIER)
    return network.nodes[found[0]] if found else None
