"""From a spec to a network: nodes in order, every shape known."""

from costcalc.network.graph import GraphBuilder, Network, Node, Row
from costcalc.network.resolver import resolve

__all__ = ["GraphBuilder", "Network", "Node", "Row", "resolve"]
