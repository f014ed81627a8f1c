"""Activations: the outputs of convolutions, linear layers and matrix products, as a count.

    activations = Σ outputs of all that multiplies

Source: Radosavovic et al., "Designing Network Design Spaces" (RegNet), arXiv:2003.13678, section 3.3.
"""

from __future__ import annotations

from costcalc.network import Network


def activations(network: Network) -> list[int]:
    """The activations of each node."""
    found = []
    for node in network.nodes:
        facts, kind = node.tally.facts, node.kind
        found.append(facts.get((kind, "outputs"), 0) if (kind, "multiplies") in facts else 0)
    return found
