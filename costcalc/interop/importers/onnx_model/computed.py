"""Weights that are computed of stored ones, as weight standardisation does: a layer's params are what is stored.

What computes them follows from no input, so it could be done once, before the model runs: its layers are left out.

Source: Qiao et al., "Micro-Batch Training with Batch-Channel Normalization and Weight Standardization",
arXiv:1903.10520, section 3.2.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model.values import FLOAT, Tensor
from costcalc.interop.importers.tensors.layout import size
from costcalc.interop.importers.tensors.maps import Maps
from costcalc.interop.importers.tensors.values import Producer, Value

NORMS = ("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm")


class ComputedWeights:
    """The weights of one import that follow from parameters."""

    def __init__(self, maps: Maps) -> None:
        self._maps = maps
        self._more: set[Producer] = set()

    def weight(self, value: Value, what: str) -> Tensor:
        """A map that follows from parameters alone as a weight. Raises RefusedError where it is none."""
        behind = _all_behind(value.producer)
        parts = [each for each in behind if each.kind == "parameter" and each.fields.get("trainable", True)]
        known = all(each.kind != "input" and (not each.weights or each.kind in NORMS) for each in behind)
        if not parts or not known:
            raise RefusedError(f"its {what} are computed in the graph, not stored")
        parts += [vector for each in behind for vector in self._vectors(each)]
        elements, sizes = math.prod(value.dims), [size(each.atoms) for each in map(_value, parts)]
        keys = [self._maps.key_of(each) for each in parts]
        if sum(sizes) == elements:
            mains, key = parts, tuple(keys) if len(keys) > 1 else keys[0]
        elif elements in sizes:
            at = sizes.index(elements)
            mains, key = [parts[at]], keys[at]
        else:
            raise RefusedError("computes one weight from several: which numbers are learned is not known")
        self._more |= set(parts) - set(mains)
        return Tensor(key, value.dims, FLOAT, "weight", mains[0].hint)

    def _vectors(self, norm: Producer) -> list[Producer]:
        """What a norm of weights has learned, as parameters; the norm itself is left out."""
        found = []
        for key in norm.weights.values():
            assert norm.layout is not None
            value = self._maps.parameter(key, (norm.layout.shape.channels,), norm.hint)
            self._maps.layout(value)
            found.append(value.producer)
        norm.weights = {}
        return found

    def left_out(self, layers: list[Producer], outputs: Iterable[Producer]) -> list[Producer]:
        """The layers without those that follow from no input and that no other layer takes.

        What stored weights are computed from beside the tensor that is counted as theirs stays: a gain, say.
        """
        uses = Counter(each for layer in layers for each in layer.inputs)
        uses.update(outputs)
        fixed: set[Producer] = set()
        for layer in layers:
            if not layer.weights and fixed.issuperset(layer.inputs):
                fixed.add(layer)
        kept = []
        for layer in reversed(layers):
            if layer in fixed and not uses[layer] and layer not in self._more:
                uses.subtract(layer.inputs)
            else:
                kept.append(layer)
        return kept[::-1]


def _value(parameter: Producer) -> Value:
    return Value(parameter.axes, parameter)


def _all_behind(producer: Producer) -> list[Producer]:
    """All layers that a map follows from, itself included."""
    found = {producer: None}
    waiting = [producer]
    while waiting:
        for each in waiting.pop().inputs:
            if each not in found:
                found[each] = None
                waiting.append(each)
    return list(found)
