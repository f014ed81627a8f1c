"""From a flat network to the spec that a person would have written.

Passes over a small graph of entries, each recognising one thing where the graph has exactly that shape; none of
them changes what is counted.
"""

from __future__ import annotations

from typing import Any

from costcalc.importers.flat import FlatNetwork, spec_head
from costcalc.importers.structure.blocks import find_blocks
from costcalc.importers.structure.concat import chain_concats
from costcalc.importers.structure.defaults import choose_defaults
from costcalc.importers.structure.dress import dress
from costcalc.importers.structure.graph import EntryGraph
from costcalc.importers.structure.inverted import find_inverted_residuals
from costcalc.importers.structure.nest import nest
from costcalc.importers.structure.parameters import share_pieces
from costcalc.importers.structure.projection import find_projections
from costcalc.importers.structure.repeat import collapse
from costcalc.importers.structure.separable import find_separable
from costcalc.importers.structure.squeeze import find_squeeze_excites


def structured_spec(flat: FlatNetwork) -> dict[str, Any]:
    """The spec of a flat network with its structure recognised."""
    graph = EntryGraph.of(flat)
    chain_concats(graph)
    dress(graph)
    find_squeeze_excites(graph)
    find_inverted_residuals(graph)
    find_separable(graph)
    layers = collapse(nest(graph))
    defaults = choose_defaults(layers)
    find_projections(layers, defaults)
    layers, blocks = share_pieces(*find_blocks(layers))
    said = {"defaults": defaults, "blocks": blocks}
    return {**spec_head(flat), **{key: value for key, value in said.items() if value}, "layers": layers}
