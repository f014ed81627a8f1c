"""What generated code begins with: where it comes from, and what the network costs."""

from __future__ import annotations

from collections.abc import Iterator

from costcalc.conventions.convention import MULTIPLIES
from costcalc.interop.exporters.source.layout import comment
from costcalc.network import Network
from costcalc.tally import Tally


def header(network: Network, framework: str) -> Iterator[str]:
    """Comments; the first two lines are our own, since Python looks for an encoding there."""
    total = Tally.total(node.tally for node in network.nodes)
    yield f"# A network in {framework}, written by costcalc."
    yield "#"
    if network.name:
        yield comment(network.name)
    if network.spec.source:
        yield comment(network.spec.source)
    for name, shape in network.inputs.items():
        yield comment(f"{name}: {shape} (height x width x channels)" if shape.spatial else f"{name}: {shape}")
    yield f"# output: {network.shape(network.output)}"
    yield f"# multiplies: {MULTIPLIES.count_operations(total):,}"
    yield f"# params: {MULTIPLIES.count_parameters(total):,}"
    yield ""
