"""Tables of vectors: how indices are laid out for the layer that looks rows up."""

from __future__ import annotations

from costcalc.interop.importers.tensors.layout import Atoms, Layout, mapped
from costcalc.interop.importers.tensors.maps import MAX_SPATIAL, Maps
from costcalc.interop.importers.tensors.values import Producer, Value


def looked_up_at(maps: Maps, indices: Value, row: Atoms, hint: str) -> tuple[Producer, Layout]:
    """What an embedding takes, an index a position, and the layout of the rows that it makes."""
    have = maps.layout(indices)
    positions = (*have.spatial, have.channels) if have.channels or not have.spatial else have.spatial
    if len(positions) > MAX_SPATIAL:
        have = Layout((), mapped(indices.atoms))
        positions = (have.channels,)
    return maps.placed(indices, have, hint), Layout(positions, row)
