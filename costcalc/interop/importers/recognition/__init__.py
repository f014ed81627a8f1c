"""From a flat network to the spec that a person would have written.

Passes over a small graph of entries, each recognising one thing where the graph has exactly that shape; none of
them changes what is counted.
"""

from __future__ import annotations

from typing import Any

from costcalc.interop.importers.flat import FlatNetwork, spec_head
from costcalc.interop.importers.recognition.attention import find_attention
from costcalc.interop.importers.recognition.blocks import find_blocks, find_nested_blocks
from costcalc.interop.importers.recognition.calls import say_calls
from costcalc.interop.importers.recognition.concat import chain_concats
from costcalc.interop.importers.recognition.defaults import choose_defaults
from costcalc.interop.importers.recognition.fusion import fuse_norms_and_activations
from costcalc.interop.importers.recognition.graph import EntryGraph
from costcalc.interop.importers.recognition.inverted import find_inverted_residuals
from costcalc.interop.importers.recognition.nest import nest
from costcalc.interop.importers.recognition.parameters import share_parametrised_blocks
from costcalc.interop.importers.recognition.pieces import find_pieces
from costcalc.interop.importers.recognition.projection import find_projections
from costcalc.interop.importers.recognition.repeat import collapse
from costcalc.interop.importers.recognition.separable import find_separable
from costcalc.interop.importers.recognition.squeeze import find_squeeze_excites


def structured_spec(flat: FlatNetwork) -> dict[str, Any]:
    """The spec of a flat network with its structure recognised."""
    graph = EntryGraph.of(flat)
    chain_concats(graph)
    find_attention(graph)
    fuse_norms_and_activations(graph)
    find_squeeze_excites(graph)
    find_inverted_residuals(graph)
    find_separable(graph)
    layers = nest(graph)
    called = say_calls(layers)
    layers = collapse(layers)
    defaults = choose_defaults(layers)
    find_projections(layers, defaults)
    layers, blocks = find_pieces(*share_parametrised_blocks(*find_blocks(layers)))
    layers, blocks = find_nested_blocks(*find_pieces(layers, blocks, tied=True))
    said = {"called": called, "defaults": defaults, "blocks": blocks}
    return {**spec_head(flat), **{key: value for key, value in said.items() if value}, "layers": layers}
