"""Traffic: the bytes that each operation of a network moves.

    maps    = bytes of its inputs, each once, + bytes of its output
    weights = bytes of the tensors that it reads, after folding; of ``parameter``s that it takes, too

A recurrent layer is one operation on its whole sequence: it reads its weights once, not at each step. Of a table that
is looked up, as many rows are read as are asked for, at most all.

intensity = multiplies ÷ (maps + weights), in multiplies per byte. In closed form, at stride 1, b bytes a number and
without biases: depthwise 1/(b·(2/K² + 1/(H·W))), whatever the channels; pointwise 1/(b·(1/C_in + 1/C_out + 1/(H·W)));
standard 1/(b·(1/(K²·C_out) + 1/(K²·C_in) + 1/(H·W))).

Source: Williams et al., "Roofline", Communications of the ACM 52 (2009), section 3 (operational intensity).
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from costcalc.analysis.memory.stored import stored_tensors
from costcalc.devices.operations import FREE, MOVES, MULTIPLIES, operation
from costcalc.dtype import Dtype, resolver, tensor_bytes
from costcalc.network import Network

#: Reads of its weights what it returns: an embedding other rows for each example, a gather always the same.
_LOOKED_UP = frozenset(("embedding", "gather"))


class Moved(NamedTuple):
    """One operation: its multiplies, and the bytes that it moves, of a batch of examples.

    ``dtype`` is that of its weights; ``operation`` is what it does on a device that runs one after the other.
    ``stored`` are the bytes of weights that no operation before it has.
    """

    node: int
    operation: str
    multiplies: int
    maps: int
    weights: int
    dtype: str
    stored: int

    @property
    def bytes(self) -> int:
        """All bytes that it moves."""
        return self.maps + self.weights

    @property
    def intensity(self) -> Fraction | None:
        """Multiplies per byte; None where nothing is moved."""
        return Fraction(self.multiplies, self.bytes) if self.bytes else None


def traffic(network: Network, dtype: Dtype, batch: int = 1) -> list[Moved]:
    """What each node moves; nothing where it takes no time. Weights are moved once for the whole batch."""
    dtypes = resolver(dtype)
    stored = stored_tensors(network, dtype)
    shapes = [*network.inputs.values()]
    maps: dict[int, int] = {
        ~index: tensor_bytes(shape.elements, dtype.activations) for index, shape in enumerate(shapes)
    }
    params: dict[int, int] = {}  # of values that are weights
    found = []
    for index, node in enumerate(network.nodes):
        kind, own = node.kind, dtypes(node.dtype)
        if kind == "parameter":
            params[index] = stored.read[index]
            maps[index] = 0
        else:
            maps[index] = tensor_bytes(node.output.elements, own.activations)
        does = FREE if index in stored.folded else operation(kind)
        multiplies = moved = weights = 0
        if does != FREE:
            inputs = dict.fromkeys(node.inputs)
            multiplies = batch * node.tally.facts.get((kind, "multiplies"), 0) if does == MULTIPLIES else 0
            moved = batch * (sum([maps[value] for value in inputs]) + maps[index])
            weights = stored.read[index] + sum([params.get(value, 0) for value in inputs])
            if kind in _LOOKED_UP:
                rows = node.output.elements * (batch if kind == "embedding" else 1)
                weights = min(weights, tensor_bytes(rows, own.weights))
        found.append(Moved(index, does, multiplies, moved, weights, own.weights, stored.bytes[index]))
    return found


__all__ = ["MOVES", "MULTIPLIES", "Moved", "traffic"]
