"""Which convolutions of a network are meant: those of one layer, or all that have a separable form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from costcalc.analysis.costs import Analysis
from costcalc.analysis.explanation.layer import inside
from costcalc.dtype import SaidDtype
from costcalc.errors import CostcalcError, did_you_mean
from costcalc.layers.conv import Conv
from costcalc.network import Network, Node
from costcalc.quantity import listed, shown
from costcalc.search.alternatives.convolution import Convolution


class Chosen(NamedTuple):
    """A convolution of the standard version: the layer or part that was asked for, and how many equal ones it has.

    ``dtype`` is what the layer says of it, where it says anything.
    """

    layer: str
    convolution: Convolution
    equal: int
    dtype: SaidDtype | None = None


def convolution_of(node: Node) -> Convolution | None:
    """A node's convolution of groups 1; None where it is something else."""
    layer = node.layer
    if not isinstance(layer, Conv) or layer.groups != 1:
        return None
    return Convolution(layer, node.input_shapes[0])


def choose(analysis: Analysis, path: str) -> Chosen:
    """The one convolution of a layer, or of a part of one; 1×1s stand back where there are larger kernels.

    It is that of the standard version, so that a separable convolution means the one that it stands for. Raises
    CostcalcError where there is none, or where there are several different ones.
    """
    network = analysis.versions.network("standard")
    found = list(_convolutions(network, path))
    if not found:
        raise CostcalcError(_nothing_there(network, path))
    found = [pair for pair in found if pair[1].taps > 1] or found
    kinds: dict[tuple[Convolution, SaidDtype | None], list[str]] = {}
    for node, convolution in found:
        kinds.setdefault((convolution, node.dtype), []).append(node.path)
    if len(kinds) > 1:
        names = listed([paths[0] for paths in kinds.values()])
        raise CostcalcError(f"{shown(path)} holds {len(kinds)} different convolutions; name one: {names}")
    (((convolution, dtype), paths),) = kinds.items()
    return Chosen(path, convolution, len(paths), dtype)


def replaceable(analysis: Analysis) -> dict[int, Convolution]:
    """The convolutions of the standard version that have a separable form, by the index of their node."""
    network = analysis.versions.network("standard")
    paths = {(found.row, found.path) for row in analysis.versions.replacements for found in row}
    convolutions = ((index, convolution_of(node)) for index, node in enumerate(network.nodes))
    return {
        index: convolution
        for index, convolution in convolutions
        if convolution is not None and (network.nodes[index].row, network.nodes[index].path) in paths
    }


def _convolutions(network: Network, path: str) -> Iterator[tuple[Node, Convolution]]:
    row = next((index for index, row in enumerate(network.rows) if row.name == path), None)
    is_inside = inside(path)
    for node in network.nodes:
        if node.row == row if row is not None else is_inside(node):
            convolution = convolution_of(node)
            if convolution is not None:
                yield node, convolution


def _nothing_there(network: Network, path: str) -> str:
    is_inside = inside(path)
    if any(row.name == path for row in network.rows) or any(map(is_inside, network.nodes)):
        return f"{shown(path)} has no standard convolution, written or behind a separable one"
    names = [row.name for row in network.rows]
    return f"no layer {shown(path)}{did_you_mean(path, names)}"
