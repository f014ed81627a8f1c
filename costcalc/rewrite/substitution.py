"""Other layers in the place of some: a network with chosen nodes replaced, rows and their order kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from costcalc.network import Network, Node
from costcalc.rewrite.version import Rebuild


def substitute(network: Network, substitutes: Mapping[int, Network]) -> Network:
    """The network with the node at each index, and the norm and activation that are fields of it, replaced.

    A substitute is a network of one input, of the node's shapes in and out. Nodes that share the weights of a
    replaced one must be replaced alike. Raises ShapeError where that cannot be.
    """
    return substitute_with_spans(network, substitutes)[0]


def substitute_with_spans(
    network: Network, substitutes: Mapping[int, Network]
) -> tuple[Network, Sequence[tuple[int, int]]]:
    """What :func:`substitute` returns, and for each old node the start and stop of those that stand for it."""
    rebuild = Rebuild(network)
    index = 0
    while index < len(network.nodes):
        node = network.nodes[index]
        substitute = substitutes.get(index)
        if substitute is None:
            rebuild.keep(node)
            index += 1
            continue
        start = len(rebuild.graph.nodes)
        entering = rebuild.place(node.inputs[0])
        value = _spliced(rebuild, substitute, entering, node)
        if node.shares is not None:
            rebuild.graph.share(start, range(*rebuild.spans[node.shares]))
        rebuild.done(value, start)
        for _ in node.layer.fused():
            rebuild.skip(value)
        index += 1 + len(node.layer.fused())
    return rebuild.network(), rebuild.spans


def _spliced(rebuild: Rebuild, substitute: Network, entering: int, replaced: Node) -> int:
    """Append the nodes of a substitute below the path of what it replaces; the index of what comes out."""
    start = len(rebuild.graph.nodes)

    def placed(index: int) -> int:
        return start + index if index >= 0 else entering

    for node in substitute.nodes:
        shares = None if node.shares is None else start + node.shares
        moved = node._replace(
            path=f"{replaced.path}/{node.path}",
            inputs=tuple(map(placed, node.inputs)),
            row=replaced.row,
            shares=shares,
            dtype=replaced.dtype,
        )
        rebuild.graph.nodes.append(moved)
    return placed(substitute.output)
